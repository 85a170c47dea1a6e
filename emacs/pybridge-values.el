;;; pybridge-values.el --- Values between Org and a session  -*- lexical-binding: t; -*-

;; Copyright (C) 2026 The pybridge authors

;; SPDX-License-Identifier: MIT

;;; Commentary:

;; What Org has for a variable, written for a block; what a block gives, as Org
;; wants it: a text, a table, a list, a file.

;;; Code:

(require 'cl-lib)
(require 'json)
(require 'ob)
(require 'org)
(require 'seq)
(require 'subr-x)
(require 'pybridge-files)
(require 'pybridge-session)

(defvar pybridge--kept (make-hash-table :test #'eq :weakness 'key)
  "What Org holds for the value of a block -> the key of the value itself.")

(defvar pybridge--resolving nil
  "Whether Org evaluates a block for its value, as a variable of another.")

(defvar pybridge-longest-result)

(defconst pybridge--pictures '("png" "svg" "pdf")
  "What a figure can be written as, by the end of a file's name.")

(defun pybridge--file (params)
  "The file that PARAMS ask to write, or nil."
  (and (member "file" (cdr (assq :result-params params)))
       (cdr (assq :file params))))

(defun pybridge--file-kind (params)
  "The end of the name of the file to write with PARAMS, or nil."
  (let ((file (pybridge--file params)))
    (and file (downcase (or (file-name-extension file) "")))))

(defun pybridge--literal (language value)
  "Write the Emacs VALUE in LANGUAGE."
  (let ((python (equal language "python")))
    (cond ((memq value '(nil hline)) (if python "None" "nil"))
          ((eq value t) (if python "True" "true"))
          ((numberp value) (number-to-string value))
          ((and (sequencep value) (not (stringp value)))
           (format "[%s]" (mapconcat (lambda (x) (pybridge--literal language x)) value (if python ", " " "))))
          (t (json-encode (substring-no-properties (format "%s" value)))))))

(defun pybridge--key (value)
  "The key of the object that VALUE of a variable stands for, or nil."
  (or (gethash value pybridge--kept)
      ;; Org makes a table of one cell of what is none.
      (and (consp value) (null (cdr value)) (consp (car value)) (null (cdar value))
           (gethash (caar value) pybridge--kept))))

(defun pybridge--handed-over (params)
  "The variables of PARAMS that are objects of the session, each with its key."
  (mapcan (lambda (pair)
            (when-let* ((key (pybridge--key (cdr pair))))
              (list (intern (format ":%s" (car pair))) key)))
          (org-babel--get-vars params)))

(defun pybridge--above (language params)
  "What stands above a block in LANGUAGE, as lines.
That is the prologue and the variables of PARAMS; the objects of the
session among the variables are sent by their keys."
  (let ((assignment (if (equal language "python") "%s = %s" "(def %s %s)"))
        (prologue (cdr (assq :prologue params))))
    (append (and prologue (split-string prologue "\n"))
            (mapcar (lambda (pair)
                      (format assignment (car pair) (pybridge--literal language (cdr pair))))
                    (seq-remove (lambda (pair) (pybridge--key (cdr pair))) (org-babel--get-vars params))))))

(defun pybridge--code (language body params)
  "BODY in LANGUAGE, with the prologue, the variables and the epilogue of PARAMS."
  (string-join
   (delq nil `(,@(pybridge--above language params)
               ,body
               ,(cdr (assq :epilogue params))
               ,(and (not (member "output" (cdr (assq :result-params params))))
                     (cdr (assq :return params)))))
   "\n"))

(defun pybridge--request (job language body)
  "What a session is asked for BODY in LANGUAGE as JOB."
  (let ((params (pybridge--job-params job)))
    (list :language language
          :code (pybridge--code language body params)
          :folder (if (assq :dir params) (expand-file-name default-directory) "")
          :picture (or (car (member (pybridge--file-kind params) pybridge--pictures)) "png")
          :at (pybridge--at)
          :above (length (pybridge--above language params))
          :whole (if (and (not (pybridge--job-keep job)) (pybridge--whole-p params)) t :json-false)
          :pretty (if (member "pp" (cdr (assq :result-params params))) t :json-false)
          :values (pybridge--handed-over params))))

(defun pybridge--whole-p (params)
  "Whether the result of a block with PARAMS must be whole.
Else it is shown only, and of a long value its beginning will do."
  (or pybridge--resolving
      (assq :post params)
      (equal "yes" (cdr (assq :cache params)))
      (seq-difference (cdr (assq :result-params params))
                      '("value" "replace" "silent" "none" "discard"))
      (null pybridge-longest-result)))

(defun pybridge--at ()
  "Say where the block at hand begins.
In an export, whose copy of the buffer has other lines, give \"\"."
  (let ((place (bound-and-true-p org-babel-current-src-block-location)))
    (if (and place (buffer-file-name) (not (bound-and-true-p org-export-current-backend)))
        (format "line %d of %s" (line-number-at-pos place t) (file-name-nondirectory (buffer-file-name)))
      "")))

(defun pybridge--nonempty (text)
  "TEXT, or nil when it is empty."
  (unless (string-empty-p text) text))

(defun pybridge--as-on-a-terminal (text)
  "TEXT without what a carriage return has written over."
  (if (not (string-search "\r" text))
      text
    (mapconcat (lambda (line)
                 (let ((written (string-trim-right line "\r+")))
                   (substring written (1+ (or (cl-position ?\r written :from-end t) -1)))))
               (split-string text "\n") "\n")))

(defun pybridge--cell (value)
  "The JSON VALUE as a table and a variable of Org hold it."
  (pcase value
    (:json-false "false")
    ('t "true")
    ((pred vectorp) (mapcar #'pybridge--cell value))
    (_ value)))

(defun pybridge--plain-p (value)
  "Whether the JSON VALUE is a number, a text or lists of them, as in Org."
  (pcase value
    ((pred vectorp) (seq-every-p (lambda (part) (if (vectorp part) (pybridge--plain-p part) (not (consp part)))) value))
    (_ (or (numberp value) (stringp value)))))

(defun pybridge--rows (value)
  "The JSON VALUE as the rows of a table, or nil when it is none."
  (when (and (vectorp value) (> (length value) 0))
    (let ((rows (pybridge--cell value)))
      (if (seq-every-p #'listp rows)
          (mapcar (lambda (row) (mapcar (lambda (cell) (or cell "")) row)) rows)
        (list rows)))))

(defun pybridge--write-file (evaluation params)
  "Write EVALUATION to the file of PARAMS where only we can.
Return nil when Org is to write the text of the value there."
  (when-let* ((file (pybridge--file params)))
    (let ((images (plist-get evaluation :images))
          (value (plist-get evaluation :value))
          (picture (member (pybridge--file-kind params) pybridge--pictures))
          (only-link (pybridge--only-link-p params)))
      (make-directory (or (file-name-directory file) ".") t)
      (cond ((> (length images) 0) (pybridge--write-picture images picture file))
            ;; The block has written the file itself, and its header or its value says so.
            ((and (file-exists-p file) (or only-link (and (stringp value) (ignore-errors (file-equal-p value file))))))
            ((and picture (or only-link (not (stringp value))))
             (signal 'pybridge-block-failed
                     (list (format "The block gives no figure for %s; its last value is %s" file
                                   (or (pybridge--nonempty (plist-get evaluation :text)) "nothing")))))
            (only-link)))))

(defun pybridge--only-link-p (params)
  "Whether the block of PARAMS writes its file itself, and Org only links to it."
  (seq-intersection '("link" "graphics") (cdr (assq :result-params params))))

(defun pybridge--write-picture (images picture file)
  "Write the first of IMAGES to FILE.
PICTURE is nil when the name of FILE is not that of a picture."
  (unless picture
    (signal 'pybridge-block-failed
            (list (format "A figure is written as .png, .svg or .pdf; got %s" file))))
  (pybridge--write-whole (base64-decode-string (aref images 0)) file 'binary)
  t)

(defun pybridge--result (evaluation params &optional resolving)
  "The result of EVALUATION, of the kind that PARAMS ask for.
RESOLVING says that it is for a variable of another block."
  (let ((kinds (cdr (assq :result-params params)))
        (value (plist-get evaluation :value))
        (table (plist-get evaluation :table)))
    (cond ((member "output" kinds) (pybridge--as-on-a-terminal (plist-get evaluation :output)))
          ((pybridge--write-file evaluation params) nil)
          ((and (member "both" kinds) (not resolving)) (pybridge--both evaluation))
          ((and (stringp value) (not (member "pp" kinds))) value)
          ((pybridge--text-p kinds) (pybridge--text evaluation (or resolving (member "file" kinds))))
          (table (pybridge--named-table (pybridge--rows table) params))
          ((and resolving (pybridge--plain-p value)) (pybridge--cell value))
          ((seq-intersection kinds '("table" "vector"))
           (or (pybridge--rows value) (plist-get evaluation :text)))
          ((and (member "list" kinds) (vectorp value)) (pybridge--cell value))
          (t (pybridge--text evaluation (or resolving (member "file" kinds)))))))

(defun pybridge--text-p (kinds)
  "Whether a result of KINDS is a text and never a table, as Org has it."
  (or (seq-intersection '("verbatim" "scalar" "html" "code" "pp") kinds)
      (and (seq-intersection '("raw" "org" "drawer") kinds)
           (not (member "table" kinds)))))

(defun pybridge--text (evaluation no-output)
  "The text of the value of EVALUATION, or where there is none what it printed.
The latter is not so when NO-OUTPUT is non-nil."
  (let ((text (plist-get evaluation :text)))
    (if (and (string-empty-p text) (not no-output))
        (pybridge--as-on-a-terminal (plist-get evaluation :output))
      text)))

(defun pybridge--both (evaluation)
  "What EVALUATION has printed, and below it the text of its value."
  (let ((printed (string-trim-right (pybridge--as-on-a-terminal (plist-get evaluation :output)) "\n"))
        (value (plist-get evaluation :value)))
    (string-join (delq nil (list (pybridge--nonempty printed)
                                 (pybridge--nonempty (if (stringp value) value (plist-get evaluation :text)))))
                 "\n")))

(defun pybridge--result-or-file (evaluation params)
  "The result of EVALUATION with PARAMS, or its file, written as Org writes it."
  (let ((result (pybridge--result evaluation params))
        (file (pybridge--file params)))
    (cond ((not file) (or result ""))
          (t
           (when (and result (not (pybridge--only-link-p params)))
             (pybridge--write-whole (org-babel-format-result result (cdr (assq :sep params))) file 'utf-8))
           file))))

(defun pybridge--stand-in (evaluation key)
  "The text in place of the value of EVALUATION, kept under KEY."
  ;; Org copies lists, not texts; the text of the value tells a cache that it has changed.
  (let ((held (format "#<value %s>" (plist-get evaluation :text))))
    (puthash held key pybridge--kept)
    held))

(defun pybridge--named-table (rows params)
  "ROWS with the names of columns and rows that PARAMS keep."
  (org-babel-reassemble-table
   rows
   (org-babel-pick-name (cdr (assq :colname-names params)) (cdr (assq :colnames params)))
   (org-babel-pick-name (cdr (assq :rowname-names params)) (cdr (assq :rownames params)))))

(provide 'pybridge-values)

;; Local Variables:
;; package-lint-main-file: "pybridge.el"
;; End:
;;; pybridge-values.el ends here
