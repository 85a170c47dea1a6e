;;; pybridge-names.el --- What a session knows of the name at point  -*- lexical-binding: t; -*-

;; Copyright (C) 2026 The pybridge authors

;; SPDX-License-Identifier: MIT

;;; Commentary:

;; Completion, ElDoc and documentation, in the notebook and in the buffer in
;; which Org edits a block.

;;; Code:

(require 'eldoc)
(require 'ob)
(require 'org)
(require 'org-src)
(require 'subr-x)
(require 'pybridge-session)
(require 'pybridge-values)

(defun pybridge--block-start ()
  "Where the code of the block around point begins, or nil outside of blocks.
The match data has the language and the header arguments of its first line."
  ;; This runs at each pause of typing: it looks at the lines above point and parses nothing.
  (save-excursion
    (let ((here (line-beginning-position))
          (case-fold-search t))
      (end-of-line)
      (when (and (re-search-backward "^[ \t]*#\\+\\(?:begin\\|end\\)_src\\_>" nil t)
                 (< (point) here)
                 (looking-at "[ \t]*#\\+begin_src[ \t]+\\(\\S-+\\)\\(.*\\)\n"))
        (let ((start (match-end 0)))
          (goto-char here)
          (unless (looking-at-p "[ \t]*#\\+end_src\\_>") start))))))

(defun pybridge--header-lines (start)
  "The header arguments above the block whose code begins at START."
  (save-excursion
    (goto-char start)
    (forward-line -1)
    (let ((case-fold-search t) lines)
      (while (and (zerop (forward-line -1))
                  (looking-at "[ \t]*#\\+\\([a-z]+\\)\\(?:\\[.*\\]\\)?:[ \t]*\\(.*\\)$"))
        (when (member (downcase (match-string 1)) '("header" "headers"))
          (push (match-string-no-properties 2) lines)))
      lines)))

(defun pybridge--block-at-point ()
  "The language and the session of the block that is edited at point, or nil."
  (if (bound-and-true-p org-src-mode)
      (pybridge--language-and-session (car org-src--babel-info) (nth 2 org-src--babel-info))
    (when-let* (((derived-mode-p 'org-mode))
                (start (pybridge--block-start)))
      (let ((language (match-string-no-properties 1))
            (header (string-trim (match-string-no-properties 2))))
        (when (member language '("python" "clojure"))
          (pybridge--language-and-session
           language
           (apply #'org-babel-merge-params
                  (append (org-babel-params-from-properties language t)
                          (mapcar (lambda (line) (org-babel-parse-header-arguments line t))
                                  (append (pybridge--header-lines start) (list header)))))))))))

(defun pybridge--language-and-session (language params)
  "A list of LANGUAGE, when it is ours, and the session of PARAMS, or nil."
  (when-let* (((member language '("python" "clojure")))
              (name (pybridge--session-name params)))
    (list language name)))

(defun pybridge--ask (method params)
  "What the session of the block at point answers to METHOD with PARAMS, or nil.
A session that is not running or busy is not asked."
  (pcase-let ((`(,language ,name) (pybridge--block-at-point)))
    (when-let* ((connection (and name (pybridge--running name))))
      (unless (pybridge--busy-p connection)
        (condition-case nil
            (jsonrpc-request connection method `(:language ,language ,@params) :timeout 3)
          (jsonrpc-error nil))))))

(defconst pybridge--name-characters "^ \t\n()[]{}\"'`,;@^"
  "What a Clojure name may hold, as `skip-chars-backward' takes it.")

(defun pybridge--name-start ()
  "Where the name before point begins."
  (save-excursion
    (if (equal "python" (car (pybridge--block-at-point)))
        (skip-chars-backward "[:alnum:]_.")
      (skip-chars-backward pybridge--name-characters))
    (point)))

(defun pybridge--name-at-point ()
  "The name at point, or else the one of the call that point is in."
  (let ((here (lambda ()
                (save-excursion
                  (if (equal "python" (car (pybridge--block-at-point)))
                      (skip-chars-forward "[:alnum:]_")
                    (skip-chars-forward pybridge--name-characters))
                  (buffer-substring-no-properties (pybridge--name-start) (point))))))
    (or (pybridge--name (funcall here))
        (save-excursion
          (when-let* ((open (nth 1 (if (derived-mode-p 'org-mode)
                                       (parse-partial-sexp (or (pybridge--block-start) (point)) (point))
                                     (syntax-ppss)))))
            (goto-char open)
            (unless (equal "python" (car (pybridge--block-at-point)))
              (forward-char))
            (pybridge--name (funcall here)))))))

(defun pybridge--name (text)
  "TEXT, or nil when it is empty or a number."
  (unless (string-match-p "\\`[0-9]\\|\\`\\'" text) text))

(defun pybridge-complete-at-point ()
  "The names that the one before point can become.
This is for `completion-at-point-functions'."
  (when-let* ((start (and (pybridge--block-at-point) (pybridge--name-start)))
              (code (pybridge--nonempty (buffer-substring-no-properties start (point))))
              (names (append (pybridge--ask :complete (list :code code)) nil)))
    (list start (point) names :exclusive 'no)))

(defun pybridge-eldoc (callback &rest _)
  "Call CALLBACK with a line on the function at point.
This is for `eldoc-documentation-functions'."
  (when-let* ((name (and (pybridge--block-at-point) (pybridge--name-at-point)))
              (told (pybridge--ask :describe (list :name name))))
    (funcall callback
             (string-join (delq nil (list (pybridge--nonempty (plist-get told :signature))
                                          (car (split-string (plist-get told :doc) "\n" t))))
                          "  ")
             :thing name)))

(defun pybridge-describe (name)
  "Show the documentation that the session at point has of NAME."
  (interactive
   (let ((name (pybridge--name-at-point)))
     (list (read-string (format-prompt "Describe" name) nil nil name))))
  (unless (pybridge--block-at-point) (user-error "There is no block with a session here"))
  (let ((told (or (pybridge--ask :describe (list :name name))
                  (user-error "The session tells nothing of %s" name))))
    (with-help-window "*pybridge help*"
      (princ (format "%s\n%s\n\n%s\n" (plist-get told :name) (plist-get told :signature) (plist-get told :doc))))))

(defun pybridge--edit ()
  "Offer names and documentation of the session in a buffer that edits a block."
  (when (and (boundp 'org-src--beg-marker)
             (markerp org-src--beg-marker)
             (with-current-buffer (marker-buffer org-src--beg-marker) (bound-and-true-p org-babel-pybridge)))
    (add-hook 'completion-at-point-functions #'pybridge-complete-at-point nil t)
    (add-hook 'eldoc-documentation-functions #'pybridge-eldoc nil t)
    (eldoc-mode 1)))

(provide 'pybridge-names)

;; Local Variables:
;; package-lint-main-file: "pybridge.el"
;; End:
;;; pybridge-names.el ends here
