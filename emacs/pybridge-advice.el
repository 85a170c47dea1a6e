;;; pybridge-advice.el --- Where Org's evaluation turns to a session  -*- lexical-binding: t; -*-

;; Copyright (C) 2026 The pybridge authors

;; SPDX-License-Identifier: MIT

;;; Commentary:

;; What stands around Org's own functions: blocks with a session in a buffer of
;; `pybridge-mode' are ours, all others are Org's.

;;; Code:

(require 'ob)
(require 'ob-exp)
(require 'ob-ref)
(require 'org)
(require 'subr-x)
(require 'pybridge-blocks)
(require 'pybridge-session)
;; Both languages' own evaluation stands behind what is around it here.
(mapc #'require '(ob-clojure ob-python))
(defvar org-babel-clojure-backend)

(defun pybridge--session-of (info params)
  "The name of the session of the block at point or of INFO, with PARAMS, or nil."
  (when-let* (((bound-and-true-p org-babel-pybridge))
              (block (or info (org-babel-get-src-block-info 'light)))
              ((member (car block) '("python" "clojure"))))
    (pybridge--session-name (org-babel-merge-params (nth 2 block) params))))

(defun pybridge--around-execute (execute &optional argument info params &rest more)
  "Call EXECUTE, the evaluation of a block, with ARGUMENT, INFO, PARAMS and MORE."
  (let ((pybridge--executing (pybridge--session-of info params)))
    (apply execute argument info params more)))

(defun pybridge--around-command (command &rest arguments)
  "Call COMMAND, an evaluation of the block at point, with ARGUMENTS."
  (let ((pybridge--executing (pybridge--session-of nil nil)))
    (apply command arguments)))

(defun pybridge--around-parse (parse &rest arguments)
  "Call PARSE, the reader of a `:var', with ARGUMENTS."
  (let ((pybridge--parsing pybridge--executing))
    (apply parse arguments)))

(defun pybridge--around-resolve (resolve reference &rest arguments)
  "Call RESOLVE, which gives the value of REFERENCE, with ARGUMENTS."
  (let ((pybridge--resolving t)
        ;; A slice is one of a table.
        (pybridge--asker (and (not (string-suffix-p "]" reference)) pybridge--parsing))
        (pybridge--parsing nil)
        (pybridge--executing nil))
    (apply resolve reference arguments)))

(defun pybridge--around-python (execute body params)
  "Send BODY with PARAMS to the session, or EXECUTE it as Org would."
  (if (and (bound-and-true-p org-babel-pybridge) (pybridge--session-name params))
      (pybridge--execute "python" body params)
    (funcall execute body params)))

(defun pybridge--around-clojure (execute body params)
  "Send BODY with PARAMS to the session, or EXECUTE it as Org would."
  (if (and (bound-and-true-p org-babel-pybridge) (pybridge--session-name params))
      (pybridge--execute "clojure" body params)
    (funcall execute body params)))

(defun pybridge--around-expand-clojure (expand &rest arguments)
  "Call EXPAND, which writes a Clojure block in full, with ARGUMENTS."
  ;; From Org 9.6 on it asks for a program, also where a block is only tangled, in a buffer of its own.
  (let ((org-babel-clojure-backend (or org-babel-clojure-backend 'clojure-cli)))
    (apply expand arguments)))

(defun pybridge--before-session-buffer (&optional _argument info)
  "Refuse to open a buffer for the session of the block at point, or of INFO."
  (when-let* ((name (pybridge--session-of info nil)))
    (user-error "The session %s takes no code from Org like that: C-c C-c runs a block, C-c C-v z shows a prompt" name)))

(provide 'pybridge-advice)

;; Local Variables:
;; package-lint-main-file: "pybridge.el"
;; End:
;;; pybridge-advice.el ends here
