;;; ob-pybridge.el --- pybridge by the name of Org's backends  -*- lexical-binding: t; -*-

;; Copyright (C) 2026 The pybridge authors

;; SPDX-License-Identifier: MIT

;;; Commentary:

;; Org calls what evaluates its blocks ob-LANGUAGE; init files may ask for pybridge by such a name.

;;; Code:

;; A file that is loaded by its path finds the one beside it.
(eval-and-compile
  (let ((load-path (cons (file-name-directory (macroexp-file-name)) load-path)))
    (require 'pybridge)))

(provide 'ob-pybridge)

;; Local Variables:
;; package-lint-main-file: "pybridge.el"
;; End:
;;; ob-pybridge.el ends here
