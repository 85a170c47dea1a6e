;;; pybridge-fold-tests.el --- Long results beside the notebook  -*- lexical-binding: t; -*-

;; SPDX-License-Identifier: MIT

;;; Commentary:

;; See pybridge-tests.el.

;;; Code:

(require 'pybridge-tests)
(require 'ox-html)

(defconst pybridge-tests-long "'\\n'.join(f'* line {i}' for i in range(1000))"
  "Python code whose value has 1000 lines.")

(ert-deftest pybridge-a-long-result-is-a-file-beside-the-notebook ()
  (pybridge-tests-with-folder folder
    (let ((notebook (expand-file-name "My notes.org" folder))
          (whole (mapconcat (lambda (i) (format "* line %d" i)) (number-sequence 0 999) "\n"))
          (file (expand-file-name "pybridge-results/My notes-long.txt" folder)))
      (with-temp-file notebook
        (insert "#+name: long\n" (pybridge-tests-block "python" pybridge-tests-long ":exports results")
                "\n" (pybridge-tests-block "python" "len(x)" ":var x=long")))
      (with-current-buffer (find-file-noselect notebook)
        (pybridge-mode)
        (dolist (free '(nil t nil))
          (goto-char (point-min))
          (org-babel-next-src-block)
          (delete-directory (file-name-directory file) t)
          (if free (pybridge-tests-free (org-babel-execute-src-block)) (org-babel-execute-src-block))
          (should (string-match-p
                   (concat "\\`:results:\n#\\+begin_example\n,\\* line 0\n\\(,.*\n\\)\\{18\\},\\* line 19\n"
                           "#\\+end_example\n"
                           "\\[\\[file:pybridge-results/My notes-long.txt\\]"
                           "\\[All 1000 lines, 10889 characters\\]\\]\n:end:\n\n#\\+begin_src")
                   (pybridge-tests-results)))
          (should (equal (pybridge-tests-bytes file) whole)))
        (goto-char (point-max))
        (org-babel-previous-src-block)
        (org-babel-execute-src-block)
        (should (string-match-p "^: 10889$" (buffer-string)))
        (delete-directory (file-name-directory file) t)
        (let ((exported (org-export-as 'html)))
          (should (string-match-p "\\* line 19\n" exported))
          (should-not (string-match-p "\\* line 20\n" exported))
          (should (string-match-p "pybridge-results/My notes-long.txt" exported)))
        (should (equal (pybridge-tests-bytes file) whole))
        (set-buffer-modified-p nil)
        (kill-buffer)))))

(ert-deftest pybridge-a-long-result-may-stay-whole ()
  (let ((pybridge-longest-result nil))
    (should (string-match-p "line 999" (pybridge-tests-run "python" pybridge-tests-long))))
  (should (string-match-p "line 999" (pybridge-tests-run "python" pybridge-tests-long ":results drawer")))
  (let ((pybridge-longest-result '(200 . 50)))
    (should (string-match-p "All 1 lines, 60 characters" (pybridge-tests-run "python" "'x' * 60")))))

(provide 'pybridge-fold-tests)
;;; pybridge-fold-tests.el ends here
