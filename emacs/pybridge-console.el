;;; pybridge-console.el --- A prompt in the session of a block  -*- lexical-binding: t; -*-

;; Copyright (C) 2026 The pybridge authors

;; SPDX-License-Identifier: MIT

;;; Commentary:

;; "pybridge console" in a buffer: the names of the blocks, at a prompt.

;;; Code:

(require 'comint)
(require 'pybridge-session)
(require 'pybridge-advice)

(define-derived-mode pybridge-console-mode comint-mode "pybridge-console"
  "A prompt in a session of blocks.
,py and ,clj switch the language, ,help says more."
  (setq-local comint-prompt-regexp "^\\(?:clj[^=\n]*=>\\|py>>>\\) *"
              comint-prompt-read-only t))

(defun pybridge--console (name)
  "Show the prompt of the session NAME, which is started when it is not there."
  (let* ((connection (pybridge--connection name))
         (buffer (get-buffer-create (format "*pybridge console %s*" name))))
    (pybridge--known connection)        ; it can be joined once it answers
    (unless (comint-check-proc buffer)
      (let ((number (number-to-string (process-id (jsonrpc--process connection))))
            (program (pybridge--program))
            (folder (pybridge--local-folder)))
        (with-current-buffer buffer
          (pybridge-console-mode)
          (setq default-directory folder)
          (comint-exec buffer (buffer-name) program nil (list "console" number))
          (set-process-query-on-exit-flag (get-buffer-process buffer) nil)))) ; nothing is lost with it
    (pop-to-buffer buffer)))

(defun pybridge--known (connection)
  "Wait until the session of CONNECTION answers, unless a block is under way."
  (unless (pybridge--busy-p connection)
    (jsonrpc-request connection :initialize (make-hash-table))))

;;;###autoload
(defun pybridge-console (&optional ask)
  "Show a prompt in the session of the block at point.
Elsewhere, or with ASK, do as Org does."
  (interactive "P")
  (let ((name (and (not ask) (derived-mode-p 'org-mode) (pybridge--session-of nil nil))))
    (if name
        (pybridge--console name)
      (call-interactively #'org-babel-switch-to-session))))

(provide 'pybridge-console)

;; Local Variables:
;; package-lint-main-file: "pybridge.el"
;; End:
;;; pybridge-console.el ends here
