;;; pybridge-headers-tests.el --- What Org's header arguments do to a block  -*- lexical-binding: t; -*-

;; SPDX-License-Identifier: MIT

;;; Commentary:

;; See pybridge-tests.el.

;;; Code:

(require 'pybridge-tests)

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

(ert-deftest pybridge-what-a-session-cannot-hold-is-refused-by-name ()
  (pcase-dolist
      (`(,language ,header ,sentence)
       '(("python" ":cmdline -v" "`:cmdline' cannot hold in a Python block with a session: a session's process \
runs already; hand values over with `:var'")
         ("python" ":python python3" "`:python' cannot hold in a Python block with a session: the session's Python \
is that of the program pybridge; set `pybridge-command'")
         ("python" ":preamble x" "`:preamble' cannot hold in a Python block with a session: a session has no code \
of its own before the block's; write `:prologue'")
         ("clojure" ":ns a.b" "`:ns' cannot hold in a Clojure block with a session: a block is evaluated in the \
namespace of the session; begin it with (in-ns 'NAME)")
         ("clojure" ":dir /tmp" "`:dir' cannot hold in a Clojure block with a session: Java cannot change its \
working directory; write whole paths, or (io/file FOLDER NAME)")
         ("clojure" ":return x" "`:return' cannot hold in a Clojure block with a session: the value is that of \
the last form; write it there")
         ("python" ":dir /nowhere" "`:dir' names /nowhere, and there is no such folder; make it, or write \
`:mkdirp yes'")))
    (should (equal (cadr (should-error (pybridge-tests-run language "1" header) :type 'pybridge-block-failed))
                   (substitute-command-keys sentence)))))

(ert-deftest pybridge-a-block-runs-in-its-folder ()
  (pybridge-tests-with-folder folder
    (let* ((there (concat (file-truename folder) "/new"))
           (before (pybridge-tests-run "python" "import os; os.getcwd()")))
      (should (equal (pybridge-tests-run "python" "os.getcwd()" (format ":dir %s :mkdirp yes" there))
                     (concat ": " there)))
      (should (equal (pybridge-tests-run "python" "os.getcwd()") before))
      (dolist (name '("waited.txt" "free.txt"))
        (pybridge-tests-with (pybridge-tests-block "python" "'in it'"
                                                   (format ":dir %s :results file :file %s" there name))
          (if (equal name "free.txt")
              (pybridge-tests-free (org-babel-execute-src-block))
            (org-babel-execute-src-block)))
        (should (equal (pybridge-tests-bytes (expand-file-name name there)) "in it"))))))

(ert-deftest pybridge-a-block-may-change-the-folder-of-its-session ()
  (pybridge-tests-with-folder folder
    (pybridge-tests-run "python" (format "import os; before = os.getcwd(); os.chdir('%s')" folder) ":results silent")
    (should (equal (pybridge-tests-run "python" "os.getcwd()") (concat ": " (file-truename folder))))
    (pybridge-tests-run "python" "os.chdir(before)" ":results silent")))

(ert-deftest pybridge-what-comes-around-the-body-comes-as-in-org ()
  (should (equal (pybridge-tests-run "python" "x" ":prologue \"x = 1\" :var x=2") ": 2"))
  (should (equal (pybridge-tests-run "python" "x = 1" ":epilogue \"x + 1\"") ": 2"))
  (should (equal (pybridge-tests-run "python" "x = 5" ":return x") ": 5"))
  (should (equal (pybridge-tests-run "python" "x = 5\nprint(x)" ":return x :results output") ": 5"))
  (should (equal (pybridge-tests-run "clojure" "(inc x)" ":prologue \"(def x 1)\" :var x=2") ": 3")))

(ert-deftest pybridge-a-block-without-a-value-shows-what-it-printed ()
  (should (equal (pybridge-tests-run "python" "print('a')\nprint('b')") ": a\n: b"))
  (should (equal (pybridge-tests-run "python" "print('a')\n7") ": 7"))
  (should (member (pybridge-tests-run "python" "x = 1") '(nil ""))))

(ert-deftest pybridge-markup-is-that-of-org ()
  (pcase-dolist (`(,code ,header ,result)
                 '(("'<b>x</b>'" ":results html" "#+begin_export html\n<b>x</b>\n#+end_export")
                   ("'*x*'" ":results drawer" ":results:\n*x*\n:end:")
                   ("[[1, 2]]" ":results code" "#+begin_src python\n[[1, 2]]\n#+end_src")
                   ("'x = 1'" ":results org" "#+begin_src org\nx = 1\n#+end_src")
                   ("[[1, 2]]" ":results raw table" "| 1 | 2 |")
                   ("7" ":wrap quote" "#+begin_quote\n7\n#+end_quote")))
    (should (equal (pybridge-tests-run "python" code header) result))))

(ert-deftest pybridge-long-values-have-lines-under-pp ()
  (pcase-dolist (`(,language ,define ,print)
                 '(("python" "long = {'units': list(range(30)), 'name': ['dense'] * 9}" "import pprint\npprint.pprint(long)")
                   ("clojure" "(def long {:units (range 30), :name (repeat 9 \"dense\")})"
                    "(require 'clojure.pprint)\n(clojure.pprint/pprint long)")))
    (pybridge-tests-run language define ":results silent")
    (let ((shown (pybridge-tests-run language "long" ":results pp")))
      (should (> (length (split-string shown "\n")) 3))
      (should (equal shown (pybridge-tests-run language print ":results output"))))
    (should (equal (pybridge-tests-run language "7" ":results pp") ": 7"))))

(ert-deftest pybridge-results-are-added-one-after-the-other ()
  (pcase-dolist (`(,header ,from ,result) '((":results append" 0 ": 1\n: 2") (":results prepend" 2 ": 4\n: 3")))
    (pybridge-tests-run "python" (format "count = %d" from) ":results silent")
    (pybridge-tests-with (pybridge-tests-block "python" "count += 1\ncount" header)
      (dotimes (_ 2) (pybridge-tests-free (org-babel-execute-src-block)))
      (should (equal (pybridge-tests-results) result)))))

(ert-deftest pybridge-output-and-value-stand-together-under-both ()
  (pcase-dolist (`(,language ,code ,shown)
                 '(("python" "print('printed')\nprint('twice')\n[1, 2]" ": printed\n: twice\n: [1, 2]")
                   ("python" "print('printed')\n'text'" ": printed\n: text")
                   ("python" "print('printed')" ": printed")
                   ("python" "6 * 7" ": 42")
                   ("clojure" "(println \"printed\")\n{:a nil}" ": printed\n: {:a nil}")
                   ("clojure" "(print \"no newline\")\n[[1 2]]" ": no newline\n: [[1 2]]")))
    (should (equal (pybridge-tests-run language code ":results both") shown))
    (should (equal (pybridge-tests-run language code ":results both :exports both") shown))))

(ert-deftest pybridge-both-gives-a-variable-the-value ()
  (pybridge-tests-with (concat "#+name: said\n" (pybridge-tests-block "python" "print('printed')\n[1, 2]" ":results both")
                               "\n" (pybridge-tests-block "python" "x" ":var x=said"))
    (goto-char (point-max))
    (org-babel-previous-src-block)
    (org-babel-execute-src-block)
    (should (equal (pybridge-tests-results) ": [1, 2]"))))

(provide 'pybridge-headers-tests)
;;; pybridge-headers-tests.el ends here
