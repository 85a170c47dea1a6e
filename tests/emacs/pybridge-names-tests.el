;;; pybridge-names-tests.el --- Completion and documentation from the session  -*- lexical-binding: t; -*-

;; SPDX-License-Identifier: MIT

;;; Commentary:

;; See pybridge-tests.el.

;;; Code:

(require 'pybridge-tests)

(ert-deftest pybridge-completion-and-documentation ()
  (pybridge-tests-run "python" "import math\ndef area(width, height):\n    \"The area.\"\n    return width * height")
  (pybridge-tests-with (pybridge-tests-block "python" "math.sq\narea(1, 2)")
    (search-forward "math.sq")
    (pcase-let ((`(,start ,end ,names . ,_) (pybridge-complete-at-point)))
      (should (equal (buffer-substring start end) "math.sq"))
      (should (member "math.sqrt" names)))
    (org-edit-src-code)
    (goto-char (point-max))
    (should (memq #'pybridge-complete-at-point completion-at-point-functions))
    (re-search-backward "1, 2")
    (let (told)
      (pybridge-eldoc (lambda (text &rest _) (setq told text)))
      (should (equal told "area(width, height)  The area.")))
    (goto-char (point-max))
    (insert "\nmath.sqr")
    (completion-at-point)
    (should (looking-back "math\\.sqrt" (point-min)))
    (org-edit-src-abort))
  (pybridge-tests-run "clojure" "(require 'clojure.string)")
  (pybridge-tests-with (pybridge-tests-block "clojure" "(clojure.string/upper-ca \"a\")\n(reduce + [1 2])")
    (search-forward "upper-ca")
    (should (equal (nth 2 (pybridge-complete-at-point)) '("clojure.string/upper-case")))
    (search-forward "reduce")
    (pybridge-describe "reduce")
    (with-current-buffer "*pybridge help*"
      (should (string-match-p "clojure.core/reduce\n\\[f coll\\]" (buffer-string))))))

(ert-deftest pybridge-clojure-is-edited-without-clojure-mode ()
  (pybridge-tests-run "clojure" "(defn rectangle-area \"The area.\" [width height] (* width height))" ":results silent")
  (pybridge-tests-with (pybridge-tests-block "clojure" "(rectangle-area 1 2)")
    (search-forward "1 2")
    (org-edit-src-code)
    (should (derived-mode-p 'pybridge-clojure-mode))
    (let (told)
      (pybridge-eldoc (lambda (text &rest _) (setq told text)))
      (should (equal told "[width height]  The area.")))
    (goto-char (point-max))
    (insert "\n(rectangle-a")
    (completion-at-point)
    (should (looking-back "(rectangle-area" (point-min)))
    (org-edit-src-abort)))

(ert-deftest pybridge-clojure-is-indented ()
  (let ((code "(defn f [x]
  (let [y {:a 1
           :b [2
               3]}]
    (when-let [z (:a y)]
      (reduce + x
              (map inc
                   [1 2])))
    (->
     x
     inc)))
"))
    (with-temp-buffer
      (pybridge-clojure-mode)
      (insert (replace-regexp-in-string "^ +" "" code))
      (let ((inhibit-message t)) (indent-region (point-min) (point-max)))
      (should (equal (buffer-string) code))
      (font-lock-ensure)
      (goto-char (point-min))
      (search-forward "defn f")
      (should (eq 'font-lock-function-name-face (get-text-property (1- (point)) 'face)))
      (search-forward "let")
      (should (eq 'font-lock-keyword-face (get-text-property (1- (point)) 'face)))
      (search-forward ":a")
      (should (eq 'font-lock-constant-face (get-text-property (1- (point)) 'face))))))

(ert-deftest pybridge-outside-a-block-there-is-nothing-to-complete ()
  (pybridge-tests-with "some text\n"
    (goto-char (point-max))
    (should-not (pybridge-complete-at-point))
    (should-error (pybridge-describe "x") :type 'user-error)))

(ert-deftest pybridge-a-new-line-moves-no-other-line-of-its-block ()
  (pcase-dolist (`(,block ,after ,indented)
                 '(("#+begin_src python\ndef f(x):\n    y = x\n    return y\n#+end_src\n" "y = x" "    ")
                   ("#+begin_src python\nfor i in x:\n#+end_src\n" "in x:" "    ")
                   ("#+begin_src python\n  for i in x:\n      pass\n#+end_src\n" "in x:" "      ")
                   ("- item\n  #+begin_src python\n  if x:\n      y = 1\n  #+end_src\n" "y = 1" "      ")
                   ("#+begin_src clojure\n(let [x 1]\n  (inc x))\n#+end_src\n" "[x 1]" "  ")))
    (pybridge-tests-with block
      (search-forward after)
      (let ((last-command-event ?\n)
            (inhibit-message t)
            (expected (concat after "\n" indented "new")))
        (electric-indent-mode 1)
        (call-interactively #'org-return)
        (insert "new")
        (dotimes (_ 2)
          (should (equal (buffer-string) (string-replace after expected block)))
          (beginning-of-line)
          (call-interactively #'org-cycle))))))

(ert-deftest pybridge-the-block-at-point-is-that-of-org ()
  (pybridge-tests-with "#+property: header-args:python :session wide
* Heading
:properties:
:header-args:clojure: :session narrow
:end:
#+header: :session above
#+begin_src python :var x=(error \"evaluated\")
1
#+end_src
text
#+begin_src clojure
1
  #+end_src
#+begin_example
1
#+end_example
#+begin_src sh :session x
1
#+end_src
#+BEGIN_SRC python -n :session none
1
#+END_SRC
#+begin_src python
1
#+end_src
#+begin_src python :results value :session last
1
"
    (org-set-regexps-and-options)
    (let (found)
      (while (not (eobp))
        (when (looking-at-p "1$\\|text") (push (pybridge--block-at-point) found))
        (forward-line))
      (should (equal (nreverse found)
                     '(("python" "above") nil ("clojure" "narrow") nil nil nil
                       ("python" "wide") ("python" "last")))))))

(provide 'pybridge-names-tests)
;;; pybridge-names-tests.el ends here
