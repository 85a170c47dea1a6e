;;; pybridge-blocks.el --- Run blocks of Org in a session  -*- lexical-binding: t; -*-

;; Copyright (C) 2026 The pybridge authors

;; SPDX-License-Identifier: MIT

;;; Commentary:

;; A block is waited for, or runs in the background and streams what it prints
;; into its result.

;;; Code:

(require 'cl-lib)
(require 'ob)
(require 'org)
(require 'org-element)
(require 'seq)
(require 'subr-x)
(require 'pybridge-session)
(require 'pybridge-values)
(require 'pybridge-headers)
(require 'pybridge-fold)

(defcustom pybridge-async t
  "Whether a block without `:async' leaves Emacs free while it runs."
  :type 'boolean
  :group 'pybridge)

(defvar pybridge--executing nil
  "The name of the session whose block Org executes, or nil.")

(defvar pybridge--parsing nil
  "The name of the session whose block's `:var' Org reads, or nil.")

(defvar pybridge--asker nil
  "The name of the session whose block takes the value of the next, or nil.")

(defvar pybridge--failures 0
  "How many blocks have failed in this Emacs.")

(defvar pybridge--failure nil
  "What the last of them said.")

(defun pybridge--count-failure (line)
  "Remember that a block has failed and said LINE; return LINE."
  (cl-incf pybridge--failures)
  (setq pybridge--failure line))

(defun pybridge--failed (failure job)
  "Show FAILURE of JOB, an error of the protocol, in full.
Return the line for the result."
  (pybridge--count-failure (pybridge--failure-line failure job)))

(defun pybridge--failure-line (failure job)
  "Show FAILURE of JOB in full and return its line."
  (let ((data (plist-get failure :data)))
    (cond (data
           (let ((output (pybridge--nonempty (plist-get data :output))))
             (pybridge--show-backtrace (concat (plist-get data :brief) "\n\n"
                                               (plist-get data :trace) (and output "\nPrinted before:\n") output)
                                       (equal "KeyboardInterrupt" (plist-get data :type))))
           (string-join (delq nil (list (plist-get data :type) (pybridge--nonempty (plist-get data :message)))) ": "))
          (t
           (let ((line (plist-get failure :message)) (said ""))
             (when (eql (plist-get failure :code) -1)
               (setq said (pybridge--last-words (pybridge--job-connection job))
                     line (pybridge--ended-line said (pybridge--job-connection job))))
             (pybridge--show-backtrace (string-trim-right (concat line "\n\n" said)) (string-empty-p said))
             line)))))

(defun pybridge--ended-line (said connection)
  "Say that the session of CONNECTION has ended, whose last words SAID are."
  (string-join
   (delq nil (list (concat "The session has ended"
                           (unless (string-empty-p said)
                             (concat ", saying: " (car (last (split-string said "\n"))))))
                   (pybridge--lost-names connection)
                   "the next block starts a new one"))
   "; "))

(defun pybridge--show-backtrace (text &optional expected)
  "Put TEXT into the backtrace buffer, and show it unless EXPECTED."
  (with-current-buffer (get-buffer-create "*pybridge backtrace*")
    (let ((inhibit-read-only t))
      (erase-buffer)
      (insert text))
    (goto-char (point-min))
    (special-mode))
  (unless (or noninteractive expected) (display-buffer "*pybridge backtrace*")))

(defun pybridge--async-p (params)
  "Whether the block at point, with PARAMS, is for the background."
  (let ((asked (assq :async params)))
    (and (not noninteractive)
         (not (bound-and-true-p org-export-current-backend))
         (if asked (not (member (cdr asked) '("no" "nil"))) pybridge-async)
         (not (assq :post params))
         ;; Words that say how far it is would be added each time.
         (not (seq-intersection '("append" "prepend") (cdr (assq :result-params params))))
         (not pybridge--resolving)
         (eq 'src-block (org-element-type (org-element-at-point))))))

(defun pybridge--execute (language body params)
  "Evaluate BODY in LANGUAGE with PARAMS in its session; return the result."
  (pybridge--check-headers language params)
  (let ((job (make-pybridge--job :connection (pybridge--connection (pybridge--session-name params))
                                 :params params))
        (resolving pybridge--resolving))
    (cl-pushnew (pybridge--session-name params) pybridge--used :test #'equal)
    (when (and (equal pybridge--asker (pybridge--session-name params))
               (not (assq :post params))
               (not (pybridge--file params))
               (not (member "output" (cdr (assq :result-params params)))))
      (setf (pybridge--job-keep job) (format "%d" (1+ pybridge--last-job))))
    (if (pybridge--async-p params)
        (pybridge--execute-async job language body)
      (condition-case failed
          (pcase (pybridge--wait job language body)
            (`(done ,evaluation)
             (if (pybridge--job-keep job)
                 (pybridge--stand-in evaluation (pybridge--job-keep job))
               (let ((result (pybridge--result evaluation params resolving)))
                 (if resolving result (pybridge--fold result params body)))))
            (`(failed ,failure) (signal 'pybridge-block-failed (list (pybridge--failed failure job)))))
        (pybridge-block-failed
         ;; Org would write the line to the file, keep it as the value of this code, or give it to a variable.
         (if (or noninteractive
                 resolving
                 (bound-and-true-p org-export-current-backend)
                 (pybridge--file params)
                 (equal "yes" (cdr (assq :cache params))))
             (signal (car failed) (cdr failed))
           (cadr failed)))))))

(defun pybridge--wait (job language body)
  "Evaluate BODY in LANGUAGE as JOB and wait; \\[keyboard-quit] interrupts it."
  (let ((answer nil)
        (connection (pybridge--job-connection job)))
    (pybridge--evaluate job (pybridge--request job language body)
                        (lambda (evaluation) (setq answer (list 'done evaluation)))
                        (lambda (failure) (setq answer (list 'failed failure))))
    (let ((inhibit-quit t))
      (while (not (or answer (pybridge--job-deaf job)))
        (unless (with-local-quit (accept-process-output nil 0.05) t)
          (setq quit-flag nil)
          (pybridge--interrupt connection job))))
    (or answer `(failed (:message ,(pybridge--deaf-line))))))

(defun pybridge--show-picture ()
  "Show the picture that the result of the block at point links to."
  (when-let* ((result (org-babel-where-is-src-block-result)))
    (save-excursion
      (goto-char result)
      (forward-line)
      (with-suppressed-warnings ((obsolete org-display-inline-images))
        (org-display-inline-images nil t (point) (line-end-position))))))

(defconst pybridge--run-mark "running …"
  "The last line of a result until its block has ended.")

(defun pybridge--notebook ()
  "The buffer that has the text of this one: of an indirect buffer, its base."
  (let ((base (buffer-base-buffer)))
    (if (and base (with-current-buffer base (derived-mode-p 'org-mode))) base (current-buffer))))

(defun pybridge--place-at-point ()
  "An overlay over the block at point; it vanishes with the block.
It outlives an indirect buffer."
  (let* ((block (org-element-at-point))
         (place (make-overlay (org-element-property :post-affiliated block)
                              (- (org-element-property :end block) (org-element-property :post-blank block))
                              (pybridge--notebook) t)))
    (overlay-put place 'evaporate t)
    place))

(defun pybridge--execute-async (job language body)
  "Evaluate BODY in LANGUAGE as JOB in the background.
What it prints meanwhile stands in the result."
  (unless (seq-intersection '("silent" "none" "discard") (cdr (assq :result-params (pybridge--job-params job))))
    (barf-if-buffer-read-only))
  (setf (pybridge--job-place job) (pybridge--place-at-point)
        (pybridge--job-heard job) #'pybridge--show-soon)
  (let ((folder default-directory))
    (pybridge--evaluate
     job (pybridge--request job language body)
     (lambda (evaluation)
       ;; The answer comes in a buffer of the session, which may have begun elsewhere.
       (let ((default-directory folder))
         (condition-case failed
             (pybridge--show job (pybridge--result-or-file evaluation (pybridge--job-params job)) 'done body)
           (pybridge-block-failed (pybridge--show job (pybridge--count-failure (cadr failed)) 'failed))
           (error (pybridge--show job (pybridge--count-failure (error-message-string failed)) 'failed)))))
     (lambda (failure)
       (pybridge--show job (pybridge--lines (pybridge--shown-of-printed job) (pybridge--failed failure job)) 'failed))))
  (when (equal "yes" (cdr (assq :cache (pybridge--job-params job))))
    (pybridge--show-soon job))
  ;; Org would write the words to the file, and could not take them away where results are raw.
  (cond ((pybridge--file (pybridge--job-params job)) nil)
        ((member "raw" (cdr (assq :result-params (pybridge--job-params job)))) "")
        (t pybridge--run-mark)))

(defun pybridge--show-soon (job)
  "Show what JOB has printed in its result, a few times a second at most."
  (when (and (pybridge--job-place job) (not (pybridge--job-timer job)))
    (setf (pybridge--job-timer job)
          (run-at-time 0.2 nil (lambda ()
                                 (setf (pybridge--job-timer job) nil)
                                 (pybridge--show job (pybridge--so-far job) 'running))))))

(defconst pybridge--most-shown 5000
  "How many characters of what a block prints are shown until it has ended.")

(defun pybridge--shown-of-printed (job)
  "What JOB has printed until now, or the end of it; nil where that is nothing."
  (let* ((printed (pybridge--job-printed job))
         (cut (- (length printed) pybridge--most-shown))
         (shown (if (> cut 0) (concat "…" (substring printed cut)) printed)))
    (pybridge--nonempty (string-trim-right (pybridge--as-on-a-terminal shown)))))

(defun pybridge--lines (&rest texts)
  "TEXTS below each other, without those that are nil."
  (string-join (delq nil texts) "\n"))

(defun pybridge--so-far (job)
  "What JOB has printed until now, as its result."
  (pybridge--lines (pybridge--shown-of-printed job) pybridge--run-mark))

(defun pybridge--show (job result state &optional body)
  "Put RESULT under the block of JOB.
STATE says what it is: `running', `failed' or `done' for the value of BODY."
  (let* ((place (pybridge--job-place job))
         (buffer (overlay-buffer place))
         (params (pybridge--job-params job))
         (kinds (cdr (assq :result-params params)))
         (cached (equal "yes" (cdr (assq :cache params))))
         (done (eq state 'done))
         (folder default-directory))
    (cond
     ((not buffer)
      (unless (eq state 'running)
        (message "The block that has ended is gone; its result: %s" result)))
     ((seq-intersection '("silent" "none" "discard") kinds)
      (unless (eq state 'running)
        (message "%s" result)))
     (t
      (with-current-buffer buffer
        (save-excursion
          (save-restriction
            (widen)
            (goto-char (overlay-start place))
            (when-let* ((info (org-babel-get-src-block-info 'light)))
              (setf (nth 2 info) params)
              (let ((inhibit-message (not done))
                    (default-directory (if done folder default-directory)))
                ;; Org has put the hash of the code there, which means that this is its value.
                (when (and cached (not done)) (org-babel-remove-result info))
                (org-babel-insert-result
                 (if done (pybridge--fold result params body) result)
                 (if done kinds (cl-set-difference kinds '("file" "table" "vector" "list" "raw") :test #'equal))
                 info
                 (and done cached (org-babel-sha1-hash info :eval))
                 (car info)))
              (when done
                (run-hooks 'org-babel-after-execute-hook)
                (when (and (pybridge--file params) (display-graphic-p))
                  (pybridge--show-picture)))))))))
    (unless (eq state 'running)
      (delete-overlay place)
      (force-mode-line-update t))))

(provide 'pybridge-blocks)

;; Local Variables:
;; package-lint-main-file: "pybridge.el"
;; End:
;;; pybridge-blocks.el ends here
