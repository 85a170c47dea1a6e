;;; pybridge-values-tests.el --- Values of blocks in Org  -*- lexical-binding: t; -*-

;; SPDX-License-Identifier: MIT

;;; Commentary:

;; See pybridge-tests.el.

;;; Code:

(require 'pybridge-tests)

(ert-deftest pybridge-a-value-of-each-language ()
  (should (equal (pybridge-tests-run "python" "6 * 7") ": 42"))
  (should (equal (pybridge-tests-run "clojure" "(* 6 7)") ": 42")))

(ert-deftest pybridge-a-text-has-no-quotes ()
  (should (equal (pybridge-tests-run "python" "'naïve ☃'") ": naïve ☃"))
  (should (equal (pybridge-tests-run "clojure" "\"naïve ☃\"") ": naïve ☃")))

(ert-deftest pybridge-values-are-shared-by-both-languages ()
  (pybridge-tests-run "python" "x = [1, 2, 3]")
  (should (equal (pybridge-tests-run "clojure" "(require '[pybridge.core :as pb]) (pb/from-python :x)") ": [1 2 3]"))
  (pybridge-tests-run "clojure" "(def y {:a 1})")
  (should (equal (pybridge-tests-run "python" "clj.y") ": {'a': 1}")))

(ert-deftest pybridge-what-is-printed ()
  (should (equal (pybridge-tests-run "python" "print('a')\nprint('b')\n3" ":results output") ": a\n: b"))
  (should (equal (pybridge-tests-run "clojure" "(println :a) 3" ":results output") ": :a"))
  (should (equal (pybridge-tests-run "python" "print('a')\n3" ":results value") ": 3")))

(ert-deftest pybridge-a-progress-bar-leaves-its-last-line ()
  (should (equal (pybridge-tests-run "python" "print('1%\\r50%\\r100%')\nprint('done')" ":results output")
                 ": 100%\n: done")))

(ert-deftest pybridge-a-table ()
  (should (equal (pybridge-tests-run "python" "[[1, 'a'], [2.5, None]]") "|   1 | a |\n| 2.5 |   |"))
  (should (equal (pybridge-tests-run "clojure" "[[1 true] [2 false]]") "| 1 | true  |\n| 2 | false |"))
  (should (equal (pybridge-tests-run "python" "[1, 2]" ":results table") "| 1 | 2 |"))
  (should (equal (pybridge-tests-run "python" "[1, 2]" ":results list") "- 1\n- 2"))
  (should (equal (pybridge-tests-run "python" "[[1, 2]]" ":results verbatim") ": [[1, 2]]")))

(provide 'pybridge-values-tests)
;;; pybridge-values-tests.el ends here
