;;; pybridge-runs-tests.el --- All blocks of a buffer, one by one  -*- lexical-binding: t; -*-

;; SPDX-License-Identifier: MIT

;;; Commentary:

;; See pybridge-tests.el.

;;; Code:

(require 'pybridge-tests)

(defun pybridge-tests-all-results ()
  "The lines of all results of this buffer."
  (let (lines)
    (save-excursion
      (goto-char (point-min))
      (while (re-search-forward "^: \\(.*\\)" nil t) (push (match-string-no-properties 1) lines)))
    (nreverse lines)))

(defmacro pybridge-tests-run-of (codes &rest body)
  "Evaluate BODY as a user does in a buffer of Python blocks of CODES.
Then wait until its run is over."
  (declare (indent 1))
  `(pybridge-tests-with (mapconcat (lambda (code) (pybridge-tests-block "python" code)) ,codes "\n")
     (let ((noninteractive nil))
       ,@body
       (pybridge-tests-wait (lambda () (not pybridge--run))))))

(defun pybridge-tests-press (keys)
  "Call the command of KEYS in this buffer."
  (call-interactively (key-binding (kbd keys))))

(defun pybridge-tests-last-message ()
  "What has been said last."
  (with-current-buffer "*Messages*"
    (string-trim (buffer-substring-no-properties (save-excursion (goto-char (point-max)) (line-beginning-position 0))
                                                 (point-max)))))

(ert-deftest pybridge-a-run-goes-through-all-blocks-and-says-how-far-it-is ()
  (pybridge-tests-with-folder folder
    (let ((end (concat folder "/end")) seen)
      (pybridge-tests-run-of (list "'first'" (pybridge-tests-until end) "'last'")
        (pybridge-tests-press "C-c C-v b")
        (pybridge-tests-wait (lambda () (push (pybridge--lighter) seen) (member " pybridge:2 of 3" seen)))
        (should (equal (cadr (should-error (pybridge-tests-press "C-c C-v b") :type 'user-error))
                       "The blocks of this buffer are being run, 2 of 3"))
        (should (member "first" (pybridge-tests-all-results)))
        (should-not (member "last" (pybridge-tests-all-results)))
        (write-region "" nil end nil 'silent)
        (pybridge-tests-wait (lambda () (not pybridge--run)))
        (should (equal (pybridge-tests-last-message) "All 3 blocks have run"))
        (should (equal (pybridge--lighter) " pybridge")))
      (should (member " pybridge:1 of 3" seen)))))

(ert-deftest pybridge-a-run-ends-at-the-first-error-and-goes-on-from-there ()
  (dolist (async '(t nil))
    (let ((pybridge-async async))
      (pybridge-tests-run "python" "ready = False" ":results silent")
      (pybridge-tests-run-of '("'first'" "assert ready, 'not yet'" "'last'")
        (pybridge-tests-press "C-c C-v b")
        (pybridge-tests-wait (lambda () (not pybridge--run)))
        (should (looking-at-p "#\\+begin_src.*\nassert ready"))
        (should (equal (pybridge-tests-last-message) "The run ended at block 2 of 3: AssertionError: not yet"))
        (should (equal (pybridge-tests-all-results) '("first" "AssertionError: not yet")))
        (pybridge-tests-run "python" "ready = True" ":results silent")
        (let ((current-prefix-arg '(4))) (pybridge-tests-press "C-c C-v b"))
        (pybridge-tests-wait (lambda () (not pybridge--run)))
        (should (equal (pybridge-tests-last-message) "All 2 blocks have run")))
      (pybridge-tests-free))))

(ert-deftest pybridge-an-interrupt-ends-the-run ()
  (pybridge-tests-run-of '("import time
try:
    print('on'); time.sleep(60)
except KeyboardInterrupt:
    print('caught')" "'last'")
    (pybridge-tests-press "C-c C-v b")
    (pybridge-tests-wait (lambda () (member "on" (pybridge-tests-all-results))))
    (pybridge-interrupt)
    (pybridge-tests-wait (lambda () (not pybridge--run)))
    (should-not (member "last" (pybridge-tests-all-results)))
    (should (equal (pybridge-tests-last-message) "The run ended at block 1 of 2: interrupted"))))

(ert-deftest pybridge-a-run-of-a-subtree-leaves-the-others-alone ()
  (pybridge-tests-with (mapconcat (lambda (name)
                                    (concat "* " name "\n" (pybridge-tests-block "python" (format "'%s'" name))))
                                  '("one" "two" "three") "")
    (let ((noninteractive nil))
      (search-forward "* two")
      (pybridge-tests-press "C-c C-v s")
      (pybridge-tests-wait (lambda () (not pybridge--run))))
    (should (equal (pybridge-tests-all-results) '("two")))))

(ert-deftest pybridge-a-run-in-batch-ends-with-the-error ()
  (pybridge-tests-with (concat (pybridge-tests-block "python" "1 / 0") "\n" (pybridge-tests-block "python" "'last'"))
    (should-error (pybridge-run-buffer) :type 'pybridge-block-failed)
    (should-not (pybridge-tests-all-results))
    (should (looking-at-p "#\\+begin_src.*\n1 / 0"))
    (org-babel-next-src-block)
    (pybridge-run-buffer '(4))
    (should (equal (pybridge-tests-all-results) '("last")))))

(provide 'pybridge-runs-tests)
;;; pybridge-runs-tests.el ends here
