;;; pybridge-fold.el --- Keep long results beside the notebook  -*- lexical-binding: t; -*-

;; Copyright (C) 2026 The pybridge authors

;; SPDX-License-Identifier: MIT

;;; Commentary:

;; A long text goes to a file; the result has its first lines and a link to all.

;;; Code:

(require 'ob)
(require 'org-element)
(require 'org-src)
(require 'seq)
(require 'subr-x)
(require 'pybridge-files)
(require 'pybridge-session)
(require 'pybridge-values)

(defcustom pybridge-longest-result '(200 . 20000)
  "How many lines and how many characters of a text are a result of their own.
Of a longer text the result has the first lines, a tenth as many, and a
link to a file with the whole of it, in the folder pybridge-results
beside the notebook.  With nil, every result is whole."
  :type '(choice (const :tag "Never fold" nil) (cons (integer :tag "Lines") (integer :tag "Characters")))
  :group 'pybridge)

(defun pybridge--long-p (text)
  "Whether TEXT is longer than `pybridge-longest-result'."
  (and pybridge-longest-result
       (or (> (length text) (cdr pybridge-longest-result))
           (> (pybridge--count-lines text) (car pybridge-longest-result)))))

(defun pybridge--count-lines (text)
  "The number of lines of TEXT."
  (1+ (seq-count (lambda (character) (eq character ?\n)) (string-trim-right text "\n"))))

(defun pybridge--folds-p (result params)
  "Whether RESULT of the block at point with PARAMS is to be folded."
  (and (stringp result)
       (pybridge--long-p result)
       ;; A cached or posted result is read again, and one with markup is to be in the notebook.
       (not (equal "yes" (cdr (assq :cache params))))
       (not (assq :post params))
       (not (assq :wrap params))
       (not (seq-intersection '("file" "table" "vector" "list" "raw" "org" "html" "latex" "code" "drawer" "wrap"
                                "silent" "none" "discard" "append" "prepend")
                              (cdr (assq :result-params params))))
       (memq (org-element-type (org-element-at-point)) '(src-block babel-call))))

(defun pybridge--fold (result params body)
  "RESULT of BODY with PARAMS, or what stands for it where it is too long.
PARAMS say then that it goes into a drawer."
  (if (not (pybridge--folds-p result params))
      result
    (let* ((notebook (or (buffer-file-name (buffer-base-buffer))
                         (and (bound-and-true-p org-babel-exp-reference-buffer)
                              (buffer-file-name org-babel-exp-reference-buffer))))
           (file (pybridge--whole-file notebook body))
           (first (pybridge--first-lines result)))
      (make-directory (file-name-directory file) t)
      (pybridge--write-whole result file 'utf-8)
      (nconc (cdr (assq :result-params params)) (list "drawer"))
      (format "#+begin_example\n%s\n#+end_example\n[[file:%s][%s %d lines, %d characters]]"
              (org-escape-code-in-string first)
              (if notebook (file-relative-name file (file-name-directory notebook)) file)
              (if (string-match-p "… and [0-9,]+ more characters\n?\\'" result) "The first" "All")
              (pybridge--count-lines result)
              (length result)))))

(defun pybridge--first-lines (text)
  "The first lines of TEXT, a tenth of what a result may have."
  (let ((shown (substring text 0 (min (length text) (/ (cdr pybridge-longest-result) 10)))))
    (string-join (seq-take (split-string shown "\n") (max 1 (/ (car pybridge-longest-result) 10))) "\n")))

(defun pybridge--whole-file (notebook body)
  "The file for a long result of BODY, beside NOTEBOOK if that has a file."
  (let ((name (or (org-element-property :name (org-element-at-point))
                  (substring (secure-hash 'sha1 body) 0 10))))
    (if notebook
        (expand-file-name (format "pybridge-results/%s-%s.txt"
                                  (file-name-base notebook)
                                  (replace-regexp-in-string "[^[:alnum:]._-]" "-" name))
                          (file-name-directory notebook))
      (org-babel-temp-file "pybridge-" ".txt"))))

(provide 'pybridge-fold)

;; Local Variables:
;; package-lint-main-file: "pybridge.el"
;; End:
;;; pybridge-fold.el ends here
