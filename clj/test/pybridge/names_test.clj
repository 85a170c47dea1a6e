(ns pybridge.names-test
  "The names of one language in the other, by the table that Python's tests read too."
  (:require [clojure.java.io :as io]
            [clojure.test :refer [deftest is testing]]
            [clojure.test.check :as check]
            [clojure.test.check.generators :as gen]
            [clojure.test.check.properties :as properties]
            [pybridge.core :as pb]
            [pybridge.names :as names]))

(def ^:private table
  (delay
    (let [folder (.getParentFile (io/file (io/resource "pybridge/names_test.clj")))]
      (pb/call (pb/module "json") :loads (slurp (io/file folder "../../../tests/fixtures/names.json"))))))

(defn- holds [property]
  (let [result (check/quick-check 150 property)]
    (is (:pass? result) (pr-str (select-keys result [:seed :fail :shrunk])))))

(defn- message [f]
  (try (f) nil (catch Exception error (ex-message error))))

(defmulti ^:private check-row (fn [section _row] section))

(defmethod check-row :data [_ {name :clojure :keys [python only]}]
  (when-not (= only "to-clojure")
    (is (= python (names/->snake name)))
    (is (= python (names/->python (keyword name)) (names/->python (symbol name)))))
  (if (= only "to-python")
    (is (not= (keyword name) (names/->keyword python)))
    (is (= (some-> name keyword) (names/->keyword python)))))

(defmethod check-row :classes [_ {:keys [python function clojure]}]
  (is (= function (names/function-name python)))
  (is (= clojure (names/->kebab function))))

(defmethod check-row :vars [_ {name :clojure :keys [python only]}]
  (is (= python (names/->identifier name) (names/->identifier (symbol name))))
  (is (= (nil? only) (boolean (some #{name} (some-> python names/candidates))))))

(defmethod check-row :candidates [_ {:keys [python clojure]}]
  (is (= clojure (names/candidates python))))

(defmethod check-row :same [_ [a b]]
  (let [[x y] [(keyword a) (keyword b)]
        taken (pb/run "lambda *xs, **options: [xs, options]")]
    (is (= 1 (count (set (map names/->python [x y])))))
    (is (re-find #"keys of a map that differ in Clojure are equal in Python" (message #(taken {x 1, y 2}))))
    (is (re-find #"elements of a set that differ in Clojure are equal in Python" (message #(taken #{x y}))))
    (is (= (str "the options " x " and " y " are one in Python; keep one of them") (message #(taken (pb/kw x 1) (pb/kw y 2)))))))

(deftest every-row-holds
  (let [used (for [[section rows] (dissoc @table :about), row rows]
               (testing (pr-str section row)
                 (check-row section row)
                 section))]
    (is (= (frequencies used) (update-vals (dissoc @table :about) count)))
    (is (= #{:data :classes :vars :candidates :same} (set (keys (frequencies used)))))))

(def ^:private word (gen/fmap #(apply str \a %) (gen/vector gen/char-alphanumeric)))

(deftest names-of-words-come-back
  (holds (properties/for-all [words (gen/vector word 1 4)]
           (let [written (apply str (interpose "-" words))]
             (and (= (keyword written) (names/->keyword (names/->snake written)))
                  (= written (names/->kebab (names/->snake written))))))))

(deftest no-two-python-names-become-one
  (holds (properties/for-all [name (gen/fmap #(apply str %) (gen/vector (gen/elements "aZ9é_²!?")))]
           (= name (names/->snake (names/->kebab name))))))

(deftest the-attributes-of-a-namespace
  (let [scratch (create-ns 'pybridge.names-test.scratch)]
    (try
      (doseq [[var-name private?] '{f! nil, g! nil, g true, empty? nil, ->x nil, *out* nil, class nil, + nil, a-b nil, a_b nil}]
        (intern scratch (with-meta var-name {:private private?}) 1))
      (is (= ["a_b" "class_" "empty" "f"] (sort (names/attributes scratch))))
      (finally (remove-ns (ns-name scratch))))))
