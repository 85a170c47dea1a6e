;;; pybridge-sessions-tests.el --- Sessions, from their start to their end  -*- lexical-binding: t; -*-

;; SPDX-License-Identifier: MIT

;;; Commentary:

;; See pybridge-tests.el.

;;; Code:

(require 'pybridge-tests)

(ert-deftest pybridge-a-session-without-a-name ()
  (pybridge-tests-with "#+begin_src python :session\n'clj' in globals()\n#+end_src\n"
    (org-babel-execute-src-block)
    (should (equal (pybridge-tests-results) ": True")))
  (pybridge--end "default"))

(ert-deftest pybridge-two-sessions-share-nothing ()
  (pybridge-tests-run "python" "only_here = 1")
  (pybridge-tests-with "#+begin_src python :session other\n'only_here' in globals()\n#+end_src\n"
    (org-babel-execute-src-block)
    (should (equal (pybridge-tests-results) ": False")))
  (pybridge--end "other"))

(ert-deftest pybridge-an-error-is-shown-in-full ()
  (let ((signalled (should-error (pybridge-tests-run "clojure" "(defn f [] (throw (ex-info \"bad\" {})))\n(println :on)\n(f)")
                                 :type 'pybridge-block-failed)))
    (should (equal (cadr signalled) "ExceptionInfo: bad")))
  (with-current-buffer "*pybridge backtrace*"
    (should (string-match-p "user\\$f\\(.\\|\n\\)*\n\nPrinted before:\n:on\n\\'" (buffer-string)))
    (should buffer-read-only)))

(ert-deftest pybridge-an-error-counts-the-lines-of-the-block-alone ()
  (dolist (header '("" ":var x=1 :var y=2" ":prologue \"1\\n2\\n3\"" ":var x=1 :prologue \"1\" :var z=\"a\""))
    (pcase-dolist (`(,language . ,code) '(("python" . "2\n3\n1 / 0\n4") ("clojure" . "2\n3\n(/ 1 0)\n4")
                                          ("python" . "2\n3\n(1 +") ("clojure" . "2\n3\n(nowhere)")
                                          ("python" . "def f(): 1 / 0\n2\nf()")))
      (should-error (pybridge-tests-run language code header) :type 'pybridge-block-failed)
      (with-current-buffer "*pybridge backtrace*"
        (should (string-match "line 3.*\n    \\(.*\\)" (buffer-string)))
        (should (equal (match-string 1 (buffer-string)) (nth 2 (split-string code "\n"))))))))

(ert-deftest pybridge-an-error-without-a-trace-takes-the-place-of-the-last ()
  (pybridge--end "tests")
  (should-error (pybridge-tests-run "python" "1 / 0"))
  (should-error (pybridge-tests-run "python" "import os\nos._exit(3)"))
  (with-current-buffer "*pybridge backtrace*"
    (should (equal (buffer-string) "The session has ended; the next block starts a new one"))))

(ert-deftest pybridge-a-dead-session-is-started-anew ()
  (pybridge--end "tests")
  (should (equal (cadr (should-error (pybridge-tests-run "python" "import os\nos._exit(3)")))
                 "The session has ended; the next block starts a new one"))
  (should (equal (pybridge-tests-run "python" "1") ": 1")))

(ert-deftest pybridge-a-session-that-is-lost-says-what-was-lost ()
  (pybridge--end "tests")
  (pybridge-tests-run "python" "import re\nx = 1\ndef model(): pass")
  (pybridge-tests-run "clojure" "(def train 1)")
  (ignore-errors (pybridge-tests-run "python" "y = 2\n1 / 0"))
  (should (equal (cadr (should-error (pybridge-tests-run "python" "import os\nlate = 3\nos._exit(3)")))
                 (concat "The session has ended; lost: x, model, y (Python), train (Clojure); "
                         "the next block starts a new one")))
  (pybridge-tests-run "python" "for i in range(40): globals()[f'v{i}'] = i")
  (should (equal (cadr (should-error (pybridge-tests-run "python" "import os\nos._exit(3)")))
                 (concat "The session has ended; lost: "
                         (mapconcat (lambda (n) (format "v%d" n)) (number-sequence 28 39) ", ")
                         " (Python) and 29 more; the next block starts a new one"))))

(ert-deftest pybridge-a-session-ends-at-once-and-without-a-warning ()
  (pybridge-tests-run "python" "1")
  (pybridge--end "tests")
  (should-not (string-match-p "Sentinel" (with-current-buffer "*Messages*" (buffer-string)))))

(ert-deftest pybridge-restart-forgets ()
  (pybridge-tests-run "python" "x = 1")
  (pybridge-tests-with (pybridge-tests-block "python" "'x' in globals()")
    (pybridge-restart)
    (org-babel-execute-src-block)
    (should (equal (pybridge-tests-results) ": False"))))

(ert-deftest pybridge-a-block-that-heeds-no-interrupt-ends-with-a-restart ()
  (pybridge--end "tests")
  (pybridge-tests-with ""
    (pybridge-tests-free
     (pybridge-tests-running "python" "import signal, time
signal.signal(signal.SIGINT, signal.SIG_IGN)
print('on')
while True: time.sleep(0.01)")
     (pybridge-interrupt)
     (pybridge-tests-wait (lambda () (seq-some #'pybridge--job-deaf (hash-table-values pybridge--jobs))))
     (with-current-buffer "*Messages*"
       (should (string-match-p
                "The block does not heed the interrupt; .*restart ends it, and the session’s names are lost then"
                (buffer-string))))
     (cl-letf (((symbol-function 'y-or-n-p)
                (lambda (question)
                  (equal question "The block does not heed interrupts; restart the session and lose its names? "))))
       (pybridge-interrupt)))
    (should (equal (pybridge-tests-results) ": on\n: The session has ended; the next block starts a new one"))
    (erase-buffer)
    (insert (pybridge-tests-block "clojure" "(+ 1 2)"))
    (org-babel-execute-src-block)
    (should (equal (pybridge-tests-results) ": 3"))))

(ert-deftest pybridge-a-program-that-does-not-start-is-quoted ()
  (pybridge-tests-with-folder folder
    (let ((pybridge-command (concat folder "/pybridge")))
      ;; A batch Emacs does not survive writing to a process that reads nothing any more.
      (write-region "#!/bin/sh\nread line\necho 'all is broken' >&2\nexit 1\n" nil pybridge-command nil 'silent)
      (set-file-modes pybridge-command #o755)
      (pybridge-tests-with "#+begin_src python :session broken\n1\n#+end_src\n"
        (should (equal (cadr (should-error (org-babel-execute-src-block) :type 'pybridge-block-failed))
                       "The session has ended, saying: all is broken; the next block starts a new one"))))))

(ert-deftest pybridge-without-a-program-there-is-an-error ()
  (let ((pybridge-command nil)
        (default-directory "/")
        (exec-path nil)
        (process-environment (cons "VIRTUAL_ENV" process-environment)))
    (should (equal (cadr (should-error (pybridge--program) :type 'user-error))
                   "There is no pybridge in the virtual environment, in .venv or on PATH; set ‘pybridge-command’"))))

(ert-deftest pybridge-asks-before-what-runs-is-lost ()
  (pybridge-tests-with (pybridge-tests-block "python" "import time\nprint('on')\ntime.sleep(60)")
    (pybridge-tests-free
     (org-babel-execute-src-block)
     (pybridge-tests-wait (lambda () (string-match-p "on" (pybridge-tests-results))))
     (let (asked)
       (cl-letf (((symbol-function 'yes-or-no-p) (lambda (question) (push question asked) nil))
                 (noninteractive nil))
         (should-not (pybridge--may-end-emacs-p))
         (should-not (run-hook-with-args-until-failure 'kill-buffer-query-functions))
         (should-error (run-hooks 'before-revert-hook) :type 'user-error))
       (should (equal (nreverse asked)
                      '("A pybridge block is running; end it, and its session? "
                        "A block of this notebook is running, and its result will be lost; kill the buffer? "
                        "A block of this notebook is running, and its result will be lost; revert the buffer? "))))
     (pybridge-interrupt))
    (cl-letf (((symbol-function 'yes-or-no-p) (lambda (_) (error "Nothing runs"))))
      (should (pybridge--may-end-emacs-p))
      (should (run-hook-with-args-until-failure 'kill-buffer-query-functions))
      (run-hooks 'before-revert-hook))))

(ert-deftest pybridge-the-program-is-found-in-the-virtual-environment ()
  (let* ((folder (make-temp-file "pybridge" t))
         (program (expand-file-name "bin/pybridge" folder))
         (pybridge-command nil)
         (process-environment (cons (concat "VIRTUAL_ENV=" folder) process-environment)))
    (make-directory (file-name-directory program))
    (write-region "" nil program nil 'silent)
    (set-file-modes program #o755)
    (should (equal (pybridge--program) program))
    (let ((pybridge-command "/elsewhere/pybridge"))
      (should (equal (pybridge--program) "/elsewhere/pybridge")))
    (delete-directory folder t)))

(defmacro pybridge-tests-after-an-idle-death (&rest body)
  "Evaluate BODY in a buffer whose session has ended while no block ran.
Point is on its second block."
  `(pybridge-tests-with
       (concat (pybridge-tests-block "python"
                                      "import os, threading\nthreading.Timer(0.5, os._exit, [3]).start()\nx = 1")
               "\n" (pybridge-tests-block "python" "'x' in globals()"))
     (progn
       (pybridge--end "tests")
       (pybridge-tests-free
        (org-babel-execute-src-block)
        (pybridge-tests-wait (lambda () (zerop (hash-table-count pybridge--jobs))))
        (should (pybridge--running "tests"))
        (pybridge-tests-wait (lambda () (not (gethash "tests" pybridge--sessions)))))
       (org-babel-next-src-block)
       ,@body)))

(ert-deftest pybridge-a-session-that-dies-while-idle-is-noticed ()
  (pybridge-tests-after-an-idle-death
   (should (string-match-p "^The session tests has ended; lost: x (Python)$"
                           (with-current-buffer "*Messages*" (buffer-string))))
   (should (equal (pybridge--lighter) " pybridge:ended"))
   (dotimes (_ 2)
     (should (equal (cadr (should-error (org-babel-execute-src-block) :type 'pybridge-block-failed))
                    (concat "The session tests has ended; lost: x (Python); "
                            "M-x pybridge-restart starts it anew"))))
   (pybridge-restart)
   (should (equal (pybridge--lighter) " pybridge"))
   (org-babel-execute-src-block)
   (should (string-suffix-p ": False" (pybridge-tests-results)))))

(ert-deftest pybridge-the-next-block-offers-a-new-session ()
  (pybridge-tests-after-an-idle-death
   (let ((noninteractive nil) (pybridge-async nil) asked)
     (cl-letf (((symbol-function 'y-or-n-p) (lambda (question) (push question asked) nil)))
       (should-error (org-babel-execute-src-block) :type 'pybridge-block-failed))
     (should (equal asked (list "The session tests has ended; lost: x (Python); start it anew? ")))
     (cl-letf (((symbol-function 'y-or-n-p) (lambda (_) t)))
       (org-babel-execute-src-block))
     (should (string-suffix-p ": False" (pybridge-tests-results))))))

(ert-deftest pybridge-killing-a-buffer-and-c-c-c-k-end-no-block ()
  (pybridge-tests-with-folder folder
    (let ((end (concat folder "/end")))
      (pybridge-tests-free
       (pybridge-tests-with (pybridge-tests-block "python" (pybridge-tests-until end))
         (should (eq (key-binding (kbd "C-c C-k")) #'org-kill-note-or-show-branches))
         (org-babel-execute-src-block)
         (pybridge-tests-with (pybridge-tests-block "python" "'other buffer'")
           (call-interactively (key-binding (kbd "C-c C-k")))
           (should (run-hook-with-args-until-failure 'kill-buffer-query-functions)))
         (write-region "" nil end nil 'silent)
         (pybridge-tests-wait (lambda () (zerop (hash-table-count pybridge--jobs))))
         (should (equal (pybridge-tests-results) ": done")))))))

(ert-deftest pybridge-a-session-takes-no-code-that-org-would-type ()
  (pybridge-tests-with (concat (pybridge-tests-block "python" "1") "\n#+begin_src python :session none\n1\n#+end_src\n")
    (should (equal (cadr (should-error (call-interactively (key-binding (kbd "C-c C-v C-l"))) :type 'user-error))
                   "The session tests takes no code from Org like that: C-c C-c runs a block, C-c C-v z shows a prompt"))
    (should-not (get-buffer "*tests*"))
    (org-babel-next-src-block)
    (should (equal (cadr (should-error (call-interactively (key-binding (kbd "C-c C-v z")))))
                   "This block is not using a session!"))))

(provide 'pybridge-sessions-tests)
;;; pybridge-sessions-tests.el ends here
