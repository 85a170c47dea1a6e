;;; pybridge-background-tests.el --- Blocks that run while Emacs is free  -*- lexical-binding: t; -*-

;; SPDX-License-Identifier: MIT

;;; Commentary:

;; See pybridge-tests.el.

;;; Code:

(require 'pybridge-tests)

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

(ert-deftest pybridge-an-error-in-the-background-stands-in-the-result ()
  (pybridge-tests-with (pybridge-tests-block "python" "1 / 0")
    (pybridge-tests-free (org-babel-execute-src-block))
    (should (equal (pybridge-tests-results) ": ZeroDivisionError: division by zero"))))

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

(ert-deftest pybridge-a-result-outlives-an-indirect-buffer ()
  (pybridge-tests-with (concat "* One\n" (pybridge-tests-block "python" "import time\ntime.sleep(0.3)\n'kept'")
                               "\n* Two\n")
    (let ((other (make-indirect-buffer (current-buffer) "*pybridge indirect*" t)))
      (pybridge-tests-free
       (with-current-buffer other
         (goto-char (point-min))
         (org-babel-next-src-block)
         (org-narrow-to-subtree)
         (org-babel-execute-src-block)
         (should (equal (pybridge--lighter) " pybridge:run"))
         (cl-letf (((symbol-function 'yes-or-no-p) (lambda (question) (error "%s" question))))
           (should (kill-buffer other))))))
    (should (string-match-p "^: kept\n\n\\* Two" (buffer-string)))))

(ert-deftest pybridge-a-block-of-a-read-only-buffer-does-not-begin ()
  (pybridge-tests-run "python" "begun = False")
  (pybridge-tests-with (pybridge-tests-block "python" "begun = True")
    (setq buffer-read-only t)
    (pybridge-tests-free (should-error (org-babel-execute-src-block) :type 'buffer-read-only)))
  (should (equal (pybridge-tests-run "python" "begun") ": False"))
  (pybridge-tests-with (pybridge-tests-block "python" "begun = True" ":results silent")
    (setq buffer-read-only t)
    (pybridge-tests-free (org-babel-execute-src-block)))
  (should (equal (pybridge-tests-run "python" "begun") ": True")))

(provide 'pybridge-background-tests)
;;; pybridge-background-tests.el ends here
