;;; pybridge-files-tests.el --- Figures and files that blocks write  -*- lexical-binding: t; -*-

;; SPDX-License-Identifier: MIT

;;; Commentary:

;; See pybridge-tests.el.

;;; Code:

(require 'pybridge-tests)

(ert-deftest pybridge-a-figure-becomes-a-file-of-the-kind-that-its-name-says ()
  (pybridge-tests-run "python" pybridge-tests-figure ":results silent")
  (pybridge-tests-run "clojure" "(require '[pybridge.core :as pb])" ":results silent")
  (pybridge-tests-with-folder folder
    (dolist (kind '(("png" "\\`\x89PNG") ("svg" "\\`<\\?xml\\(.\\|\n\\)*<svg ") ("pdf" "\\`%PDF-") ("SVG" "\\`<\\?xml")))
      (pcase-dolist (`(,language . ,code) '(("python" . "figure") ("clojure" . "(pb/from-python :figure)")))
        (dolist (free '(nil t))
          (let* ((file (format "%s/figures of %s %s/x.%s" folder language free (car kind)))
                 (header (format ":results file :file \"%s\"" file))
                 (result (if free
                             (pybridge-tests-with (pybridge-tests-block language code header)
                               (pybridge-tests-free (org-babel-execute-src-block))
                               (pybridge-tests-results))
                           (pybridge-tests-run language code header))))
            (should (equal result (format "[[file:%s]]" file)))
            (should (string-match-p (cadr kind) (pybridge-tests-bytes file)))))))))

(ert-deftest pybridge-a-long-value-is-whole-in-a-file-and-in-a-result-that-is-read-again ()
  (let ((python (concat "[" (mapconcat #'number-to-string (number-sequence 0 4999) ", ") "]"))
        (clojure (concat "(" (mapconcat #'number-to-string (number-sequence 0 4999) " ") ")")))
    (pybridge-tests-with-folder folder
      (pcase-dolist (`(,language ,code ,text) `(("python" "list(range(5000))" ,python) ("clojure" "(range 5000)" ,clojure)))
        (let ((file (format "%s/%s.txt" folder language)))
          (dolist (kinds '("file" "verbatim file" "code file"))
            (pybridge-tests-run language code (format ":results %s :file %s" kinds file))
            (should (equal (string-trim-right (pybridge-tests-bytes file)) text)))
          (should (equal (pybridge-tests-run language code ":results verbatim :wrap x")
                         (concat "#+begin_x\n" text "\n#+end_x")))
          (should (string-search text (pybridge-tests-run language code ":results code")))
          (pybridge-tests-run language (if (equal language "python") "'x' * 300000" "(apply str (repeat 300000 \"x\"))")
                              (concat ":results file :file " file))
          (should (equal (string-trim-right (pybridge-tests-bytes file)) (make-string 300000 ?x)))
          (pybridge-tests-run language (if (equal language "python") "print('x' * 2000000)" "(println (apply str (repeat 2000000 \"x\")))")
                              (concat ":results output file :file " file))
          (should (equal (string-trim-right (pybridge-tests-bytes file)) (make-string 2000000 ?x)))))
      (let ((file (concat folder "/endless.txt")))
        (should (equal (cadr (should-error (pybridge-tests-run "clojure" "(range)" (concat ":results file :file " file))))
                       (concat "OptionError: the value's text is longer than 10,000,000 characters; "
                               "have the code write it to a file itself")))
        (should-not (file-exists-p file))))
    (should (equal (pybridge-tests-run "clojure" "(range)")
                   (concat ": (" (mapconcat #'number-to-string (number-sequence 0 199) " ") " ...)")))))

(ert-deftest pybridge-what-pyplot-draws-becomes-a-file ()
  (pybridge-tests-with-folder folder
    (dolist (header '(":results file" ":results graphics file"))
      (let ((file (format "%s/%d.png" folder (length header))))
        (pybridge-tests-run "python" "import matplotlib.pyplot as plt\nplt.plot([1, 2])" (format "%s :file %s" header file))
        (should (string-prefix-p "\x89PNG" (pybridge-tests-bytes file)))))))

(ert-deftest pybridge-a-figure-gives-the-same-bytes-each-time ()
  (pybridge-tests-with-folder folder
    (dolist (name '("a.svg" "b.svg" "a.png" "b.png"))
      (pybridge-tests-run "python" pybridge-tests-figure (format ":results file :file %s/%s" folder name)))
    (dolist (kind '("svg" "png"))
      (should (equal (pybridge-tests-bytes (format "%s/a.%s" folder kind))
                     (pybridge-tests-bytes (format "%s/b.%s" folder kind)))))))

(ert-deftest pybridge-what-is-no-figure-is-not-written-as-one ()
  (pybridge-tests-with-folder folder
    (dolist (kinds '("file" "file link" "file graphics"))
      (let ((file (concat folder "/x.svg")))
        (pybridge-tests-with (pybridge-tests-block "python" "[1, 2]" (format ":results %s :file %s" kinds file))
          (should (equal (cadr (should-error (org-babel-execute-src-block) :type 'pybridge-block-failed))
                         (format "The block gives no figure for %s; its last value is [1, 2]" file)))
          (pybridge-tests-free (org-babel-execute-src-block))
          (should (equal (pybridge-tests-results)
                         (format ": The block gives no figure for %s; its last value is [1, 2]" file)))
          (should-not (file-exists-p file)))))
    (let ((file (concat folder "/x.jpg")))
      (should (equal (cadr (should-error (pybridge-tests-run "python" pybridge-tests-figure
                                                             (format ":results file :file %s" file))))
                     (format "A figure is written as .png, .svg or .pdf; got %s" file)))
      (should-not (file-exists-p file)))))

(ert-deftest pybridge-a-text-goes-to-a-file ()
  (pybridge-tests-with-folder folder
    (dolist (free '(nil t))
      (let ((file (format "%s/%s.txt" folder free)))
        (pybridge-tests-with (pybridge-tests-block "python" "'said'" (format ":results file :file %s" file))
          (if free
              (pybridge-tests-free (org-babel-execute-src-block))
            (org-babel-execute-src-block))
          (should (equal (pybridge-tests-results) (format "[[file:%s]]" file)))
          (should (equal (pybridge-tests-bytes file) "said")))))))

(ert-deftest pybridge-a-file-that-the-block-wrote-stays ()
  (pybridge-tests-with-folder folder
    (pcase-dolist (`(,kinds . ,value) '(("file" . "name") ("file link" . "7") ("file graphics" . "None")))
      (let ((file (format "%s/%s.svg" folder value)))
        (should (equal (pybridge-tests-run "python" (format "name = '%s'\nopen(name, 'w').write('mine')\n%s" file value)
                                           (format ":results %s :file %s" kinds file))
                       (format "[[file:%s]]" file)))
        (should (equal (pybridge-tests-bytes file) "mine"))))))

(ert-deftest pybridge-a-failure-leaves-the-file-as-it-was ()
  (pybridge-tests-with-folder folder
    (let ((file (concat folder "/x.png")))
      (write-region "old" nil file nil 'silent)
      (pybridge-tests-with (pybridge-tests-block "python" "1 / 0" (format ":results file :file %s" file))
        (pybridge-tests-free (org-babel-execute-src-block))
        (should (equal (pybridge-tests-results) ": ZeroDivisionError: division by zero"))
        (let ((noninteractive nil) (pybridge-async nil))
          (should-error (org-babel-execute-src-block) :type 'pybridge-block-failed)))
      (should (equal (pybridge-tests-bytes file) "old")))))

(ert-deftest pybridge-a-file-in-the-background-stands-beside-its-own-notebook ()
  (pybridge-tests-run "python" "1")     ; the session has begun in another folder
  (pybridge-tests-with-folder folder
    (pybridge-tests-with (pybridge-tests-block "python" "'written'" ":results file :file here.txt")
      (setq default-directory (file-name-as-directory folder))
      (pybridge-tests-free (org-babel-execute-src-block))
      (should (equal (pybridge-tests-results) "[[file:here.txt]]")))
    (should (equal (pybridge-tests-bytes (concat folder "/here.txt")) "written"))))

;; What Emacs itself writes is the measure of a new file's mode.
(ert-deftest pybridge-a-new-file-is-no-program ()
  (pybridge-tests-with-folder folder
    (let ((theirs (concat folder "/theirs.txt")) (ours (concat folder "/ours.txt")))
      (dolist (mask '(#o022 #o077))
        (with-file-modes (logand #o777 (lognot mask))
          (write-region "x" nil theirs nil 'silent)
          (pybridge--write-whole "x" ours 'utf-8))
        (should (equal (file-modes ours) (file-modes theirs)))
        (mapc #'delete-file (list ours theirs))))))

(ert-deftest pybridge-a-file-is-written-beside-its-place ()
  (pybridge-tests-with-folder folder
    (let ((file (concat folder "/x.txt"))
          (ended (with-temp-buffer (call-process "sh" nil t nil "-c" "echo $$") (string-to-number (buffer-string)))))
      (write-region "old" nil file nil 'silent)
      (set-file-modes file #o640)
      (make-symbolic-link file (concat folder "/link"))
      (dolist (pid (list ended (emacs-pid)))
        (write-region "part" nil (format "%s/.pybridge-emacs-%d-x" folder pid) nil 'silent))
      (pybridge--write-whole "new" (concat folder "/link") 'utf-8)
      (should (equal (pybridge-tests-bytes file) "new"))
      (should (equal (file-modes file) #o640))
      (should (file-symlink-p (concat folder "/link")))
      (should (equal (sort (directory-files folder nil "[^.]\\'") #'string<)
                     (list (format ".pybridge-emacs-%d-x" (emacs-pid)) "link" "x.txt")))
      (cl-letf (((symbol-function 'rename-file) (lambda (&rest _) (signal 'quit nil))))
        (condition-case nil (pybridge--write-whole "newer" file 'utf-8) (quit)))
      (should (equal (pybridge-tests-bytes file) "new"))
      (should (= (length (directory-files folder nil "[^.]\\'")) 3)))))

(provide 'pybridge-files-tests)
;;; pybridge-files-tests.el ends here
