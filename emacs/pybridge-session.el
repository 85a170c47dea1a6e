;;; pybridge-session.el --- Processes that evaluate blocks of Org  -*- lexical-binding: t; -*-

;; Copyright (C) 2026 The pybridge authors

;; SPDX-License-Identifier: MIT

;;; Commentary:

;; Each session is a process of its own, "pybridge session", asked over JSON-RPC.  A job
;; is a block that runs there or waits for its turn.

;;; Code:

(require 'cl-lib)
(require 'jsonrpc)
(require 'seq)
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

;; Non-nil in a buffer whose blocks go to a session.  An export works on a copy of the buffer, which
;; keeps the local variables whose names begin with org-, and no others: hence this name.
(defvar org-babel-pybridge)

(define-error 'pybridge-block-failed "The block failed")

(defvar pybridge--sessions (make-hash-table :test #'equal)
  "Name of a session -> its connection.")

(defvar pybridge--lost (make-hash-table :test #'equal)
  "Name of a session that has ended while no block ran -> its connection.")

(defvar pybridge--defined (make-hash-table :test #'eq :weakness 'key)
  "A connection -> what its last answer says that blocks have defined.")

(defvar-local pybridge--used nil
  "The names of the sessions that this buffer's blocks have asked for.")

(defvar pybridge--jobs (make-hash-table)
  "Number of a block that runs or waits -> its `pybridge--job'.")

(cl-defstruct pybridge--job
  "A block that runs or waits to.
PLACE is an overlay over a block in the background, DEAF non-nil once the
session has told that the block does not heed an interrupt, KEEP the key
under which the session is to keep its value, HEARD a function of the
job that is called when it has printed more, AFTER a function that is
called when all of it is over."
  number connection place params (printed "") timer deaf keep heard after)

(defvar pybridge--last-job 0
  "The number of the last job.")

(defun pybridge--local-folder ()
  "The folder of this buffer, or the home folder where that is on another machine."
  ;; Sessions run on this one; looking for their program on the other would open a connection.
  (if (file-remote-p default-directory) (expand-file-name "~/") default-directory))

(defun pybridge--program ()
  "The pybridge program of this buffer."
  (let* ((default-directory (pybridge--local-folder))
         (roots (delq nil (list (bound-and-true-p python-shell-virtualenv-root)
                                (bound-and-true-p pyvenv-virtual-env)
                                (getenv "VIRTUAL_ENV")
                                (when-let* ((above (locate-dominating-file default-directory ".venv")))
                                  (expand-file-name ".venv" above))))))
    (or pybridge-command
        (seq-find #'file-executable-p
                  (mapcar (lambda (root) (expand-file-name "bin/pybridge" root)) roots))
        (executable-find "pybridge")
        (user-error "There is no pybridge in the virtual environment, in .venv or on PATH; set `pybridge-command'"))))

(defun pybridge--start (name)
  "Start the session NAME and return its connection."
  (let* ((default-directory (pybridge--local-folder))
         (command (list (pybridge--program) "session"))
         (full-name (format "pybridge %s" name))
         (start (lambda ()
                  (make-process :name full-name
                                :command command
                                :connection-type 'pipe
                                :coding 'utf-8-emacs-unix
                                :noquery t
                                :stderr (get-buffer-create (format "*%s stderr*" full-name)))))
         ;; A log of all messages would hold every picture and every output.
         (no-log (if (< emacs-major-version 30)
                     '(:events-buffer-scrollback-size 0)
                   '(:events-buffer-config (:size 0))))
         (connection (apply #'make-instance 'jsonrpc-process-connection
                            :name full-name
                            :process start
                            :notification-dispatcher #'pybridge--notified
                            :on-shutdown (lambda (gone) (pybridge--forget name gone))
                            no-log)))
    (puthash name connection pybridge--sessions)
    (remhash name pybridge--lost)
    (force-mode-line-update t)
    (jsonrpc-async-request connection :initialize (list :client (format "Emacs, session %s" name))
                           :success-fn #'ignore :error-fn #'ignore :timeout nil)
    connection))

(defun pybridge--forget (name connection)
  "Forget the CONNECTION called NAME, which has ended.
Where it was ours until now, and no block was there to tell, tell it."
  (when (eq connection (gethash name pybridge--sessions))
    (remhash name pybridge--sessions)
    (unless (pybridge--busy-p connection)
      (puthash name connection pybridge--lost)
      (force-mode-line-update t)
      (message "%s%s" (pybridge--lost-line name)
               (let ((said (pybridge--last-words connection)))
                 (if (string-empty-p said) "" (concat "; it said: " (car (last (split-string said "\n"))))))))))

(defun pybridge--lost-line (name)
  "What to say of the session NAME, which has ended while no block ran."
  (format "The session %s has ended; %s" name
          (or (pybridge--lost-names (gethash name pybridge--lost))
              "its blocks had defined no names")))

(defun pybridge--lost-names (connection)
  "Say which names are lost with CONNECTION, or return nil where there are none."
  (let* ((defined (gethash connection pybridge--defined))
         (parts (mapcar (lambda (language)
                          (when-let* ((ones (seq-filter (lambda (one) (equal language (plist-get one :language)))
                                                        (plist-get defined :names))))
                            (format "%s (%s)" (mapconcat (lambda (one) (plist-get one :name)) ones ", ")
                                    (capitalize language))))
                        '("python" "clojure"))))
    (when-let* ((names (delq nil parts))
                (more (plist-get defined :more)))
      (concat "lost: " (string-join names ", ") (unless (zerop more) (format " and %d more" more))))))

(defun pybridge--end (name)
  "End the session NAME, if there is one, and lose its names."
  (let ((connection (gethash name pybridge--sessions)))
    (remhash name pybridge--sessions)
    (remhash name pybridge--lost)
    (when (and connection (jsonrpc-running-p connection))
      ;; Otherwise it is given a moment to end, and newer Emacsen warn that it did not.
      (delete-process (jsonrpc--process connection))
      (jsonrpc-shutdown connection t))))

(defun pybridge--running (name)
  "The connection of the session NAME, or nil when it is not there."
  (let ((connection (gethash name pybridge--sessions)))
    (and connection (jsonrpc-running-p connection) connection)))

(defun pybridge--connection (name)
  "The connection of the session NAME, started when there is none.
Ask before one is started in place of one that has ended by itself."
  (when (and (gethash name pybridge--sessions) (not (pybridge--running name)))
    (puthash name (gethash name pybridge--sessions) pybridge--lost)) ; which Emacs has not noticed yet
  (when (gethash name pybridge--lost)
    (unless (and (not noninteractive)
                 (y-or-n-p (concat (pybridge--lost-line name) "; start it anew? ")))
      (signal 'pybridge-block-failed
              (list (substitute-command-keys
                     (concat (pybridge--lost-line name) "; \\[pybridge-restart] starts it anew"))))))
  (or (pybridge--running name) (pybridge--start name)))

(defun pybridge--busy-p (connection)
  "Whether CONNECTION has a block under way."
  (seq-some (lambda (job) (eq connection (pybridge--job-connection job)))
            (hash-table-values pybridge--jobs)))

(defun pybridge--notified (_connection method params)
  "Take the notification METHOD with PARAMS, which is about a block."
  (when-let* ((job (gethash (plist-get params :token) pybridge--jobs)))
    (pcase method
      ('output
       (setf (pybridge--job-printed job)
             (concat (pybridge--job-printed job) (plist-get params :text)))
       (when (pybridge--job-heard job) (funcall (pybridge--job-heard job) job)))
      ('input (run-at-time 0 nil #'pybridge--reply job))
      ('unresponsive
       (setf (pybridge--job-deaf job) t)
       (message "%s" (pybridge--deaf-line))))))

(defun pybridge--reply (job)
  "Read the line that the block of JOB asks for; \\[keyboard-quit] interrupts the block instead."
  (let ((connection (pybridge--job-connection job))
        (asked (car (last (split-string (pybridge--job-printed job) "\n")))))
    (condition-case nil
        (let ((line (concat (read-string (if (string-empty-p asked) "Input: " asked)) "\n")))
          (setf (pybridge--job-printed job) (concat (pybridge--job-printed job) line)) ; as a terminal echoes it
          (jsonrpc-async-request connection :reply
                                 (list :token (pybridge--job-number job) :text line)
                                 :success-fn #'ignore :error-fn #'ignore))
      (quit (pybridge--interrupt connection job)))))

(defun pybridge--deaf-line ()
  "What to say of a block that does not heed an interrupt."
  (substitute-command-keys
   (concat "The block does not heed the interrupt; \\[pybridge-restart] ends it, "
           "and the session's names are lost then")))

(defun pybridge--session-name (params)
  "The name of the session that PARAMS ask for, or nil."
  (let ((session (assq :session params)))
    (cond ((member (cdr session) '(nil "")) (and session "default"))
          ((equal (cdr session) "none") nil)
          (t (format "%s" (cdr session))))))

(defun pybridge--evaluate (job request success failure)
  "Send REQUEST, of one evaluation, to the session of JOB.
Call SUCCESS with the evaluation or FAILURE with the error; JOB is over then."
  (let ((number (cl-incf pybridge--last-job))
        (over (lambda (then)
                (lambda (answer)
                  (remhash (pybridge--job-number job) pybridge--jobs)
                  (when (pybridge--job-timer job) (cancel-timer (pybridge--job-timer job)))
                  (when-let* ((defined (plist-get (or (plist-get answer :data) answer) :defined)))
                    (puthash (pybridge--job-connection job) defined pybridge--defined))
                  (when (eql (plist-get answer :code) -1)
                    (pybridge--told-of-end (pybridge--job-connection job)))
                  (with-demoted-errors "pybridge: %S"
                    (funcall then answer))
                  (when (pybridge--job-after job) (funcall (pybridge--job-after job)))))))
    (setf (pybridge--job-number job) number)
    (puthash number job pybridge--jobs)
    (condition-case nil
        (jsonrpc-async-request
         (pybridge--job-connection job) :evaluate
         `(,@request :token ,number :keep ,(or (pybridge--job-keep job) "")
                     :input ,(if noninteractive :json-false t))
         :success-fn (funcall over success)
         :error-fn (funcall over failure)
         :timeout nil)
      ;; The process is gone, and Emacs has not noticed yet.
      (error (funcall (funcall over failure) '(:code -1))))))

(defun pybridge--told-of-end (connection)
  "Forget CONNECTION, whose end the result of a block mentions."
  (maphash (lambda (name one) (when (eq one connection) (remhash name pybridge--sessions)))
           pybridge--sessions))

(defun pybridge--interrupt (connection &optional job)
  "Stop JOB on CONNECTION, or the block under way."
  (jsonrpc-async-request connection :interrupt (and job (list :token (pybridge--job-number job)))
                         :success-fn #'ignore :error-fn #'ignore))

(defun pybridge--last-words (connection)
  "What the process of CONNECTION, which has ended, wrote to its standard error."
  (let ((stderr (jsonrpc-stderr-buffer connection)))
    (if (not (buffer-live-p stderr))
        ""
      (let ((pipe (get-buffer-process stderr)))
        (while (and pipe (process-live-p pipe) (accept-process-output pipe 1))))
      (string-trim (replace-regexp-in-string "^Process .* stderr .*$" ""
                                             (with-current-buffer stderr (buffer-string)))))))

(provide 'pybridge-session)

;; Local Variables:
;; package-lint-main-file: "pybridge.el"
;; End:
;;; pybridge-session.el ends here
