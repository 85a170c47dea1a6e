;;; pybridge.el --- Python and Clojure Org blocks in one live session  -*- lexical-binding: t; -*-

;; Copyright (C) 2026 The pybridge authors

;; Author: The pybridge authors
;; Version: 0.1.0
;; Package-Requires: ((emacs "28.1"))
;; Keywords: languages, outlines, tools
;; URL: https://github.com/pybridge/pybridge
;; SPDX-License-Identifier: MIT

;;; Commentary:

;; `pybridge-mode' in an Org buffer sends the Python and Clojure blocks that
;; have a `:session' to one process, in which both languages live: a tensor
;; made in one block is there in the next, in the other language.
;;
;;   (require 'pybridge)
;;   (add-hook 'org-mode-hook #'pybridge-mode)
;;
;; A block that you run leaves Emacs free and streams what it prints into its
;; result; `:async no', a batch Emacs and an export wait for it.  `C-c C-v' and
;; the other keys of Org work as ever, and so do `:var', `:file', `:cache',
;; `:noweb' and `:tangle'.
;;
;; M-x pybridge-interrupt stops the block that runs, M-x pybridge-restart begins
;; the session anew, M-x pybridge-describe tells of a name, M-x pybridge-doctor
;; says what is missing on this machine.

;;; Code:



;; A file that is loaded by its path finds those beside it.
(eval-and-compile
  (let ((load-path (cons (file-name-directory (macroexp-file-name)) load-path)))
    (require 'pybridge-session)
    (require 'pybridge-blocks)
    (require 'pybridge-runs)
    (require 'pybridge-advice)
    (require 'pybridge-console)
    (require 'pybridge-names)
    (require 'pybridge-editing)))
(require 'org)
(require 'org-src)
(require 'seq)

(defun pybridge--runs-in-p (buffer)
  "Whether BUFFER is to have the result of a block that is under way."
  (seq-some (lambda (job)
              (let ((place (pybridge--job-place job)))
                (and place (eq (overlay-buffer place) buffer))))
            (hash-table-values pybridge--jobs)))

(defun pybridge--lighter ()
  "The mode's name in the mode line, with what is under way or has ended."
  (cond ((pybridge--progress) (format " pybridge:%s" (pybridge--progress)))
        ((pybridge--runs-in-p (pybridge--notebook)) " pybridge:run")
        ((seq-some (lambda (name) (gethash name pybridge--lost)) pybridge--used) " pybridge:ended")
        (t " pybridge")))

(defun pybridge--may-end-emacs-p ()
  "Ask before Emacs ends while a block is under way."
  (or noninteractive
      (zerop (hash-table-count pybridge--jobs))
      (yes-or-no-p "A pybridge block is running; end it, and its session? ")))

(defun pybridge--may-kill-buffer-p ()
  "Ask before this buffer is killed while one of its blocks is under way."
  (or (not (pybridge--runs-in-p (current-buffer)))
      (yes-or-no-p "A block of this notebook is running, and its result will be lost; kill the buffer? ")))

(defun pybridge--ask-before-revert ()
  "Ask before this buffer is read anew while one of its blocks is under way."
  (unless (or (not (pybridge--runs-in-p (current-buffer)))
              (yes-or-no-p "A block of this notebook is running, and its result will be lost; revert the buffer? "))
    (user-error "The buffer stays as it is")))

(defvar pybridge-mode-map
  (let ((map (make-sparse-keymap)))
    (define-key map [remap org-babel-execute-buffer] #'pybridge-run-buffer)
    (define-key map [remap org-babel-execute-subtree] #'pybridge-run-subtree)
    (define-key map [remap org-babel-switch-to-session] #'pybridge-console)
    (define-key map [remap org-babel-switch-to-session-with-code] #'pybridge-console)
    map)
  "The keys of `pybridge-mode'.
Org's keys for all blocks run them one by one, and that for the session
shows a prompt.")

;;;###autoload
(define-minor-mode pybridge-mode
  "Evaluate this Org buffer's Python and Clojure blocks in one pybridge session.
Blocks without a `:session' are evaluated as Org would.

\\{pybridge-mode-map}"
  :lighter (:eval (pybridge--lighter))
  (setq-local org-babel-pybridge pybridge-mode)
  (cond (pybridge-mode
         (unless (or (fboundp 'clojure-mode) (assoc "clojure" org-src-lang-modes))
           (push '("clojure" . pybridge-clojure) org-src-lang-modes))
         (advice-add 'org-babel-execute:python :around #'pybridge--around-python)
         (advice-add 'org-babel-execute:clojure :around #'pybridge--around-clojure)
         (advice-add 'org-babel-execute-src-block :around #'pybridge--around-execute)
         ;; Both give the evaluation a block whose variables they have read.
         (advice-add 'org-ctrl-c-ctrl-c :around #'pybridge--around-command)
         (advice-add 'org-babel-exp-src-block :around #'pybridge--around-command)
         (advice-add 'org-babel-ref-parse :around #'pybridge--around-parse)
         (advice-add 'org-babel-ref-resolve :around #'pybridge--around-resolve)
         (advice-add 'org-babel-expand-body:clojure :around #'pybridge--around-expand-clojure)
         (advice-add 'org-babel-initiate-session :before #'pybridge--before-session-buffer)
         (advice-add 'org-babel-load-in-session :before #'pybridge--before-session-buffer)
         (add-hook 'org-src-mode-hook #'pybridge--edit)
         (setq-local indent-line-function #'pybridge--indent-line)
         (add-hook 'kill-emacs-query-functions #'pybridge--may-end-emacs-p)
         (add-hook 'kill-buffer-query-functions #'pybridge--may-kill-buffer-p nil t)
         (add-hook 'before-revert-hook #'pybridge--ask-before-revert nil t)
         (add-hook 'completion-at-point-functions #'pybridge-complete-at-point nil t)
         (add-hook 'eldoc-documentation-functions #'pybridge-eldoc nil t))
        (t
         (setq-local indent-line-function #'org-indent-line)
         (remove-hook 'kill-buffer-query-functions #'pybridge--may-kill-buffer-p t)
         (remove-hook 'before-revert-hook #'pybridge--ask-before-revert t)
         (remove-hook 'completion-at-point-functions #'pybridge-complete-at-point t)
         (remove-hook 'eldoc-documentation-functions #'pybridge-eldoc t))))

(defun pybridge--current-name ()
  "The name of the session at point, or of the only one there is."
  (or (cadr (pybridge--block-at-point))
      (and (derived-mode-p 'org-mode) (pybridge--session-of nil nil))
      (let ((names (append (hash-table-keys pybridge--sessions) (hash-table-keys pybridge--lost))))
        (cond ((null names) (user-error "No pybridge session runs"))
              ((null (cdr names)) (car names))
              (t (completing-read "Session: " names nil t))))))

;;;###autoload
(defun pybridge-interrupt ()
  "Stop the block that is under way in the session at point.
When it has not heeded an interrupt before, offer to restart the session."
  (interactive)
  (let ((connection (or (pybridge--running (pybridge--current-name))
                        (user-error "No pybridge session runs"))))
    (if (and (seq-some (lambda (job)
                         (and (eq connection (pybridge--job-connection job)) (pybridge--job-deaf job)))
                       (hash-table-values pybridge--jobs))
             (y-or-n-p "The block does not heed interrupts; restart the session and lose its names? "))
        (pybridge-restart)
      (pybridge--stop-runs)
      (pybridge--interrupt connection))))

;;;###autoload
(defun pybridge-restart ()
  "End the session at point, whatever it does, and start it anew."
  (interactive)
  (let ((name (pybridge--current-name)))
    (pybridge--end name)
    (pybridge--start name)
    (message "The session %s is new" name)))

;;;###autoload
(defun pybridge-doctor ()
  "Show what there is and what is missing on this machine."
  (interactive)
  (let ((program (pybridge--program))
        (default-directory (pybridge--local-folder)))
    (with-current-buffer (get-buffer-create "*pybridge doctor*")
      (let ((inhibit-read-only t))
        (erase-buffer))
      (special-mode)
      (make-process :name "pybridge doctor" :command (list program "doctor")
                    :buffer (current-buffer) :connection-type 'pipe :noquery t
                    :sentinel #'ignore)
      (pop-to-buffer (current-buffer)))))

(provide 'pybridge)
;;; pybridge.el ends here
