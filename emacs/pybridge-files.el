;;; pybridge-files.el --- Files that are whole at any time  -*- lexical-binding: t; -*-

;; Copyright (C) 2026 The pybridge authors

;; SPDX-License-Identifier: MIT

;;; Commentary:

;; What a block gives is written beside its file, which it then replaces.

;;; Code:

(defun pybridge--write-whole (content file coding)
  "Write CONTENT to FILE in CODING; at any time, it is the old file or the new.
FILE keeps its mode, and a link leads where it did.  Parts that an Emacs
has left which was killed go away."
  (let* ((place (file-truename file))
         (folder (file-name-directory place))
         (part (make-temp-file (expand-file-name (format ".pybridge-emacs-%d-" (emacs-pid)) folder))))
    (unwind-protect
        (let ((coding-system-for-write coding)
              (write-region-inhibit-fsync nil))
          (pybridge--remove-left folder)
          (write-region content nil part nil 'silent)
          (set-file-modes part (or (file-modes place) (logand #o666 (default-file-modes))))
          (rename-file part place t))
      (ignore-errors (delete-file part)))))

(defun pybridge--remove-left (folder)
  "Remove the parts in FOLDER whose Emacs has ended."
  (unless (file-remote-p folder)
    (dolist (part (directory-files folder t "\\`\\.pybridge-emacs-[0-9]+-"))
      (let ((name (file-name-nondirectory part)))
        (unless (process-attributes (string-to-number (substring name (length ".pybridge-emacs-"))))
          (ignore-errors (delete-file part)))))))

(provide 'pybridge-files)

;; Local Variables:
;; package-lint-main-file: "pybridge.el"
;; End:
;;; pybridge-files.el ends here
