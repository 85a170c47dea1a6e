;;; ob-pybridge-tests.el --- ob-pybridge against a real session  -*- lexical-binding: t; -*-

;; SPDX-License-Identifier: MIT

;;; Commentary:

;; They run in batch: load this file and call `ert-run-tests-batch-and-exit'.

;;; Code:

(require 'ert)
(require 'ob-pybridge)
(require 'ox-ascii)

(setq org-confirm-babel-evaluate nil
      python-indent-guess-indent-offset nil)

(defmacro pybridge-tests-with (text &rest body)
  "Evaluate BODY in an Org buffer of TEXT, in `pybridge-mode'."
  (declare (indent 1))
  `(with-temp-buffer
     (org-mode)
     (insert ,text)
     (goto-char (point-min))
     (pybridge-mode)
     ,@body))

(defun pybridge-tests-block (language code &optional header)
  "The text of a block of CODE in LANGUAGE with HEADER."
  (format "#+begin_src %s :session tests %s\n%s\n#+end_src\n" language (or header "") code))

(defun pybridge-tests-run (language code &optional header)
  "The result under a block of CODE in LANGUAGE with HEADER."
  (pybridge-tests-with (pybridge-tests-block language code header)
    (org-babel-execute-src-block)
    (pybridge-tests-results)))

(defun pybridge-tests-results ()
  "What stands under the first `#+RESULTS:' of this buffer."
  (save-excursion
    (goto-char (point-min))
    (when (re-search-forward "^#\\+RESULTS.*:.*\n" nil t)
      (string-trim (buffer-substring-no-properties (point) (point-max))))))

(defmacro pybridge-tests-free (&rest body)
  "Evaluate BODY as an Emacs with a user does, and wait until no block is left."
  `(let ((noninteractive nil))
     (prog1 (progn ,@body)
       (pybridge-tests-wait (lambda () (zerop (hash-table-count pybridge--jobs)))))))

(defun pybridge-tests-wait (condition)
  "Wait until CONDITION gives non-nil."
  (let ((end (+ (float-time) 300)))
    (while (not (funcall condition))
      (when (> (float-time) end) (error "Waited too long"))
      (accept-process-output nil 0.05))))

;;;; Values

(ert-deftest pybridge-a-value-of-each-language ()
  (should (equal (pybridge-tests-run "python" "6 * 7") ": 42"))
  (should (equal (pybridge-tests-run "clojure" "(* 6 7)") ": 42")))

(ert-deftest pybridge-a-text-has-no-quotes ()
  (should (equal (pybridge-tests-run "python" "'naïve ☃'") ": naïve ☃"))
  (should (equal (pybridge-tests-run "clojure" "\"naïve ☃\"") ": naïve ☃")))

(ert-deftest pybridge-values-are-shared-by-both-languages ()
  (pybridge-tests-run "python" "x = [1, 2, 3]")
  (should (equal (pybridge-tests-run "clojure" "(require '[pybridge.core :as pb]) (pb/from-python :x)") ": [1 2 3]"))
  (pybridge-tests-run "clojure" "(def y {:a 1})")
  (should (equal (pybridge-tests-run "python" "clj.y") ": {'a': 1}")))

(ert-deftest pybridge-what-is-printed ()
  (should (equal (pybridge-tests-run "python" "print('a')\nprint('b')\n3" ":results output") ": a\n: b"))
  (should (equal (pybridge-tests-run "clojure" "(println :a) 3" ":results output") ": :a"))
  (should (equal (pybridge-tests-run "python" "print('a')\n3" ":results value") ": 3")))

(ert-deftest pybridge-a-progress-bar-leaves-its-last-line ()
  (should (equal (pybridge-tests-run "python" "print('1%\\r50%\\r100%')\nprint('done')" ":results output")
                 ": 100%\n: done")))

(ert-deftest pybridge-a-table ()
  (should (equal (pybridge-tests-run "python" "[[1, 'a'], [2.5, None]]") "|   1 | a |\n| 2.5 |   |"))
  (should (equal (pybridge-tests-run "clojure" "[[1 true] [2 false]]") "| 1 | true  |\n| 2 | false |"))
  (should (equal (pybridge-tests-run "python" "[1, 2]" ":results table") "| 1 | 2 |"))
  (should (equal (pybridge-tests-run "python" "[1, 2]" ":results list") "- 1\n- 2"))
  (should (equal (pybridge-tests-run "python" "[[1, 2]]" ":results verbatim") ": [[1, 2]]")))

(defconst pybridge-tests-figure
  "from matplotlib.figure import Figure\nfigure = Figure()\nfigure.subplots().plot([1, 2])\nfigure"
  "Python code whose value is a figure.")

(defmacro pybridge-tests-with-folder (folder &rest body)
  "Evaluate BODY with FOLDER bound to a new folder."
  (declare (indent 1))
  `(let ((,folder (make-temp-file "pybridge" t)))
     (unwind-protect (progn ,@body) (delete-directory ,folder t))))

(defun pybridge-tests-bytes (file)
  "Return the bytes of FILE."
  (with-temp-buffer
    (set-buffer-multibyte nil)
    (insert-file-contents-literally file)
    (buffer-string)))

(ert-deftest pybridge-a-figure-becomes-a-file-of-the-kind-that-its-name-says ()
  (pybridge-tests-run "python" pybridge-tests-figure ":results silent")
  (pybridge-tests-run "clojure" "(require '[pybridge.core :as pb])" ":results silent")
  (pybridge-tests-with-folder folder
    (dolist (kind '(("png" "\\`\x89PNG") ("svg" "\\`<\\?xml\\(.\\|\n\\)*<svg ") ("pdf" "\\`%PDF-") ("SVG" "\\`<\\?xml")))
      (pcase-dolist (`(,language . ,code) '(("python" . "figure") ("clojure" . "(pb/from-python :figure)")))
        (dolist (free '(nil t))
          (let* ((file (format "%s/figures of %s %s/x.%s" folder language free (car kind)))
                 (header (format ":results file :file \"%s\"" file))
                 (result (if free
                             (pybridge-tests-with (pybridge-tests-block language code header)
                               (pybridge-tests-free (org-babel-execute-src-block))
                               (pybridge-tests-results))
                           (pybridge-tests-run language code header))))
            (should (equal result (format "[[file:%s]]" file)))
            (should (string-match-p (cadr kind) (pybridge-tests-bytes file)))))))))

(ert-deftest pybridge-what-pyplot-draws-becomes-a-file ()
  (pybridge-tests-with-folder folder
    (dolist (header '(":results file" ":results graphics file"))
      (let ((file (format "%s/%d.png" folder (length header))))
        (pybridge-tests-run "python" "import matplotlib.pyplot as plt\nplt.plot([1, 2])" (format "%s :file %s" header file))
        (should (string-prefix-p "\x89PNG" (pybridge-tests-bytes file)))))))

(ert-deftest pybridge-a-figure-gives-the-same-bytes-each-time ()
  (pybridge-tests-with-folder folder
    (dolist (name '("a.svg" "b.svg" "a.png" "b.png"))
      (pybridge-tests-run "python" pybridge-tests-figure (format ":results file :file %s/%s" folder name)))
    (dolist (kind '("svg" "png"))
      (should (equal (pybridge-tests-bytes (format "%s/a.%s" folder kind))
                     (pybridge-tests-bytes (format "%s/b.%s" folder kind)))))))

(ert-deftest pybridge-what-is-no-figure-is-not-written-as-one ()
  (pybridge-tests-with-folder folder
    (let ((file (concat folder "/x.svg")))
      (pybridge-tests-with (pybridge-tests-block "python" "[1, 2]" (format ":results file :file %s" file))
        (should (equal (cadr (should-error (org-babel-execute-src-block) :type 'pybridge-block-failed))
                       (format "The block gives no figure for %s; its last value is [1, 2]" file)))
        (pybridge-tests-free (org-babel-execute-src-block))
        (should (equal (pybridge-tests-results)
                       (format ": The block gives no figure for %s; its last value is [1, 2]" file)))
        (should-not (file-exists-p file))))
    (let ((file (concat folder "/x.jpg")))
      (should (equal (cadr (should-error (pybridge-tests-run "python" pybridge-tests-figure
                                                             (format ":results file :file %s" file))))
                     (format "A figure is written as .png, .svg or .pdf; got %s" file)))
      (should-not (file-exists-p file)))))

(ert-deftest pybridge-a-text-goes-to-a-file ()
  (pybridge-tests-with-folder folder
    (dolist (free '(nil t))
      (let ((file (format "%s/%s.txt" folder free)))
        (pybridge-tests-with (pybridge-tests-block "python" "'said'" (format ":results file :file %s" file))
          (if free
              (pybridge-tests-free (org-babel-execute-src-block))
            (org-babel-execute-src-block))
          (should (equal (pybridge-tests-results) (format "[[file:%s]]" file)))
          (should (equal (pybridge-tests-bytes file) "said")))))))

(ert-deftest pybridge-a-file-that-the-block-wrote-stays ()
  (pybridge-tests-with-folder folder
    (let ((file (concat folder "/x.svg")))
      (should (equal (pybridge-tests-run "python" (format "open('%s', 'w').write('mine')\n'%s'" file file)
                                         (format ":results file :file %s" file))
                     (format "[[file:%s]]" file)))
      (should (equal (pybridge-tests-bytes file) "mine")))))

(ert-deftest pybridge-a-failure-leaves-the-file-as-it-was ()
  (pybridge-tests-with-folder folder
    (let ((file (concat folder "/x.png")))
      (write-region "old" nil file nil 'silent)
      (pybridge-tests-with (pybridge-tests-block "python" "1 / 0" (format ":results file :file %s" file))
        (pybridge-tests-free (org-babel-execute-src-block))
        (should (equal (pybridge-tests-results) ": ZeroDivisionError: division by zero"))
        (let ((noninteractive nil) (pybridge-async nil))
          (should-error (org-babel-execute-src-block) :type 'pybridge-block-failed)))
      (should (equal (pybridge-tests-bytes file) "old")))))

(ert-deftest pybridge-a-session-without-a-name ()
  (pybridge-tests-with "#+begin_src python :session\n'clj' in globals()\n#+end_src\n"
    (org-babel-execute-src-block)
    (should (equal (pybridge-tests-results) ": True")))
  (jsonrpc-shutdown (pybridge--running "default") t))

(ert-deftest pybridge-two-sessions-share-nothing ()
  (pybridge-tests-run "python" "only_here = 1")
  (pybridge-tests-with "#+begin_src python :session other\n'only_here' in globals()\n#+end_src\n"
    (org-babel-execute-src-block)
    (should (equal (pybridge-tests-results) ": False")))
  (jsonrpc-shutdown (pybridge--running "other") t))

;;;; Variables, noweb, cache, tangle, export

(ert-deftest pybridge-variables-go-both-ways ()
  (pybridge-tests-with
      (concat "#+name: from-python\n" (pybridge-tests-block "python" "[[1, 2], [3, 4]]") "\n"
              "#+name: from-clojure\n" (pybridge-tests-block "clojure" "[(inc (first (first rows)))]" ":var rows=from-python")
              "\n" (pybridge-tests-block "python" "rows, n, s, t, f" ":var rows=from-python n=from-clojure s=\"it's\" t='(t) f=1.5"))
    (goto-char (point-max))
    (org-babel-previous-src-block)
    (pybridge-tests-free (org-babel-execute-src-block))
    (should (string-match-p (regexp-quote "([[1, 2], [3, 4]], [2], \"it's\", [True], 1.5)") (buffer-string)))))

(defun pybridge-tests-handed (from code to asking &optional reference header)
  "The result of a block ASKING in TO, where `x' is the value of CODE in FROM.
REFERENCE is what `:var' says of it, HEADER the header of the first block."
  (pybridge-tests-with
      (concat "#+name: made\n" (pybridge-tests-block from code header) "\n#+name: asks\n"
              (pybridge-tests-block to asking (format ":results verbatim :var x=%s" (or reference "made"))))
    (org-babel-goto-named-src-block "asks")
    (org-babel-execute-src-block)
    (pybridge-tests-results)))

(ert-deftest pybridge-a-variable-is-the-object-itself-within-a-language ()
  (dolist (code '("None" "False" "''" "[]" "{}" "{'a': [1, (2,)]}" "float('nan')" "[float('nan'), None]" "{1, 2}" "7" "len"
                  "'text'" "[[1, 2], [3, 4]]" "object()" "b'ab'"))
    (should (equal (pybridge-tests-handed "python" (format "made = %s\nmade" code) "python" "x is made") ": True"))
    (should (equal (pybridge-tests-handed "python" (format "made = %s\nmade" code) "python" "x is made" nil ":results table")
                   ": True")))
  (dolist (code '("nil" "false" "\"\"" "[]" "{}" "#{1 :a}" "##NaN" "[##NaN nil]" "inc" ":a" "'(1 2)" "[[1 2] [3 4]]" "(Object.)"
                  "(range)" "1/3"))
    (should (equal (pybridge-tests-handed "clojure" (format "(def made %s) made" code) "clojure" "(identical? x made)")
                   ": true"))))

(ert-deftest pybridge-a-variable-crosses-as-any-value-does ()
  (pcase-dolist (`(,code ,asking ,result)
                 '(("None" "(nil? x)" ": true") ("False" "(false? x)" ": true") ("[]" "(= [] x)" ": true")
                   ("float('nan')" "(Double/isNaN x)" ": true") ("{'a': None}" "(= {:a nil} x)" ": true")
                   ("lambda n: n + 1" "(x 41)" ": 42") ("'it\\'s \"so\"'" "x" ": it's \"so\"")
                   ("from pybridge import tensors as t\nt.tensor([1.5, 2.5])" "@x" ": [1.5 2.5]")))
    (should (equal (list code (pybridge-tests-handed "python" code "clojure" asking)) (list code result))))
  (pcase-dolist (`(,code ,asking ,result)
                 '(("nil" "x is None" ": True") ("false" "x is False" ": True") ("[]" "x == []" ": True")
                   ("##NaN" "x != x" ": True") ("#{1 2}" "x == {1, 2}" ": True") ("{:a nil}" "x == {'a': None}" ": True")
                   ("inc" "x(41)" ": 42")))
    (should (equal (list code (pybridge-tests-handed "clojure" code "python" asking)) (list code result)))))

(ert-deftest pybridge-a-variable-is-the-object-itself-by-key-and-in-an-export ()
  (dolist (code '("None" "False" "[[1, float('nan')]]" "{'a': 1}"))
    (pybridge-tests-with
        (concat "#+name: made\n" (pybridge-tests-block "python" (format "made = %s\nmade" code)) "\n#+name: asks\n"
                (pybridge-tests-block "python" "'same' if x is made else 'other'" ":exports results :var x=made"))
      (org-babel-goto-named-src-block "asks")
      (pybridge-tests-free (org-ctrl-c-ctrl-c))
      (should (equal (pybridge-tests-results) ": same"))
      (org-babel-remove-result)
      (should (string-match-p "same" (org-export-as 'ascii))))))

(ert-deftest pybridge-arguments-and-slices-are-those-of-org ()
  (should (equal (pybridge-tests-handed "python" "{'n': n}" "python" "x" "made(n=5)" ":var n=2") ": {'n': 5}"))
  (should (equal (pybridge-tests-handed "python" "{'n': n}" "python" "x" "made" ":var n=2") ": {'n': 2}"))
  (should (equal (pybridge-tests-handed "python" "[[1, 2], [3, 4], [5, 6]]" "python" "x" "made[0:1]") ": [[1, 2], [3, 4]]"))
  (should (equal (pybridge-tests-handed "python" "[[1, 2], [3, 4]]" "clojure" "x" "made[1,0]") ": 3")))

(ert-deftest pybridge-a-value-of-another-session-comes-as-text ()
  (pybridge-tests-with (concat "#+name: made\n#+begin_src python :session elsewhere\n{'a': 1}\n#+end_src\n\n"
                               (pybridge-tests-block "python" "type(x).__name__" ":var x=made"))
    (goto-char (point-max))
    (org-babel-previous-src-block)
    (org-babel-execute-src-block)
    (should (equal (pybridge-tests-results) ": str")))
  (jsonrpc-shutdown (pybridge--running "elsewhere") t))

(ert-deftest pybridge-a-variable-whose-block-raises-stops-the-one-that-asks ()
  (pybridge-tests-run "python" "ran = False" ":results silent")
  (dolist (free '(nil t))
    (pybridge-tests-with (concat "#+name: raises\n" (pybridge-tests-block "python" "1 / 0") "\n"
                                 (pybridge-tests-block "python" "ran = True" ":var x=raises"))
      (goto-char (point-max))
      (org-babel-previous-src-block)
      (should (equal (cadr (should-error (if free
                                             (pybridge-tests-free (org-babel-execute-src-block))
                                           (org-babel-execute-src-block))
                                         :type 'pybridge-block-failed))
                     "ZeroDivisionError: division by zero"))))
  (should (equal (pybridge-tests-run "python" "ran") ": False")))

(ert-deftest pybridge-a-tangled-variable-is-text ()
  (pybridge-tests-run "python" "1" ":results silent")
  (pybridge-tests-with-folder folder
    (with-temp-file (expand-file-name "a.org" folder)
      (insert "#+name: made\n" (pybridge-tests-block "python" "7") "\n"
              (pybridge-tests-block "python" "x" ":var x=made :tangle a.py")))
    (with-current-buffer (find-file-noselect (expand-file-name "a.org" folder))
      (pybridge-mode)
      (org-babel-tangle)
      (kill-buffer))
    (should (string-match-p "^x=7$" (with-temp-buffer
                                      (insert-file-contents (expand-file-name "a.py" folder))
                                      (buffer-string))))))

(ert-deftest pybridge-resolving-leaves-the-answers-of-other-blocks-alone ()
  (pybridge-tests-with (concat (pybridge-tests-block "python" "import time; time.sleep(1)\n{'a': False}") "\n"
                               "#+name: made\n" (pybridge-tests-block "python" "1") "\n"
                               "#+name: asks\n" (pybridge-tests-block "python" "x" ":var x=made"))
    (pybridge-tests-free
     (org-babel-execute-src-block)
     (org-babel-goto-named-src-block "asks")
     (org-babel-execute-src-block))
    (should (string-prefix-p ": {'a': False}\n" (pybridge-tests-results)))))

(ert-deftest pybridge-quitting-a-wait-leaves-the-block-before-it-alone ()
  (pybridge-tests-with (concat (pybridge-tests-block "python" "import time; time.sleep(3)\n'trained'") "\n"
                               "#+name: made\n" (pybridge-tests-block "python" "1") "\n"
                               "#+name: asks\n" (pybridge-tests-block "python" "x" ":var x=made"))
    (pybridge-tests-free
     (org-babel-execute-src-block)
     (org-babel-goto-named-src-block "asks")
     (run-at-time 0.5 nil (lambda () (setq quit-flag t)))
     (should (equal (cadr (should-error (org-babel-execute-src-block) :type 'pybridge-block-failed)) "KeyboardInterrupt")))
    (should (string-prefix-p ": trained\n" (pybridge-tests-results)))))

(ert-deftest pybridge-inline-code-and-calls ()
  (pybridge-tests-with (concat "#+name: double\n" (pybridge-tests-block "clojure" "(* 2 n)" ":var n=4") "\n"
                               "Here is src_python[:session tests]{3 + 4}.\n\n#+call: double(n=5)\n")
    (let ((noninteractive nil))
      (search-forward "src_python")
      (org-babel-execute-maybe)
      (search-forward "#+call")
      (org-babel-execute-maybe))
    (should (string-match-p "{{{results(=7=)}}}\\.\n\n#\\+call: double(n=5)\n\n#\\+RESULTS:\n: 10\n" (buffer-string)))))

(ert-deftest pybridge-half-a-letter-comes-as-a-question-mark ()
  (should (equal (pybridge-tests-run "python" "'a\\ud800b'") ": a?b")))

(ert-deftest pybridge-noweb ()
  (pybridge-tests-with (concat "#+name: part\n#+begin_src python\n20\n#+end_src\n\n"
                               (pybridge-tests-block "python" "x = <<part>>\nx + 1" ":noweb yes"))
    (goto-char (point-max))
    (org-babel-previous-src-block)
    (org-babel-execute-src-block)
    (should (equal (pybridge-tests-results) ": 21"))))

(ert-deftest pybridge-cache ()
  (pybridge-tests-run "python" "times = []")
  (pybridge-tests-with (pybridge-tests-block "python" "times.append(1)\nlen(times)" ":cache yes")
    (org-babel-execute-src-block)
    (org-babel-execute-src-block)
    (should (equal (pybridge-tests-results) ": 1"))))

(ert-deftest pybridge-eval-never-and-prologue ()
  (should-not (pybridge-tests-run "python" "1" ":eval never"))
  (should (equal (pybridge-tests-run "python" "x + 1" ":prologue \"x = 41\"") ": 42")))

(ert-deftest pybridge-tangle ()
  (let ((file (make-temp-file "pybridge" nil ".clj")))
    (unwind-protect
        (pybridge-tests-with (pybridge-tests-block "clojure" "(inc 1)" (format ":tangle %s" file))
          (set-visited-file-name (make-temp-file "pybridge" nil ".org") t)
          (save-buffer)
          (org-babel-tangle)
          (set-buffer-modified-p nil)
          (delete-file buffer-file-name)
          (with-temp-buffer
            (insert-file-contents file)
            (should (string-match-p "(inc 1)" (buffer-string)))))
      (delete-file file))))

(ert-deftest pybridge-export-evaluates-in-the-session ()
  (pybridge-tests-run "python" "told = 'by the session'")
  (pybridge-tests-with (pybridge-tests-block "python" "told" ":exports results")
    (should (string-match-p "by the session" (org-export-as 'ascii)))))

;;;; Errors and the end of sessions

(ert-deftest pybridge-an-error-is-shown-in-full ()
  (let ((signalled (should-error (pybridge-tests-run "clojure" "(defn f [] (throw (ex-info \"bad\" {})))\n(println :on)\n(f)")
                                 :type 'pybridge-block-failed)))
    (should (equal (cadr signalled) "ExceptionInfo: bad")))
  (with-current-buffer "*pybridge backtrace*"
    (should (string-match-p "user\\$f\\(.\\|\n\\)*\n\nPrinted before:\n:on\n\\'" (buffer-string)))
    (should buffer-read-only)))

(ert-deftest pybridge-a-dead-session-is-started-anew ()
  (should (equal (cadr (should-error (pybridge-tests-run "python" "import os\nos._exit(3)")))
                 "The session has ended; the next block starts a new one"))
  (should (equal (pybridge-tests-run "python" "1") ": 1")))

(ert-deftest pybridge-restart-forgets ()
  (pybridge-tests-run "python" "x = 1")
  (pybridge-tests-with (pybridge-tests-block "python" "'x' in globals()")
    (pybridge-restart)
    (org-babel-execute-src-block)
    (should (equal (pybridge-tests-results) ": False"))))

;;;; The background

(defun pybridge-tests-running (language code &optional header)
  "Begin a block of CODE in LANGUAGE with HEADER; wait for its \"on\"."
  (insert (pybridge-tests-block language code header))
  (goto-char (point-min))
  (org-babel-execute-src-block)
  (pybridge-tests-wait
   (lambda () (seq-some (lambda (job) (string-match-p "on" (pybridge--job-printed job)))
                        (hash-table-values pybridge--jobs)))))

(defun pybridge-tests-until (file)
  "Python code that prints \"on\" and does not end before there is FILE."
  (format "import os, time\nprint('on')\nwhile not os.path.exists('%s'): time.sleep(0.01)\n'done'" file))

(ert-deftest pybridge-a-block-that-runs-says-so ()
  (pybridge-tests-with-folder folder
    (let ((end (concat folder "/end")))
      (pybridge-tests-with ""
        (pybridge-tests-free
         (pybridge-tests-running "python" (pybridge-tests-until end))
         (pybridge-tests-wait (lambda () (equal (pybridge-tests-results) ": on\n: running …")))
         (should (equal (pybridge--lighter) " pybridge:run"))
         (write-region "" nil end nil 'silent))
        (should (equal (pybridge-tests-results) ": done"))
        (should (equal (pybridge--lighter) " pybridge"))))))

(ert-deftest pybridge-a-silent-block-shows-nothing-while-it-runs ()
  (pybridge-tests-with-folder folder
    (let ((end (concat folder "/end")))
      (pybridge-tests-with ""
        (pybridge-tests-free
         (pybridge-tests-running "python" (pybridge-tests-until end) ":results silent")
         (pybridge-tests-wait (lambda () (not (seq-some #'pybridge--job-timer (hash-table-values pybridge--jobs)))))
         (should-not (pybridge-tests-results))
         (write-region "" nil end nil 'silent))
        (should-not (pybridge-tests-results))))))

(ert-deftest pybridge-the-result-of-a-block-that-is-gone-goes-nowhere ()
  (pybridge-tests-with-folder folder
    (let ((end (concat folder "/end")))
      (pybridge-tests-with ""
        (pybridge-tests-free
         (pybridge-tests-running "python" (pybridge-tests-until end))
         (erase-buffer)
         (insert (pybridge-tests-block "python" "'another'"))
         (write-region "" nil end nil 'silent))
        (should-not (pybridge-tests-results))))))

(ert-deftest pybridge-raw-results-in-the-background ()
  (pybridge-tests-with (pybridge-tests-block "python" "'| a | b |'" ":results raw")
    (pybridge-tests-free (org-babel-execute-src-block))
    (should (equal (pybridge-tests-results) "| a | b |"))))

(ert-deftest pybridge-what-runs-is-not-cached-yet ()
  (pybridge-tests-with-folder folder
    (let ((end (concat folder "/end")))
      (pybridge-tests-with ""
        (pybridge-tests-free
         (pybridge-tests-running "python" (pybridge-tests-until end) ":cache yes")
         (pybridge-tests-wait (lambda () (equal (pybridge-tests-results) ": on\n: running …")))
         (should-not (org-babel-current-result-hash))
         (write-region "" nil end nil 'silent))
        (should (equal (pybridge-tests-results) ": done"))
        (goto-char (point-min))
        (should (org-babel-current-result-hash))))))

(ert-deftest pybridge-a-failure-is-not-cached ()
  (pybridge-tests-run "python" "fails = True")
  (pybridge-tests-with (pybridge-tests-block "python" "1 / 0 if fails else 5" ":cache yes")
    (pybridge-tests-free (org-babel-execute-src-block))
    (should (equal (pybridge-tests-results) ": ZeroDivisionError: division by zero"))
    (pybridge-tests-run "python" "fails = False")
    (pybridge-tests-free (org-babel-execute-src-block))
    (should (equal (pybridge-tests-results) ": 5"))))

(ert-deftest pybridge-a-block-that-heeds-no-interrupt-ends-with-a-restart ()
  (pybridge-tests-with ""
    (pybridge-tests-free
     (pybridge-tests-running "python" "import signal, time
signal.signal(signal.SIGINT, signal.SIG_IGN)
print('on')
while True: time.sleep(0.01)")
     (pybridge-interrupt)
     (pybridge-tests-wait (lambda () (seq-some #'pybridge--job-deaf (hash-table-values pybridge--jobs))))
     (with-current-buffer "*Messages*"
       (should (string-match-p
                "The block does not heed the interrupt; .*restart ends it, and the session’s names are lost then"
                (buffer-string))))
     (cl-letf (((symbol-function 'y-or-n-p)
                (lambda (question)
                  (equal question "The block does not heed interrupts; restart the session and lose its names? "))))
       (pybridge-interrupt)))
    (should (equal (pybridge-tests-results) ": on\n: The session has ended; the next block starts a new one"))
    (erase-buffer)
    (insert (pybridge-tests-block "clojure" "(+ 1 2)"))
    (org-babel-execute-src-block)
    (should (equal (pybridge-tests-results) ": 3"))))

(ert-deftest pybridge-a-program-that-does-not-start-is-quoted ()
  (pybridge-tests-with-folder folder
    (let ((pybridge-command (concat folder "/pybridge")))
      (write-region "#!/bin/sh\necho 'all is broken' >&2\nexit 1\n" nil pybridge-command nil 'silent)
      (set-file-modes pybridge-command #o755)
      (pybridge-tests-with "#+begin_src python :session broken\n1\n#+end_src\n"
        (should (equal (cadr (should-error (org-babel-execute-src-block) :type 'pybridge-block-failed))
                       "The session has ended, saying: all is broken; the next block starts a new one"))))))

(ert-deftest pybridge-without-a-program-there-is-an-error ()
  (let ((pybridge-command nil)
        (default-directory "/")
        (exec-path nil)
        (process-environment (cons "VIRTUAL_ENV" process-environment)))
    (should (equal (cadr (should-error (pybridge--program) :type 'user-error))
                   "There is no pybridge in the virtual environment, in .venv or on PATH; set ‘pybridge-command’"))))

(ert-deftest pybridge-a-block-streams-into-its-result ()
  (pybridge-tests-with-folder folder
    (let ((end (concat folder "/end")))
      (pybridge-tests-with ""
        (pybridge-tests-free
         (pybridge-tests-running "python" (concat "print('step 0')\n" (pybridge-tests-until end)))
         (pybridge-tests-wait (lambda () (equal (pybridge-tests-results) ": step 0\n: on\n: running …")))
         (goto-char (point-max))
         (insert "\nwritten meanwhile")
         (write-region "" nil end nil 'silent))
        (should (equal (pybridge-tests-results) ": done\n\nwritten meanwhile"))))))

(ert-deftest pybridge-blocks-in-the-background-keep-their-order-and-place ()
  (pybridge-tests-with (concat (pybridge-tests-block "python" "import time\ntime.sleep(0.3)\norder = [1]\nlen(order)") "\n"
                               (pybridge-tests-block "python" "order.append(2)\norder") "\n"
                               (pybridge-tests-block "clojure" "(+ 1 2)"))
    (pybridge-tests-free (org-babel-execute-buffer))
    (should (string-match-p ": 1\n\\(.*\n\\)*: \\[1, 2\\]\n\\(.*\n\\)*: 3" (buffer-string)))
    (should-not (string-match-p "running" (buffer-string)))))

(ert-deftest pybridge-an-interrupt-ends-a-block-in-the-background ()
  (pybridge-tests-with (pybridge-tests-block "clojure" "(println :on)\n(loop [] (recur))")
    (pybridge-tests-free
     (org-babel-execute-src-block)
     (pybridge-tests-wait (lambda () (string-match-p ":on" (pybridge-tests-results))))
     (pybridge-interrupt))
    (should (equal (pybridge-tests-results) ": :on\n: KeyboardInterrupt"))))

(ert-deftest pybridge-what-a-block-printed-stays-above-its-error ()
  (pybridge-tests-with (pybridge-tests-block "python" "print('one')\nprint('two', end='')\n1 / 0")
    (pybridge-tests-free (org-babel-execute-src-block))
    (should (equal (pybridge-tests-results) ": one\n: two\n: ZeroDivisionError: division by zero"))))

(ert-deftest pybridge-asks-before-what-runs-is-lost ()
  (pybridge-tests-with (pybridge-tests-block "python" "import time\nprint('on')\ntime.sleep(60)")
    (pybridge-tests-free
     (org-babel-execute-src-block)
     (pybridge-tests-wait (lambda () (string-match-p "on" (pybridge-tests-results))))
     (let (asked)
       (cl-letf (((symbol-function 'yes-or-no-p) (lambda (question) (push question asked) nil))
                 (noninteractive nil))
         (should-not (pybridge--may-end-emacs-p))
         (should-not (run-hook-with-args-until-failure 'kill-buffer-query-functions))
         (should-error (run-hooks 'before-revert-hook) :type 'user-error))
       (should (equal (nreverse asked)
                      '("A pybridge block is running; end it, and its session? "
                        "A block of this notebook is running, and its result will be lost; kill the buffer? "
                        "A block of this notebook is running, and its result will be lost; revert the buffer? "))))
     (pybridge-interrupt))
    (cl-letf (((symbol-function 'yes-or-no-p) (lambda (_) (error "Nothing runs"))))
      (should (pybridge--may-end-emacs-p))
      (should (run-hook-with-args-until-failure 'kill-buffer-query-functions))
      (run-hooks 'before-revert-hook))))

(ert-deftest pybridge-an-error-in-the-background-stands-in-the-result ()
  (pybridge-tests-with (pybridge-tests-block "python" "1 / 0")
    (pybridge-tests-free (org-babel-execute-src-block))
    (should (equal (pybridge-tests-results) ": ZeroDivisionError: division by zero"))))

(ert-deftest pybridge-a-file-in-the-background-stands-beside-its-own-notebook ()
  (pybridge-tests-run "python" "1")     ; the session has begun in another folder
  (pybridge-tests-with-folder folder
    (pybridge-tests-with (pybridge-tests-block "python" "'written'" ":results file :file here.txt")
      (setq default-directory (file-name-as-directory folder))
      (pybridge-tests-free (org-babel-execute-src-block))
      (should (equal (pybridge-tests-results) "[[file:here.txt]]")))
    (should (equal (pybridge-tests-bytes (concat folder "/here.txt")) "written"))))

(ert-deftest pybridge-a-table-and-a-cache-in-the-background ()
  (pybridge-tests-with (pybridge-tests-block "python" "[[1, 2], [3, 4]]" ":cache yes")
    (pybridge-tests-free (org-babel-execute-src-block))
    (should (equal (pybridge-tests-results) "| 1 | 2 |\n| 3 | 4 |"))
    (goto-char (point-min))
    (should (org-babel-current-result-hash))))

(ert-deftest pybridge-silent-stays-silent-in-the-background ()
  (pybridge-tests-with (pybridge-tests-block "python" "print('a')\nx = 1" ":results silent")
    (pybridge-tests-free (org-babel-execute-src-block))
    (should-not (pybridge-tests-results))))

(ert-deftest pybridge-async-no-waits ()
  (pybridge-tests-with (pybridge-tests-block "python" "1 + 1" ":async no")
    (let ((noninteractive nil))
      (org-babel-execute-src-block))
    (should (equal (pybridge-tests-results) ": 2"))))

;;;; Names

(ert-deftest pybridge-completion-and-documentation ()
  (pybridge-tests-run "python" "import math\ndef area(width, height):\n    \"The area.\"\n    return width * height")
  (pybridge-tests-with (pybridge-tests-block "python" "math.sq\narea(1, 2)")
    (search-forward "math.sq")
    (pcase-let ((`(,start ,end ,names . ,_) (pybridge-complete-at-point)))
      (should (equal (buffer-substring start end) "math.sq"))
      (should (member "math.sqrt" names)))
    (org-edit-src-code)
    (goto-char (point-max))
    (should (memq #'pybridge-complete-at-point completion-at-point-functions))
    (re-search-backward "1, 2")
    (let (told)
      (pybridge-eldoc (lambda (text &rest _) (setq told text)))
      (should (equal told "area(width, height)  The area.")))
    (goto-char (point-max))
    (insert "\nmath.sqr")
    (completion-at-point)
    (should (looking-back "math\\.sqrt" (point-min)))
    (org-edit-src-abort))
  (pybridge-tests-run "clojure" "(require 'clojure.string)")
  (pybridge-tests-with (pybridge-tests-block "clojure" "(clojure.string/upper-ca \"a\")\n(reduce + [1 2])")
    (search-forward "upper-ca")
    (should (equal (nth 2 (pybridge-complete-at-point)) '("clojure.string/upper-case")))
    (search-forward "reduce")
    (pybridge-describe "reduce")
    (with-current-buffer "*pybridge help*"
      (should (string-match-p "clojure.core/reduce\n\\[f coll\\]" (buffer-string))))))

(ert-deftest pybridge-clojure-is-edited-without-clojure-mode ()
  (pybridge-tests-run "clojure" "(defn rectangle-area \"The area.\" [width height] (* width height))" ":results silent")
  (pybridge-tests-with (pybridge-tests-block "clojure" "(rectangle-area 1 2)")
    (search-forward "1 2")
    (org-edit-src-code)
    (should (derived-mode-p 'pybridge-clojure-mode))
    (let (told)
      (pybridge-eldoc (lambda (text &rest _) (setq told text)))
      (should (equal told "[width height]  The area.")))
    (goto-char (point-max))
    (insert "\n(rectangle-a")
    (completion-at-point)
    (should (looking-back "(rectangle-area" (point-min)))
    (org-edit-src-abort)))

(ert-deftest pybridge-clojure-is-indented ()
  (let ((code "(defn f [x]
  (let [y {:a 1
           :b [2
               3]}]
    (when-let [z (:a y)]
      (reduce + x
              (map inc
                   [1 2])))
    (->
     x
     inc)))
"))
    (with-temp-buffer
      (pybridge-clojure-mode)
      (insert (replace-regexp-in-string "^ +" "" code))
      (let ((inhibit-message t)) (indent-region (point-min) (point-max)))
      (should (equal (buffer-string) code))
      (font-lock-ensure)
      (goto-char (point-min))
      (search-forward "defn f")
      (should (eq 'font-lock-function-name-face (get-text-property (1- (point)) 'face)))
      (search-forward "let")
      (should (eq 'font-lock-keyword-face (get-text-property (1- (point)) 'face)))
      (search-forward ":a")
      (should (eq 'font-lock-constant-face (get-text-property (1- (point)) 'face))))))

(ert-deftest pybridge-outside-a-block-there-is-nothing-to-complete ()
  (pybridge-tests-with "some text\n"
    (goto-char (point-max))
    (should-not (pybridge-complete-at-point))
    (should-error (pybridge-describe "x") :type 'user-error)))

;;;; Org's own ways

(ert-deftest pybridge-without-a-session-org-evaluates-as-ever ()
  (pybridge-tests-with "#+begin_src python\nreturn 'by ob-python'\n#+end_src\n"
    (let ((org-babel-python-command (or (executable-find "python3") "python")))
      (org-babel-execute-src-block)
      (should (equal (pybridge-tests-results) ": by ob-python")))))

(ert-deftest pybridge-without-the-mode-org-evaluates-as-ever ()
  (pybridge-tests-with (pybridge-tests-block "clojure" "(+ 1 2)")
    (pybridge-mode -1)
    (should-error (org-babel-execute-src-block))
    (should-not (pybridge-tests-results))))

(ert-deftest pybridge-the-program-is-found-in-the-virtual-environment ()
  (let* ((folder (make-temp-file "pybridge" t))
         (program (expand-file-name "bin/pybridge" folder))
         (pybridge-command nil)
         (process-environment (cons (concat "VIRTUAL_ENV=" folder) process-environment)))
    (make-directory (file-name-directory program))
    (write-region "" nil program nil 'silent)
    (set-file-modes program #o755)
    (should (equal (pybridge--program) program))
    (let ((pybridge-command "/elsewhere/pybridge"))
      (should (equal (pybridge--program) "/elsewhere/pybridge")))
    (delete-directory folder t)))

(provide 'ob-pybridge-tests)
;;; ob-pybridge-tests.el ends here
