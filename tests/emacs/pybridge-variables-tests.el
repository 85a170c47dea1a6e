;;; pybridge-variables-tests.el --- Variables that have the values of other blocks  -*- lexical-binding: t; -*-

;; SPDX-License-Identifier: MIT

;;; Commentary:

;; See pybridge-tests.el.

;;; Code:

(require 'pybridge-tests)

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
  (pybridge--end "elsewhere"))

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

(provide 'pybridge-variables-tests)
;;; pybridge-variables-tests.el ends here
