;;; pybridge-console-tests.el --- A prompt in the session, and lines that blocks read  -*- lexical-binding: t; -*-

;; SPDX-License-Identifier: MIT

;;; Commentary:

;; See pybridge-tests.el.

;;; Code:

(require 'pybridge-tests)

(defun pybridge-tests-console-says (text)
  "Wait until the console has said TEXT."
  (with-current-buffer "*pybridge console tests*"
    (pybridge-tests-wait (lambda () (save-excursion (goto-char (point-min)) (search-forward text nil t))))))

(defun pybridge-tests-type (line)
  "Type LINE at the console."
  (with-current-buffer "*pybridge console tests*"
    (goto-char (point-max))
    (insert line)
    (comint-send-input)))

(ert-deftest pybridge-the-key-for-the-session-shows-a-prompt-in-it ()
  (pybridge-tests-with (pybridge-tests-block "python" "seen = 6")
    (org-babel-execute-src-block)
    (save-window-excursion
      (call-interactively (key-binding (kbd "C-c C-v z"))))
    (pybridge-tests-console-says "(Emacs, session tests, in ")
    (pybridge-tests-console-says "clj=> ")
    (pybridge-tests-type ",py seen * 7")
    (pybridge-tests-console-says "42")
    (pybridge-tests-type ",py made_there = 'here'")
    (pybridge-tests-type "(+ 1")
    (pybridge-tests-type "   99)")
    (pybridge-tests-console-says "100")
    (should (equal (pybridge-tests-run "python" "made_there") ": here"))
    (kill-buffer "*pybridge console tests*")
    (should (equal (pybridge-tests-run "python" "made_there") ": here"))))

(ert-deftest pybridge-a-block-that-reads-a-line-asks-in-the-minibuffer ()
  (let (asked)
    (cl-letf (((symbol-function 'read-string)
               (lambda (prompt) (push prompt asked) (if (equal prompt "who? ") "Ada" "Bob"))))
      (pybridge-tests-with (pybridge-tests-block "python" "[input('who? '), input()]")
        (pybridge-tests-free (org-babel-execute-src-block))
        (should (equal (pybridge-tests-results) ": ['Ada', 'Bob']"))))
    (should (equal asked '("Input: " "who? ")))))

(ert-deftest pybridge-quitting-what-a-block-asks-interrupts-it ()
  (cl-letf (((symbol-function 'read-string) (lambda (_) (signal 'quit nil))))
    (pybridge-tests-with (pybridge-tests-block "python" "input('who? ')")
      (pybridge-tests-free (org-babel-execute-src-block))
      (should (string-match-p "KeyboardInterrupt" (pybridge-tests-results))))))

(ert-deftest pybridge-a-block-reads-nothing-in-batch ()
  (should (string-prefix-p "EOFError" (cadr (should-error (pybridge-tests-run "python" "input()")
                                                          :type 'pybridge-block-failed)))))

(ert-deftest pybridge-the-backtrace-begins-with-what-a-reader-needs ()
  (pybridge-tests-with-folder folder
    (with-current-buffer (find-file-noselect (expand-file-name "notes.org" folder))
      (insert "* Here\n\n" (pybridge-tests-block "python" "def half(x):\n    return x / 2\nhalf('one')"))
      (pybridge-mode)
      (goto-char (point-min))
      (org-babel-next-src-block)
      (should-error (org-babel-execute-src-block) :type 'pybridge-block-failed)
      (set-buffer-modified-p nil)
      (kill-buffer)))
  (with-current-buffer "*pybridge backtrace*"
    (should (string-match-p
             (concat "\\`TypeError: unsupported operand type(s) for /: 'str' and 'int'\n"
                     "  <block [0-9]+, from line 3 of notes.org>, line 2, in half\n    return x / 2\n"
                     "  <block [0-9]+, from line 3 of notes.org>, line 3\n    half('one')\n\nTraceback")
             (buffer-string)))))

(ert-deftest pybridge-a-notebook-of-another-machine-has-its-session-on-this-one ()
  (pybridge--end "tests")
  (pybridge-tests-with (pybridge-tests-block "python" "import os\nos.getcwd()")
    ;; What asked that machine would fail.
    (setq default-directory "/ssh:nowhere.invalid:/tmp/")
    (pybridge-tests-free (org-babel-execute-src-block))
    (should (equal (pybridge-tests-results) (concat ": " (directory-file-name (expand-file-name "~")))))
    (save-window-excursion (pybridge-console))
    (pybridge-tests-console-says "clj=> ")
    (kill-buffer "*pybridge console tests*"))
  (pybridge--end "tests"))

(provide 'pybridge-console-tests)
;;; pybridge-console-tests.el ends here
