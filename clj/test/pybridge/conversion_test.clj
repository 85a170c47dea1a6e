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
