;;; pybridge-headers.el --- Header arguments that a session cannot hold  -*- lexical-binding: t; -*-

;; Copyright (C) 2026 The pybridge authors

;; SPDX-License-Identifier: MIT

;;; Commentary:

;; Each header argument of Org is held, or refused by name with what to write.

;;; Code:

(require 'seq)
(require 'pybridge-session)

(defconst pybridge--refusals
  '((:cmdline ("python" "clojure") "a session's process runs already; hand values over with `:var'")
    (:preamble ("python") "a session has no code of its own before the block's; write `:prologue'")
    (:python ("python") "the session's Python is that of the program pybridge; set `pybridge-command'")
    (:return ("clojure") "the value is that of the last form; write it there")
    (:ns ("clojure") "a block is evaluated in the namespace of the session; begin it with (in-ns 'NAME)")
    (:backend ("clojure") "the session evaluates Clojure itself; leave it out")
    (:target ("clojure") "the session evaluates Clojure on the JVM alone; leave it out")
    (:alias ("clojure") "the session's class path is set when it begins; add jars to PYBRIDGE_CLASSPATH")
    (:dir ("clojure") "Java cannot change its working directory; write whole paths, or (io/file FOLDER NAME)"))
  "Header arguments that cannot hold in a session: languages, and why.")

(defun pybridge--check-headers (language params)
  "Raise an error that names what PARAMS of a block in LANGUAGE cannot have."
  (pcase-dolist (`(,argument ,languages ,reason) pybridge--refusals)
    (let ((given (cdr (assq argument params))))
      (when (and given (not (member given '("" "no" "nil"))) (member language languages))
        (signal 'pybridge-block-failed
                (list (format-message "`%s' cannot hold in a %s block with a session: %s"
                                      argument (capitalize language) (format-message reason)))))))
  (let ((folder (cdr (assq :dir params))))
    (cond ((not folder))
          ((file-remote-p default-directory)
           (signal 'pybridge-block-failed
                   (list (format-message "`:dir' names a folder of another machine, %s; the session runs on this one"
                                         folder))))
          ((not (file-directory-p default-directory))
           (signal 'pybridge-block-failed
                   (list (format-message
                          "`:dir' names %s, and there is no such folder; make it, or write `:mkdirp yes'" folder)))))))

(provide 'pybridge-headers)

;; Local Variables:
;; package-lint-main-file: "pybridge.el"
;; End:
;;; pybridge-headers.el ends here
