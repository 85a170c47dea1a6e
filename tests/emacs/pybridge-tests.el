;;; pybridge-tests.el --- Blocks of Org against a real session  -*- lexical-binding: t; -*-

;; SPDX-License-Identifier: MIT

;;; Commentary:

;; They run in batch: load the files beside this one and call `ert-run-tests-batch-and-exit'.

;;; Code:

(require 'ert)
(require 'pybridge)
(require 'ox-ascii)
(require 'python)

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

(provide 'pybridge-tests)
;;; pybridge-tests.el ends here
