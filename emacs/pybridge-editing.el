;;; pybridge-editing.el --- Edit blocks of Python and Clojure  -*- lexical-binding: t; -*-

;; Copyright (C) 2026 The pybridge authors

;; SPDX-License-Identifier: MIT

;;; Commentary:

;; A line of a block is indented where its block stands, and Clojure has a mode
;; with colours and indentation where `clojure-mode' is not installed.

;;; Code:

(require 'lisp-mode)
(require 'ob)
(require 'org)
(require 'org-src)
(require 'rx)

(defun pybridge--own-indentation ()
  "How far the code of the block at point stands right of its first line, or nil."
  (when-let* ((block (org-babel-where-is-src-block-head)))
    (save-excursion
      (goto-char block)
      (let ((head (current-indentation))
            (end (save-excursion (re-search-forward "^[ \t]*#\\+end_src" nil t) (line-beginning-position)))
            columns)
        (while (progn (forward-line) (< (point) end))
          (unless (looking-at-p "[ \t]*$") (push (current-indentation) columns)))
        (max 0 (- (if columns (apply #'min columns) head) head))))))

(defun pybridge--indent-line ()
  "Indent the line as Org does, and leave a block's other lines where they are."
  ;; Org moves the whole block to `org-edit-src-content-indentation'.
  (let ((org-edit-src-content-indentation (or (pybridge--own-indentation) org-edit-src-content-indentation))
        (indent-tabs-mode nil))
    (org-indent-line)))

(defconst pybridge--clojure-body
  (rx (or (seq (or "def" "with-" "when" "if") (* (any "a-z-")))
          "binding" "case" "catch" "comment" "cond->" "cond->>" "do" "doseq" "dosync" "dotimes" "doto"
          "extend-protocol" "extend-type" "finally" "fn" "for" "let" "letfn" "locking" "loop" "ns" "proxy" "reify"
          "testing" "try" "while")
      symbol-end)
  "The forms whose lines are indented by two, not under the first argument.")

(defun pybridge--indent-clojure (_point state)
  "How far to indent a line of Clojure for which the parser has STATE.
It is what the variable `lisp-indent-function' wants."
  (goto-char (nth 1 state))
  (let ((column (current-column))
        (call (eq (char-after) ?\()))
    (forward-char)
    (cond ((not call) (1+ column))
          ((looking-at pybridge--clojure-body) (+ column 2))
          (t
           (let ((end (line-end-position)))
             (ignore-errors (forward-sexp 2) (backward-sexp))
             (if (<= (point) end) (max (current-column) (1+ column)) (1+ column)))))))

(define-derived-mode pybridge-clojure-mode lisp-data-mode "Clojure"
  "Edit a block of Clojure where `clojure-mode' is not installed."
  (pcase-dolist (`(,characters . ,class)
                 '(("[" . "(]") ("]" . ")[") ("{" . "(}") ("}" . "){") ("," . " ") ("@^#'`~" . "'") ("?" . "_")))
    (mapc (lambda (character) (modify-syntax-entry character class)) characters))
  (setq-local lisp-indent-function #'pybridge--indent-clojure
              indent-tabs-mode nil)
  (setq font-lock-defaults
        `(((,(concat "(\\(" pybridge--clojure-body "\\)") 1 font-lock-keyword-face)
           (,(rx "(def" (* (any "a-z-")) (+ space) (group (+ (or word (syntax symbol)))))
            1 font-lock-function-name-face)
           (,(rx symbol-start ":" (+ (or word (syntax symbol)))) . font-lock-constant-face)))))

(provide 'pybridge-editing)

;; Local Variables:
;; package-lint-main-file: "pybridge.el"
;; End:
;;; pybridge-editing.el ends here
