;;; ob-pybridge.el --- Python and Clojure Org blocks in one live session  -*- lexical-binding: t; -*-

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
;;   (require 'ob-pybridge)
;;   (add-hook 'org-mode-hook #'pybridge-mode)
;;
;; A block with `:async yes' leaves Emacs free while it runs, and streams what
;; it prints into its result.  \\[pybridge-interrupt] stops a block,
;; \\[pybridge-restart] begins the session anew.

;;; Code:

(require 'jsonrpc)
(require 'ob)
(require 'ob-clojure)
(require 'ob-python)
(require 'subr-x)

(defgroup pybridge nil
  "Python and Clojure in one session."
  :group 'org-babel
  :prefix "pybridge-")

(defcustom pybridge-command nil
  "The pybridge program, or nil to find it.
It is looked for in the virtual environment that is active (`pyvenv',
VIRTUAL_ENV), in a folder .venv above the file, and on PATH."
  :type '(choice (const :tag "Find it" nil) file))

(defvar pybridge--sessions (make-hash-table :test #'equal)
  "Name of a session -> its connection.")

(defvar pybridge--output nil
  "What the running block of each connection has printed: an alist.")

(defvar pybridge--watchers nil
  "Functions that take each new output of a connection: an alist.")

(define-error 'pybridge-block-failed "The block failed")

;;;; The process

(defun pybridge--program ()
  "The pybridge program of this buffer."
  (let* ((roots (delq nil (list (bound-and-true-p python-shell-virtualenv-root)
                                (bound-and-true-p pyvenv-virtual-env)
                                (getenv "VIRTUAL_ENV")
                                (when-let ((above (locate-dominating-file default-directory ".venv")))
                                  (expand-file-name ".venv" above)))))
         (found (seq-find #'file-executable-p
                          (mapcar (lambda (root) (expand-file-name "bin/pybridge" root)) roots))))
    (or pybridge-command
        found
        (executable-find "pybridge")
        (user-error "There is no pybridge in the virtual environment, in .venv or on PATH; set `pybridge-command'"))))

(defun pybridge--start (name)
  "Start the session NAME and return its connection."
  (let* ((command (list (pybridge--program) "session"))
         (connection
          (make-instance
           'jsonrpc-process-connection
           :name (format "pybridge %s" name)
           :process (lambda ()
                      (make-process :name (format "pybridge %s" name)
                                    :command command
                                    :connection-type 'pipe
                                    :coding 'utf-8-emacs-unix
                                    :noquery t
                                    :stderr (get-buffer-create (format "*pybridge %s stderr*" name))))
           :notification-dispatcher #'pybridge--notified
           :on-shutdown (lambda (gone) (pybridge--forget name gone)))))
    (puthash name connection pybridge--sessions)
    (jsonrpc-request connection :initialize (list :client "Emacs") :timeout 120)
    connection))

(defun pybridge--forget (name connection)
  "Forget the CONNECTION called NAME, which has ended."
  (when (eq connection (gethash name pybridge--sessions))
    (remhash name pybridge--sessions)))

(defun pybridge--connection (name)
  "The connection of the session NAME, started when there is none."
  (let ((connection (gethash name pybridge--sessions)))
    (if (and connection (jsonrpc-running-p connection))
        connection
      (pybridge--start name))))

(defun pybridge--notified (connection method params)
  "Take the notification METHOD with PARAMS from CONNECTION."
  (when (eq method 'output)
    (let ((text (plist-get params :text)))
      (setf (alist-get connection pybridge--output)
            (concat (alist-get connection pybridge--output) text))
      (when-let ((watcher (alist-get connection pybridge--watchers)))
        (funcall watcher text)))))

;;;; Blocks

(defun pybridge--session-name (params)
  "The name of the session that PARAMS ask for, or nil."
  (let ((name (cdr (assq :session params))))
    (cond ((member name '("none" nil)) nil)
          ((equal name "") "default")
          (t (format "%s" name)))))

(defun pybridge--literal (language value)
  "Write the Emacs VALUE in LANGUAGE."
  (cond ((eq value 'hline) (if (equal language "python") "None" "nil"))
        ((null value) (if (equal language "python") "None" "nil"))
        ((eq value t) (if (equal language "python") "True" "true"))
        ((listp value)
         (concat "["
                 (mapconcat (lambda (x) (pybridge--literal language x)) value
                            (if (equal language "python") ", " " "))
                 "]"))
        ((numberp value) (number-to-string value))
        (t (json-serialize (substring-no-properties (format "%s" value))))))

(defun pybridge--assignments (language params)
  "The lines that give LANGUAGE the variables of PARAMS."
  (mapconcat (lambda (pair)
               (format (if (equal language "python") "%s = %s\n" "(def %s %s)\n")
                       (car pair) (pybridge--literal language (cdr pair))))
             (org-babel--get-vars params)
             ""))

(defun pybridge--request-of (language body params)
  "The evaluate request of BODY in LANGUAGE with PARAMS."
  (list :language language
        :code (concat (pybridge--assignments language params)
                      (cdr (assq :prologue params))
                      (and (assq :prologue params) "\n")
                      body
                      (and (assq :epilogue params) "\n")
                      (cdr (assq :epilogue params)))))

(defun pybridge--rows (table)
  "The rows of TABLE, a vector of vectors, as Org writes them."
  (mapcar (lambda (row)
            (mapcar (lambda (cell) (pcase cell (:json-false "false") ('nil "") ('t "true") (_ cell)))
                    row))
          table))

(defun pybridge--save-image (evaluation params)
  "Write the picture of EVALUATION to the file of PARAMS and return its name."
  (let ((file (cdr (assq :file params)))
        (images (plist-get evaluation :images)))
    (when (and file (> (length images) 0))
      (make-directory (or (file-name-directory file) ".") t)
      (let ((coding-system-for-write 'binary))
        (write-region (base64-decode-string (aref images 0)) nil file nil 'silent))
      file)))

(defun pybridge--result (evaluation params)
  "What Org inserts for EVALUATION under PARAMS."
  (let ((kinds (cdr (assq :result-params params))))
    (cond ((member "output" kinds) (plist-get evaluation :output))
          ((pybridge--save-image evaluation params) nil)
          ((and (plist-get evaluation :table)
                (not (seq-intersection kinds '("verbatim" "scalar"))))
           (pybridge--rows (plist-get evaluation :table)))
          (t (plist-get evaluation :text)))))

(defun pybridge--show-failure (data)
  "Show the DATA of a failed block in full; return one line for the result."
  (with-current-buffer (get-buffer-create "*pybridge backtrace*")
    (let ((inhibit-read-only t))
      (erase-buffer)
      (insert (or (plist-get data :output) "") (or (plist-get data :trace) "")))
    (goto-char (point-min))
    (special-mode))
  (unless noninteractive (display-buffer "*pybridge backtrace*"))
  (let ((message (plist-get data :message)))
    (if (string-empty-p message)
        (plist-get data :type)
      (format "%s: %s" (plist-get data :type) message))))

(defun pybridge--wait (connection request)
  "Evaluate REQUEST on CONNECTION and wait; \\[keyboard-quit] interrupts the block."
  (let ((answer nil))
    (jsonrpc-async-request connection :evaluate request
                           :success-fn (lambda (result) (setq answer (list 'done result)))
                           :error-fn (lambda (failure) (setq answer (list 'failed failure)))
                           :timeout nil)
    (let ((inhibit-quit t))
      (while (and (not answer) (jsonrpc-running-p connection))
        (unless (with-local-quit (accept-process-output nil 0.05) t)
          (setq quit-flag nil)
          (jsonrpc-async-request connection :interrupt nil))))
    (or answer (list 'failed (list :message "The session has ended; evaluate again to start a new one")))))

(defun pybridge--failed (failure)
  "The line that stands in the result for FAILURE, an error of the protocol."
  (let ((data (plist-get failure :data)))
    (if data (pybridge--show-failure data) (plist-get failure :message))))

(defun pybridge--execute (language body params)
  "Evaluate BODY in LANGUAGE with PARAMS in its session; return the result."
  (let* ((connection (pybridge--connection (pybridge--session-name params)))
         (request (pybridge--request-of language body params)))
    (setf (alist-get connection pybridge--output) "")
    (if (and (member (cdr (assq :async params)) '("yes" "t" ""))
             (not noninteractive)
             (not (bound-and-true-p org-export-current-backend)))
        (pybridge--execute-async connection request params)
      (pcase (pybridge--wait connection request)
        (`(done ,evaluation) (pybridge--result evaluation params))
        (`(failed ,failure)
         (let ((line (pybridge--failed failure)))
           (if noninteractive (signal 'pybridge-block-failed (list line)) line)))))))

(defun pybridge--execute-async (connection request params)
  "Evaluate REQUEST on CONNECTION in the background, its result as PARAMS ask.
What it prints meanwhile stands in the result."
  (let* ((place (copy-marker (or org-babel-current-src-block-location (point))))
         (printed "")
         (show (lambda (result)
                 (when (buffer-live-p (marker-buffer place))
                   (with-current-buffer (marker-buffer place)
                     (save-excursion
                       (goto-char place)
                       (let ((info (org-babel-get-src-block-info 'light)))
                         (org-babel-insert-result
                          result (cdr (assq :result-params params)) info nil (car info)))))))))
    (setf (alist-get connection pybridge--watchers)
          (lambda (text)
            (setq printed (concat printed text))
            (funcall show printed)))
    (jsonrpc-async-request
     connection :evaluate request
     :success-fn (lambda (evaluation)
                   (setf (alist-get connection pybridge--watchers nil t) nil)
                   (let ((result (pybridge--result evaluation params)))
                     (funcall show (or result ""))))
     :error-fn (lambda (failure)
                 (setf (alist-get connection pybridge--watchers nil t) nil)
                 (funcall show (pybridge--failed failure)))
     :timeout nil)
    "running …"))

;;;; The mode

(defun pybridge--around-python (execute body params)
  "Send BODY with PARAMS to the session, or EXECUTE it as Org would."
  (if (and (bound-and-true-p pybridge-mode) (pybridge--session-name params))
      (pybridge--execute "python" body params)
    (funcall execute body params)))

(defun pybridge--around-clojure (execute body params)
  "Send BODY with PARAMS to the session, or EXECUTE it as Org would."
  (if (and (bound-and-true-p pybridge-mode) (pybridge--session-name params))
      (pybridge--execute "clojure" body params)
    (funcall execute body params)))

;;;###autoload
(define-minor-mode pybridge-mode
  "Evaluate this Org buffer's Python and Clojure blocks in one pybridge session.
Blocks without a `:session' are evaluated as Org would."
  :lighter " pybridge"
  (when pybridge-mode
    (advice-add 'org-babel-execute:python :around #'pybridge--around-python)
    (advice-add 'org-babel-execute:clojure :around #'pybridge--around-clojure)))

(defun pybridge--current-name ()
  "The name of the session at point, or the one that runs."
  (or (when-let ((info (and (derived-mode-p 'org-mode) (org-babel-get-src-block-info 'light))))
        (pybridge--session-name (nth 2 info)))
      (car (hash-table-keys pybridge--sessions))
      (user-error "No pybridge session runs")))

;;;###autoload
(defun pybridge-interrupt ()
  "Stop the block that the session at point runs."
  (interactive)
  (let ((connection (gethash (pybridge--current-name) pybridge--sessions)))
    (unless connection (user-error "No pybridge session runs"))
    (jsonrpc-async-request connection :interrupt nil)))

;;;###autoload
(defun pybridge-restart ()
  "End the session at point and start it anew, with nothing defined."
  (interactive)
  (let* ((name (pybridge--current-name))
         (connection (gethash name pybridge--sessions)))
    (when connection
      (let ((process (jsonrpc--process connection)))
        (remhash name pybridge--sessions)
        (delete-process process)))
    (pybridge--start name)
    (message "The session %s is new" name)))

;;;###autoload
(defun pybridge-doctor ()
  "Show what pybridge finds on this machine."
  (interactive)
  (let ((program (pybridge--program)))
    (with-current-buffer (get-buffer-create "*pybridge doctor*")
      (let ((inhibit-read-only t))
        (erase-buffer)
        (call-process program nil t nil "doctor"))
      (goto-char (point-min))
      (special-mode)
      (pop-to-buffer (current-buffer)))))

(provide 'ob-pybridge)
;;; ob-pybridge.el ends here
