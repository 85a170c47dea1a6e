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
;; A block that you run leaves Emacs free and streams what it prints into its
;; result; `:async no', a batch Emacs and an export wait for it.  `C-c C-v' and
;; the other keys of Org work as ever, and so do `:var', `:file', `:cache',
;; `:noweb' and `:tangle'.
;;
;; M-x pybridge-interrupt stops the block that runs, M-x pybridge-restart begins
;; the session anew, M-x pybridge-describe tells of a name, M-x pybridge-doctor
;; says what is missing on this machine.

;;; Code:

(require 'cl-lib)
(require 'eldoc)
(require 'json)
(require 'jsonrpc)
(require 'ob)
(require 'ob-clojure)
(require 'ob-python)
(require 'org)
(require 'org-element)
(require 'org-src)
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

(defcustom pybridge-async t
  "Whether a block without `:async' leaves Emacs free while it runs."
  :type 'boolean)

(define-error 'pybridge-block-failed "The block failed")

;;;; The process

(defvar pybridge--sessions (make-hash-table :test #'equal)
  "Name of a session -> its connection.")

(defvar pybridge--jobs (make-hash-table)
  "Number of a block that runs or waits -> its `pybridge--job'.")

(cl-defstruct pybridge--job
  "A block that runs or waits to.
PLACE is an overlay over a block in the background, DEAF whether the
session says that the block does not heed an interrupt, KEEP the key
under which the session is to keep its value."
  number connection place params (printed "") timer deaf keep)

(defvar pybridge--last-job 0
  "The number of the last job.")

(defvar pybridge--resolving nil
  "Whether Org evaluates a block for its value, as a variable of another.")

(defvar pybridge--executing nil
  "The name of the session whose block Org executes, or nil.")

(defvar pybridge--parsing nil
  "The name of the session whose block's `:var' Org reads, or nil.")

(defvar pybridge--asker nil
  "The name of the session whose block takes the value of the next, or nil.")

(defvar pybridge--kept (make-hash-table :test #'eq :weakness 'key)
  "What Org holds for the value of a block -> the key of the value itself.")

(defun pybridge--program ()
  "The pybridge program of this buffer."
  (let ((roots (delq nil (list (bound-and-true-p python-shell-virtualenv-root)
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
  (let* ((command (list (pybridge--program) "session"))
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
    connection))

(defun pybridge--forget (name connection)
  "Forget the CONNECTION called NAME, which has ended."
  (when (eq connection (gethash name pybridge--sessions))
    (remhash name pybridge--sessions)))

(defun pybridge--running (name)
  "The connection of the session NAME, or nil when it is not there."
  (let ((connection (gethash name pybridge--sessions)))
    (and connection (jsonrpc-running-p connection) connection)))

(defun pybridge--connection (name)
  "The connection of the session NAME, started when there is none."
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
       (pybridge--show-soon job))
      ('unresponsive
       (setf (pybridge--job-deaf job) t)
       (message "%s" (pybridge--deaf-line))))))

(defun pybridge--deaf-line ()
  "What to say of a block that does not heed an interrupt."
  (substitute-command-keys
   "The block does not heed the interrupt; \\[pybridge-restart] ends it, and the session's names are lost then"))

;;;; Requests

(defun pybridge--session-name (params)
  "The name of the session that PARAMS ask for, or nil."
  (let ((session (assq :session params)))
    (cond ((member (cdr session) '(nil "")) (and session "default"))
          ((equal (cdr session) "none") nil)
          (t (format "%s" (cdr session))))))

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

(defun pybridge--code (language body params)
  "BODY in LANGUAGE, with the variables, the prologue and the epilogue of PARAMS.
The objects of the session among the variables are sent by their keys."
  (let ((assignment (if (equal language "python") "%s = %s" "(def %s %s)")))
    (string-join
     (delq nil `(,@(mapcar (lambda (pair)
                             (format assignment (car pair) (pybridge--literal language (cdr pair))))
                           (seq-remove (lambda (pair) (pybridge--key (cdr pair)))
                                         (org-babel--get-vars params)))
                 ,(cdr (assq :prologue params))
                 ,body
                 ,(cdr (assq :epilogue params))))
     "\n")))

(defun pybridge--evaluate (job language body success failure)
  "Have the session of JOB evaluate BODY in LANGUAGE.
Call SUCCESS with the evaluation or FAILURE with the error; JOB is over then."
  (let ((number (cl-incf pybridge--last-job))
        (over (lambda (then)
                (lambda (answer)
                  (remhash (pybridge--job-number job) pybridge--jobs)
                  (when (pybridge--job-timer job) (cancel-timer (pybridge--job-timer job)))
                  (with-demoted-errors "pybridge: %S"
                    (funcall then answer))))))
    (setf (pybridge--job-number job) number)
    (puthash number job pybridge--jobs)
    (condition-case nil
        (jsonrpc-async-request
         (pybridge--job-connection job) :evaluate
         (list :language language
               :code (pybridge--code language body (pybridge--job-params job))
               :picture (or (car (member (pybridge--file-kind (pybridge--job-params job)) pybridge--pictures)) "png")
               :token number
               :keep (or (pybridge--job-keep job) "")
               :values (pybridge--handed-over (pybridge--job-params job)))
         :success-fn (funcall over success)
         :error-fn (funcall over failure)
         :timeout nil)
      ;; The process is gone, and Emacs has not noticed yet.
      (error (funcall (funcall over failure) '(:code -1))))))

(defun pybridge--interrupt (connection &optional job)
  "Stop JOB on CONNECTION, or the block under way."
  (jsonrpc-async-request connection :interrupt (and job (list :token (pybridge--job-number job))) :success-fn #'ignore :error-fn #'ignore))

;;;; Results

(defun pybridge--nonempty (text)
  "TEXT, or nil when it is empty."
  (unless (string-empty-p text) text))

(defun pybridge--as-on-a-terminal (text)
  "TEXT without what a carriage return has written over."
  (replace-regexp-in-string "^.*\r\\([^\r\n]\\)" "\\1" (replace-regexp-in-string "\r+$" "" text)))

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
          (picture (member (pybridge--file-kind params) pybridge--pictures)))
      (make-directory (or (file-name-directory file) ".") t)
      (cond ((seq-intersection '("link" "graphics") (cdr (assq :result-params params)))
             (if (> (length images) 0) (pybridge--write-picture images picture file) t))
            ((> (length images) 0) (pybridge--write-picture images picture file))
            ;; The block has written the file itself, and its value says so.
            ((and (stringp value) (file-exists-p file) (file-equal-p value file)))
            ((and picture (not (stringp value)))
             (signal 'pybridge-block-failed
                     (list (format "The block gives no figure for %s; its last value is %s" file
                                   (or (pybridge--nonempty (plist-get evaluation :text)) "nothing")))))))))

(defun pybridge--write-picture (images picture file)
  "Write the first of IMAGES to FILE.
PICTURE is nil when the name of FILE is not that of a picture."
  (unless picture
    (signal 'pybridge-block-failed
            (list (format "A figure is written as .png, .svg or .pdf; got %s" file))))
  (let ((coding-system-for-write 'binary))
    (write-region (base64-decode-string (aref images 0)) nil file nil 'silent))
  t)

(defun pybridge--result (evaluation params &optional resolving)
  "The result of EVALUATION, of the kind that PARAMS ask for.
RESOLVING says that it is for a variable of another block."
  (let ((kinds (cdr (assq :result-params params)))
        (value (plist-get evaluation :value))
        (table (plist-get evaluation :table)))
    (cond ((member "output" kinds) (pybridge--as-on-a-terminal (plist-get evaluation :output)))
          ((pybridge--write-file evaluation params) nil)
          ((stringp value) value)
          ((seq-intersection kinds '("verbatim" "scalar")) (plist-get evaluation :text))
          (table (pybridge--named-table (pybridge--rows table) params))
          ((and resolving (pybridge--plain-p value)) (pybridge--cell value))
          ((seq-intersection kinds '("table" "vector"))
           (or (pybridge--rows value) (plist-get evaluation :text)))
          ((and (member "list" kinds) (vectorp value)) (pybridge--cell value))
          (t (plist-get evaluation :text)))))

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

(defun pybridge--failed (failure job)
  "Show FAILURE of JOB, an error of the protocol, in full.
Return the line for the result."
  (let ((data (plist-get failure :data)))
    (cond (data
           (let ((output (pybridge--nonempty (plist-get data :output))))
             (pybridge--show-backtrace (concat (plist-get data :trace) (and output "\nPrinted before:\n") output)
                                       (equal "KeyboardInterrupt" (plist-get data :type))))
           (string-join (delq nil (list (plist-get data :type) (pybridge--nonempty (plist-get data :message)))) ": "))
          ((eql (plist-get failure :code) -1)
           (let ((said (pybridge--last-words (pybridge--job-connection job))))
             (unless (string-empty-p said) (pybridge--show-backtrace said))
             (format "The session has ended%s; the next block starts a new one"
                     (if (string-empty-p said) "" (concat ", saying: " (car (last (split-string said "\n"))))))))
          (t (plist-get failure :message)))))

(defun pybridge--last-words (connection)
  "What the process of CONNECTION, which has ended, wrote to its standard error."
  (let ((stderr (jsonrpc-stderr-buffer connection)))
    (if (not (buffer-live-p stderr))
        ""
      (let ((pipe (get-buffer-process stderr)))
        (while (and pipe (process-live-p pipe) (accept-process-output pipe 1))))
      (string-trim (replace-regexp-in-string "^Process .* stderr .*$" "" (with-current-buffer stderr (buffer-string)))))))

(defun pybridge--show-backtrace (text &optional expected)
  "Put TEXT into the backtrace buffer, and show it unless EXPECTED."
  (with-current-buffer (get-buffer-create "*pybridge backtrace*")
    (let ((inhibit-read-only t))
      (erase-buffer)
      (insert text))
    (goto-char (point-min))
    (special-mode))
  (unless (or noninteractive expected) (display-buffer "*pybridge backtrace*")))

;;;; Blocks

(defun pybridge--async-p (params)
  "Whether the block at point, with PARAMS, is for the background."
  (let ((asked (assq :async params)))
    (and (not noninteractive)
         (not (bound-and-true-p org-export-current-backend))
         (if asked (not (member (cdr asked) '("no" "nil"))) pybridge-async)
         (not (assq :post params))
         (not pybridge--resolving)
         (eq 'src-block (org-element-type (org-element-at-point))))))

(defun pybridge--execute (language body params)
  "Evaluate BODY in LANGUAGE with PARAMS in its session; return the result."
  (let ((job (make-pybridge--job :connection (pybridge--connection (pybridge--session-name params))
                                 :params params))
        (resolving pybridge--resolving))
    (when (and (equal pybridge--asker (pybridge--session-name params))
               (not (assq :post params))
               (not (pybridge--file params))
               (not (member "output" (cdr (assq :result-params params)))))
      (setf (pybridge--job-keep job) (format "%d" (1+ pybridge--last-job))))
    (if (pybridge--async-p params)
        (pybridge--execute-async job language body)
      (condition-case failed
          (pcase (pybridge--wait job language body)
            (`(done ,evaluation)
             (if (pybridge--job-keep job)
                 (pybridge--stand-in evaluation (pybridge--job-keep job))
               (pybridge--result evaluation params resolving)))
            (`(failed ,failure) (signal 'pybridge-block-failed (list (pybridge--failed failure job)))))
        (pybridge-block-failed
         ;; Org would write the line to the file, keep it as the value of this code, or give it to a variable.
         (if (or noninteractive
                 resolving
                 (bound-and-true-p org-export-current-backend)
                 (pybridge--file params)
                 (equal "yes" (cdr (assq :cache params))))
             (signal (car failed) (cdr failed))
           (cadr failed)))))))

(defun pybridge--wait (job language body)
  "Evaluate BODY in LANGUAGE as JOB and wait; \\[keyboard-quit] interrupts it."
  (let ((answer nil)
        (connection (pybridge--job-connection job)))
    (pybridge--evaluate job language body
                        (lambda (evaluation) (setq answer (list 'done evaluation)))
                        (lambda (failure) (setq answer (list 'failed failure))))
    (let ((inhibit-quit t))
      (while (not (or answer (pybridge--job-deaf job)))
        (unless (with-local-quit (accept-process-output nil 0.05) t)
          (setq quit-flag nil)
          (pybridge--interrupt connection job))))
    (or answer `(failed (:message ,(pybridge--deaf-line))))))

(defun pybridge--show-picture ()
  "Show the picture that the result of the block at point links to."
  (when-let* ((result (org-babel-where-is-src-block-result)))
    (save-excursion
      (goto-char result)
      (forward-line)
      (with-suppressed-warnings ((obsolete org-display-inline-images))
        (org-display-inline-images nil t (point) (line-end-position))))))

(defconst pybridge--run-mark "running …"
  "The last line of a result until its block has ended.")

(defun pybridge--place-at-point ()
  "An overlay over the block at point; it vanishes with the block."
  (let* ((block (org-element-at-point))
         (place (make-overlay (org-element-property :post-affiliated block)
                              (- (org-element-property :end block) (org-element-property :post-blank block))
                              nil t)))
    (overlay-put place 'evaporate t)
    place))

(defun pybridge--execute-async (job language body)
  "Evaluate BODY in LANGUAGE as JOB in the background.
What it prints meanwhile stands in the result."
  (setf (pybridge--job-place job) (pybridge--place-at-point))
  (let ((folder default-directory))
    (pybridge--evaluate
     job language body
     (lambda (evaluation)
       ;; The answer comes in a buffer of the session, which may have begun elsewhere.
       (let ((default-directory folder))
         (condition-case failed
             (pybridge--show job (pybridge--result-or-file evaluation (pybridge--job-params job)) 'done)
           (pybridge-block-failed (pybridge--show job (cadr failed) 'failed))
           (error (pybridge--show job (error-message-string failed) 'failed)))))
     (lambda (failure)
       (pybridge--show job (pybridge--lines (pybridge--shown-of-printed job) (pybridge--failed failure job)) 'failed))))
  (when (equal "yes" (cdr (assq :cache (pybridge--job-params job))))
    (pybridge--show-soon job))
  ;; Org would write the words to the file, and could not take them away where results are raw.
  (cond ((pybridge--file (pybridge--job-params job)) nil)
        ((member "raw" (cdr (assq :result-params (pybridge--job-params job)))) "")
        (t pybridge--run-mark)))

(defun pybridge--result-or-file (evaluation params)
  "The result of EVALUATION with PARAMS, or its file, written as Org writes it."
  (let ((result (pybridge--result evaluation params))
        (file (pybridge--file params)))
    (cond ((not file) (or result ""))
          (t
           (when (and result (not (seq-intersection '("link" "graphics") (cdr (assq :result-params params)))))
             (with-temp-file file
               (insert (org-babel-format-result result (cdr (assq :sep params))))))
           file))))

(defun pybridge--show-soon (job)
  "Show what JOB has printed in its result, a few times a second at most."
  (when (and (pybridge--job-place job) (not (pybridge--job-timer job)))
    (setf (pybridge--job-timer job)
          (run-at-time 0.2 nil (lambda ()
                                 (setf (pybridge--job-timer job) nil)
                                 (pybridge--show job (pybridge--so-far job) 'running))))))

(defconst pybridge--most-shown 5000
  "How many characters of what a block prints are shown until it has ended.")

(defun pybridge--shown-of-printed (job)
  "What JOB has printed until now, or the end of it; nil where that is nothing."
  (let* ((printed (pybridge--job-printed job))
         (cut (- (length printed) pybridge--most-shown))
         (shown (if (> cut 0) (concat "…" (substring printed cut)) printed)))
    (pybridge--nonempty (string-trim-right (pybridge--as-on-a-terminal shown)))))

(defun pybridge--lines (&rest texts)
  "TEXTS below each other, without those that are nil."
  (string-join (delq nil texts) "\n"))

(defun pybridge--so-far (job)
  "What JOB has printed until now, as its result."
  (pybridge--lines (pybridge--shown-of-printed job) pybridge--run-mark))

(defun pybridge--show (job result state)
  "Put RESULT under the block of JOB.
STATE says what it is: `running', `failed' or `done' for the block's value."
  (let* ((place (pybridge--job-place job))
         (buffer (overlay-buffer place))
         (params (pybridge--job-params job))
         (kinds (cdr (assq :result-params params)))
         (cached (equal "yes" (cdr (assq :cache params))))
         (done (eq state 'done)))
    (cond
     ((not buffer)
      (unless (eq state 'running)
        (message "The block that has ended is gone; its result: %s" result)))
     ((seq-intersection '("silent" "none" "discard") kinds)
      (unless (eq state 'running)
        (message "%s" result)))
     (t
      (with-current-buffer buffer
        (save-excursion
          (save-restriction
            (widen)
            (goto-char (overlay-start place))
            (when-let* ((info (org-babel-get-src-block-info 'light)))
              (setf (nth 2 info) params)
              (let ((inhibit-message (not done)))
                ;; Org has put the hash of the code there, which means that this is its value.
                (when (and cached (not done)) (org-babel-remove-result info))
                (org-babel-insert-result
                 result
                 (if done kinds (cl-set-difference kinds '("file" "table" "vector" "list" "raw") :test #'equal))
                 info
                 (and done cached (org-babel-sha1-hash info :eval))
                 (car info)))
              (when done
                (run-hooks 'org-babel-after-execute-hook)
                (when (and (pybridge--file params) (display-graphic-p))
                  (pybridge--show-picture)))))))))
    (unless (eq state 'running)
      (delete-overlay place)
      (force-mode-line-update t))))

;;;; Names

(defun pybridge--block-at-point ()
  "The language and the session of the block that is edited at point, or nil."
  (when-let* ((info (cond ((bound-and-true-p org-src-mode) org-src--babel-info)
                          ((derived-mode-p 'org-mode)
                           (org-babel-get-src-block-info 'light))))
              (name (pybridge--session-name (nth 2 info))))
    (and (member (car info) '("python" "clojure"))
         (list (car info) name))))

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
          (when-let* ((open (nth 1 (syntax-ppss))))
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
             (buffer-local-value 'org-babel-pybridge (marker-buffer org-src--beg-marker)))
    (add-hook 'completion-at-point-functions #'pybridge-complete-at-point nil t)
    (add-hook 'eldoc-documentation-functions #'pybridge-eldoc nil t)
    (eldoc-mode 1)))

;;;; Clojure without clojure-mode

(defconst pybridge--clojure-body
  (rx (or (seq (or "def" "with-" "when" "if") (* (any "a-z-")))
          "binding" "case" "catch" "comment" "cond->" "cond->>" "do" "doseq" "dosync" "dotimes" "doto" "extend-protocol"
          "extend-type" "finally" "fn" "for" "let" "letfn" "locking" "loop" "ns" "proxy" "reify" "testing" "try" "while")
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
           (,(rx "(def" (* (any "a-z-")) (+ space) (group (+ (or word (syntax symbol))))) 1 font-lock-function-name-face)
           (,(rx symbol-start ":" (+ (or word (syntax symbol)))) . font-lock-constant-face)))))

;;;; The mode

;; An export works on a copy of the buffer, which keeps the variables whose names begin with org-.
(defvar-local org-babel-pybridge nil
  "Whether this buffer's blocks go to a pybridge session.")

(defun pybridge--session-of (info params)
  "The name of the session of the block at point or of INFO, with PARAMS, or nil."
  (when-let* ((org-babel-pybridge)
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
  (if (and org-babel-pybridge (pybridge--session-name params))
      (pybridge--execute "python" body params)
    (funcall execute body params)))

(defun pybridge--around-clojure (execute body params)
  "Send BODY with PARAMS to the session, or EXECUTE it as Org would."
  (if (and org-babel-pybridge (pybridge--session-name params))
      (pybridge--execute "clojure" body params)
    (funcall execute body params)))

(defun pybridge--runs-here-p ()
  "Whether a block of this buffer is under way."
  (seq-some (lambda (job)
              (let ((place (pybridge--job-place job)))
                (and place (eq (overlay-buffer place) (current-buffer)))))
            (hash-table-values pybridge--jobs)))

(defun pybridge--lighter ()
  "The mode's name in the mode line, and that a block is under way."
  (if (pybridge--runs-here-p) " pybridge:run" " pybridge"))

(defun pybridge--may-end-emacs-p ()
  "Ask before Emacs ends while a block is under way."
  (or noninteractive
      (zerop (hash-table-count pybridge--jobs))
      (yes-or-no-p "A pybridge block is running; end it, and its session? ")))

(defun pybridge--may-kill-buffer-p ()
  "Ask before this buffer is killed while one of its blocks is under way."
  (or (not (pybridge--runs-here-p))
      (yes-or-no-p "A block of this notebook is running, and its result will be lost; kill the buffer? ")))

(defun pybridge--ask-before-revert ()
  "Ask before this buffer is read anew while one of its blocks is under way."
  (unless (or (not (pybridge--runs-here-p))
              (yes-or-no-p "A block of this notebook is running, and its result will be lost; revert the buffer? "))
    (user-error "The buffer stays as it is")))

;;;###autoload
(define-minor-mode pybridge-mode
  "Evaluate this Org buffer's Python and Clojure blocks in one pybridge session.
Blocks without a `:session' are evaluated as Org would."
  :lighter (:eval (pybridge--lighter))
  (setq org-babel-pybridge pybridge-mode)
  (cond (pybridge-mode
         (unless (or (fboundp 'clojure-mode) (assoc "clojure" org-src-lang-modes))
           (push '("clojure" . pybridge-clojure) org-src-lang-modes))
         (advice-add 'org-babel-execute:python :around #'pybridge--around-python)
         (advice-add 'org-babel-execute:clojure :around #'pybridge--around-clojure)
         (advice-add 'org-babel-execute-src-block :around #'pybridge--around-execute)
         ;; Both give the evaluation a block whose variables they have read.
         (advice-add 'org-ctrl-c-ctrl-c :around #'pybridge--around-command)
         (advice-add 'org-babel-exp-src-block :around #'pybridge--around-command)
         (advice-add 'org-babel-ref-parse :around #'pybridge--around-parse)
         (advice-add 'org-babel-ref-resolve :around #'pybridge--around-resolve)
         (add-hook 'org-src-mode-hook #'pybridge--edit)
         (add-hook 'kill-emacs-query-functions #'pybridge--may-end-emacs-p)
         (add-hook 'kill-buffer-query-functions #'pybridge--may-kill-buffer-p nil t)
         (add-hook 'before-revert-hook #'pybridge--ask-before-revert nil t)
         (add-hook 'completion-at-point-functions #'pybridge-complete-at-point nil t)
         (add-hook 'eldoc-documentation-functions #'pybridge-eldoc nil t))
        (t
         (remove-hook 'kill-buffer-query-functions #'pybridge--may-kill-buffer-p t)
         (remove-hook 'before-revert-hook #'pybridge--ask-before-revert t)
         (remove-hook 'completion-at-point-functions #'pybridge-complete-at-point t)
         (remove-hook 'eldoc-documentation-functions #'pybridge-eldoc t))))

(defun pybridge--current-name ()
  "The name of the session at point, or of the only one there is."
  (or (cadr (pybridge--block-at-point))
      (and (= 1 (hash-table-count pybridge--sessions))
           (car (hash-table-keys pybridge--sessions)))
      (completing-read "Session: " (or (hash-table-keys pybridge--sessions)
                                       (user-error "No pybridge session runs"))
                       nil t)))

;;;###autoload
(defun pybridge-interrupt ()
  "Stop the block that is under way in the session at point.
When it has not heeded an interrupt before, offer to restart the session."
  (interactive)
  (let ((connection (or (pybridge--running (pybridge--current-name))
                        (user-error "No pybridge session runs"))))
    (if (and (seq-some (lambda (job)
                         (and (eq connection (pybridge--job-connection job)) (pybridge--job-deaf job)))
                       (hash-table-values pybridge--jobs))
             (y-or-n-p "The block does not heed interrupts; restart the session and lose its names? "))
        (pybridge-restart)
      (pybridge--interrupt connection))))

;;;###autoload
(defun pybridge-restart ()
  "End the session at point, whatever it does, and start it anew."
  (interactive)
  (let* ((name (pybridge--current-name))
         (connection (pybridge--running name)))
    (when connection (jsonrpc-shutdown connection t))
    (pybridge--start name)
    (message "The session %s is new" name)))

;;;###autoload
(defun pybridge-doctor ()
  "Show what there is and what is missing on this machine."
  (interactive)
  (let ((program (pybridge--program)))
    (with-current-buffer (get-buffer-create "*pybridge doctor*")
      (let ((inhibit-read-only t))
        (erase-buffer))
      (special-mode)
      (make-process :name "pybridge doctor" :command (list program "doctor")
                    :buffer (current-buffer) :connection-type 'pipe :noquery t
                    :sentinel #'ignore)
      (pop-to-buffer (current-buffer)))))

(provide 'ob-pybridge)
;;; ob-pybridge.el ends here
