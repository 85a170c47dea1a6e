;;; pybridge-runs.el --- Run all blocks of an Org buffer  -*- lexical-binding: t; -*-

;; Copyright (C) 2026 The pybridge authors

;; SPDX-License-Identifier: MIT

;;; Commentary:

;; A run goes from block to block and leaves Emacs free while one is under way.  It
;; ends at the first block that fails, with point there.

;;; Code:

(require 'cl-lib)
(require 'ob)
(require 'ob-lob)
(require 'org)
(require 'org-element)
(require 'seq)
(require 'pybridge-session)
(require 'pybridge-blocks)

(cl-defstruct pybridge--run
  "A run of many blocks.
PLACES are markers of those that are left, HERE the one under way, DONE
how many have begun, TOTAL how many there are, STOPPED whether it is to
begin no other."
  places here (done 0) total stopped)

(defvar-local pybridge--run nil
  "The run of this buffer's blocks that is under way, or nil.")

(defun pybridge--progress ()
  "How far the run of this buffer is, as \"2 of 7\", or nil."
  (when pybridge--run
    (format "%d of %d" (pybridge--run-done pybridge--run) (pybridge--run-total pybridge--run))))

(defun pybridge--places (from end)
  "Markers of what Org can run between FROM and END."
  (let (places)
    (org-babel-map-executables nil
      (when (and (<= from (point)) (< (point) end))
        (push (point-marker) places)))
    (nreverse places)))

;;;###autoload
(defun pybridge-run-buffer (&optional from-here)
  "Run the blocks of this buffer one after the other, until one fails.
With prefix argument FROM-HERE, begin with the block at point."
  (interactive "P")
  (pybridge--begin-run (point-min) (point-max) from-here))

;;;###autoload
(defun pybridge-run-subtree (&optional from-here)
  "Run the blocks of this subtree one after the other, until one fails.
With prefix argument FROM-HERE, begin with the block at point."
  (interactive "P")
  (save-excursion
    (org-back-to-heading t)
    (pybridge--begin-run (point) (progn (org-end-of-subtree t t) (point)) from-here)))

(defun pybridge--begin-run (start end from-here)
  "Run what is between START and END, or between the block at point and END.
The latter is so when FROM-HERE is non-nil."
  (when pybridge--run
    (user-error "The blocks of this buffer are being run, %s" (pybridge--progress)))
  (let ((places (pybridge--places (if from-here (or (org-babel-where-is-src-block-head) (point)) start) end)))
    (unless places (user-error "There is no block to run"))
    (org-babel-eval-wipe-error-buffer)
    (setq pybridge--run (make-pybridge--run :places places :total (length places)))
    (pybridge--run-on (current-buffer) pybridge--run)))

(defun pybridge--run-on (buffer run)
  "Go on with RUN in BUFFER, until a block of it is in the background."
  (when (buffer-live-p buffer)
    (with-current-buffer buffer
      (let ((over nil))
        (while (and (eq run pybridge--run) (not over))
          (cond
           ((pybridge--run-stopped run)
            (setq pybridge--failure "interrupted")
            (pybridge--fail-run run))
           ((null (pybridge--run-places run))
            (pybridge--end-run "All %d blocks have run" (pybridge--run-total run)))
           (t
            (setf (pybridge--run-here run) (pop (pybridge--run-places run)))
            (cl-incf (pybridge--run-done run))
            (force-mode-line-update)
            (unless noninteractive (redisplay))
            (setq over (pybridge--run-one buffer run)))))))))

(defun pybridge--run-one (buffer run)
  "Run the block of BUFFER that RUN has come to; return non-nil when RUN waits."
  (let ((failures pybridge--failures)
        (last pybridge--last-job))
    (condition-case raised
        (save-excursion
          (goto-char (pybridge--run-here run))
          (if (memq (org-element-type (org-element-context)) '(babel-call inline-babel-call))
              (org-babel-lob-execute-maybe)
            (org-babel-execute-src-block)))
      ((error quit)
       (setq pybridge--failure
             (if (eq (car raised) 'pybridge-block-failed) (cadr raised) (error-message-string raised)))
       (pybridge--fail-run run)
       (signal (car raised) (cdr raised))))
    (let ((job (seq-find (lambda (job) (and (pybridge--job-place job) (> (pybridge--job-number job) last)))
                         (hash-table-values pybridge--jobs))))
      (cond (job
             (setf (pybridge--job-after job)
                   (lambda ()
                     (when (buffer-live-p buffer)
                       (with-current-buffer buffer
                         (if (/= failures pybridge--failures)
                             (pybridge--fail-run run)
                           ;; Out of the process filter, where a question could not be answered.
                           (run-at-time 0 nil #'pybridge--run-on buffer run))))))
             t)
            ((/= failures pybridge--failures) (pybridge--fail-run run) t)))))

(defun pybridge--end-run (format &rest arguments)
  "End the run of this buffer and say FORMAT with ARGUMENTS."
  (setq pybridge--run nil)
  (force-mode-line-update)
  (apply #'message format arguments))

(defun pybridge--fail-run (run)
  "End RUN in this buffer at the block that has failed, with point there."
  (when (eq run pybridge--run)
    (let ((place (pybridge--run-here run)))
      (goto-char place)
      (dolist (window (get-buffer-window-list nil nil t))
        (set-window-point window place))
      (org-reveal)
      (pybridge--end-run "The run ended at block %s: %s" (pybridge--progress) pybridge--failure))))

(defun pybridge--stop-runs ()
  "Let no run of any buffer begin another block."
  (dolist (buffer (buffer-list))
    (with-current-buffer buffer
      (when pybridge--run (setf (pybridge--run-stopped pybridge--run) t)))))

(provide 'pybridge-runs)

;; Local Variables:
;; package-lint-main-file: "pybridge.el"
;; End:
;;; pybridge-runs.el ends here
