(ns pybridge.conversion-test
  "Every golden case, from Clojure's side."
  (:require [clojure.java.io :as io]
            [clojure.test :refer [deftest is testing]]
            [pybridge.core :as pb]
            [pybridge.golden :as golden]))

(def ^:private python-side
  (delay
    (let [folder (io/file (.getParentFile (io/file (io/resource "pybridge/golden.clj"))) "../../../tests/clojure")]
      (pb/run (str "import sys; sys.path.append(" (pr-str (.getCanonicalPath folder)) ")"))
      (pb/module "golden"))))

(defn- python [function & arguments] (apply pb/call @python-side function arguments))

(defn- cases [from]
  (filter #(contains? #{"both" from} (:from %)) (python :cases)))

(deftest from-clojure
  (doseq [{:keys [id clojure python back refuses]} (cases "clojure") :when (not refuses)]
    (testing id
      (let [x (golden/value clojure)]
        (is (= "" (pybridge.conversion-test/python :difference x python)))
        (is (= "" (golden/difference (pybridge.conversion-test/python :same x) (or back clojure))))))))

(deftest from-python
  (doseq [{:keys [id clojure back handle] code :python :as case} (cases "python") :when (not (:refuses case))]
    (testing id
      (let [x (python :keep code)]
        (if handle
          (do
            (is (= "" (golden/handle-difference x case)))
            (is (python :is-kept x)))
          (do
            (is (= "" (golden/difference x clojure)))
            (is (= "" (python :difference x (or back code))))))))))

(defn- refusal [f]
  (try (f) (catch Exception refused refused)))

(deftest refused
  (doseq [{:keys [id clojure refuses] code :python} (python :cases) :when refuses]
    (testing id
      (let [said (if clojure
                   (let [x (golden/value clojure)] (refusal #(python :same x)))
                   (refusal #(python :value code)))]
        (is (instance? Throwable said))
        (is (re-find (re-pattern refuses) (str (ex-message said))))))))

(deftest deep-data-crosses-from-a-thread-with-a-short-stack
  (let [deep (nth (iterate (fn [x] {:a [x]}) 1) 240)
        answer (promise)]
    (.join (doto (Thread. nil #(deliver answer (try (pb/with-scope (python :same deep)) (catch Throwable failure failure))) "short" 524288)
             (.start)))
    (is (= deep @answer))))

(deftest many-numbers-cross-as-the-same-lists-as-few
  (let [row (mapv #(/ % 4.0) (range 300))
        told (pb/run "lambda x: [type(x).__name__, type(x[0]).__name__, type(x[-1]).__name__]")]
    (doseq [x [row [row row] [[row] [row]]
               [row (pop row)]
               [row (conj (pop row) 1)]
               (conj row nil)
               (into [] (repeat 300 []))
               [[] row]
               (nth (iterate vector row) 100)
               (nth (iterate vector row) 490)
               (list row row)]]
      (is (= x (python :same x))))
    (is (re-find #"nested more than 500 levels deep" (ex-message (refusal #(python :same (nth (iterate vector row) 500))))))
    (is (= row (nth (iterate first (python :same (nth (iterate vector row) 498))) 498)))
    (is (= ["list" "float" "float"] (told row)))
    (is (= ["list" "list" "list"] (told [row row])))
    (is (= ["list" "float" "int"] (told (conj row 1))))))

(deftest numbers-of-every-size-cross-by-themselves-and-in-lists
  (let [ints (vec (for [bits [0 1 8 29 30 31 32 59 60 61 62 63 64 65 90 200], off [-1 0 1], sign [1 -1]]
                    (* sign (+ off (reduce *' (repeat bits 2N))))))
        doubles [0.0 -0.0 1.5 -1e300 Double/MIN_VALUE Double/MAX_VALUE ##Inf ##-Inf]
        texts ["" "a" "h\u00e9" "\ud83d\ude00" "\ud83d" "a\u0000b"]]
    (doseq [x (concat ints doubles texts)]
      (is (= x (python :same x) (first (python :same [x])) (first (python :same [x []]))) (pr-str x)))
    (doseq [xs [ints doubles texts (into ints doubles) (into [true nil] (concat ints texts [[]] doubles)) (vec (take 5 ints))]]
      (is (= xs (python :same xs) (pb/->clj (pb/->py xs))))
      (is (= (mapv str xs) (mapv str (python :same xs)))))
    (is (= (map str ints) ((pb/run "lambda xs: [str(x) for x in xs]") ints)) "Python reads the same")))

(deftest deref-gives-what-is-equal-or-says-why-not
  (doseq [[code sentence] {"np.array(['1e4000'], np.longdouble)"
                           "ConversionError: numbers of dtype float128 are not all doubles, which is what Clojure has: round them with (pb/call x :astype \"float64\")"
                           "np.array(['0.1'], np.longdouble)"
                           "ConversionError: numbers of dtype float128 are not all doubles, which is what Clojure has: round them with (pb/call x :astype \"float64\")"
                           "np.array([np.longdouble('1e4000')]).astype(np.clongdouble)"
                           "ConversionError: numbers of dtype complex256 are not all doubles, which is what Clojure has: round them with (pb/call x :astype \"complex128\")"
                           "np.longdouble(2) ** 63 + 1"
                           "ConversionError: numbers of dtype float128 are not all doubles, which is what Clojure has: round them with (pb/call x :astype \"float64\")"
                           "np.array([b'a', b'\\xff'])"
                           "ConversionError: the bytes b'\\xff' are no text in UTF-8, which the strings of a tensor or array are read as: take them as byte arrays, with (pb/call x :numpy) of a tensor, or (pb/call x :astype \"object\") of an array"
                           "tf.constant([b'\\xff' * 30])"
                           (str "ConversionError: the bytes b'" (apply str (repeat 20 "\\xff")) "' … are no text in UTF-8, which the strings of a tensor or array are read as: take them as byte arrays, with (pb/call x :numpy) of a tensor, or (pb/call x :astype \"object\") of an array")
                           "tf.ragged.constant([[b'\\xff'], []])"
                           "ConversionError: the bytes b'\\xff' are no text in UTF-8, which the strings of a tensor or array are read as: take them as byte arrays, with (pb/call x :numpy) of a tensor, or (pb/call x :astype \"object\") of an array"}]
    (let [x (pb/run (str "import numpy as np, tensorflow as tf\n" code))]
      (is (= sentence (ex-message (refusal #(deref x)))) code)
      (is (re-find #"^#" (pr-str x)) "it prints all the same")))
  (testing "the ways out"
    (is (= [0.1] @(pb/call (pb/run "np.array(['0.1'], np.longdouble)") :astype "float64")))
    (is (= [[-1]] (map vec @(pb/call (pb/run "np.array([b'\\xff'])") :astype "object"))
           (map vec @(pb/call (pb/run "tf.constant([b'\\xff'])") :numpy)))))
  (testing "deref and seq agree"
    (doseq [code ["np.array([b'a', b'bc'])" "np.array([b'a', 'b', None], object)" "np.array([1.5, 2], np.longdouble)"]]
      (let [x (pb/run code)]
        (is (= (map class @x) (map class x) (map #(class (nth x %)) (range (count x)))) code))))
  (is (= "a\u0000" @(pb/run "tf.constant(b'a\\0')")))
  (is (= [["é"] []] @(pb/run "tf.ragged.constant([[chr(233)], []])"))))

(deftest words-of-any-class-are-strings
  (pb/run "class Words(str):\n    def __str__(self): return self\n    def __repr__(self): return self\nhalves = Words('\\ud83d\\ude00')
class Said(Exception):\n    def __str__(self): return halves\nSaid.__name__ = Words('Said')\nclass Shown:\n    __str__ = __repr__ = lambda self: halves")
  (let [{:py/keys [type message notes traceback] :as data}
        (ex-data (refusal #(pb/run "error = Said()\nerror.add_note(halves)\nraise error")))]
    (is (= [String String String String] (map class [type message traceback (first notes)])) data)
    (is (= ["Said" "😀" ["😀"]] [type message notes])))
  (let [shown (pb/run "Shown()")]
    (is (= "😀" (str shown)))
    (is (= "#py[😀]" (pr-str shown)))))
