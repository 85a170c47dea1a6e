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

(provide 'pybridge-headers-tests)
;;; pybridge-headers-tests.el ends here
