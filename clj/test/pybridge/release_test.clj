(ns pybridge.release-test
  "When handles are released: at the end of a scope, or once the JVM has dropped them."
  (:require [clojure.string :as string]
            [clojure.test :refer [deftest is testing]]
            [pybridge.core :as pb]
            [pybridge.holds :refer [so-many]]))

(def ^:private np (delay (pb/module "numpy")))
(def ^:private tf (delay (pb/module "tensorflow")))

(defn- message [f]
  (try (f) nil (catch Exception failure (ex-message failure))))

(defn- counted
  "A Python class that counts its living instances in `alive`."
  []
  (pb/run "
import itertools
class Counted:
    alive = 0
    def __init__(self, size=0):
        type(self).alive += 1
        self.data = bytearray(size)
    def __del__(self):
        type(self).alive -= 1
Counted"))

(defn- collect
  "Collect what the JVM has dropped, until `done?` or for ten seconds."
  [done?]
  (loop [tries 0]
    (System/gc)
    (Thread/sleep 20)
    (pb/call (pb/module "math") :sqrt 1)
    (when-not (or (done?) (> tries 500)) (recur (inc tries)))))

(deftest with-scope
  (let [counted (counted), alive #(pb/attr counted :alive)]
    (testing "what was received is released at the end"
      (is (= 5 (pb/with-scope (dotimes [_ 5] (counted)) (alive))))
      (is (= 0 (alive))))
    (testing "but for what is in the result"
      (let [{[kept] :kept} (pb/with-scope (counted) {:kept [(counted)]})]
        (is (= 1 (alive)))
        (is (= {:data 0} (update-vals (pb/attr kept :__dict__) count)))))
    (testing "modules, classes and functions stay"
      (let [seen (atom [])]
        (pb/with-scope (reset! seen [(pb/module "json") counted (pb/attr (pb/module "json") :dumps)]) nil)
        (is (= "[1]" ((last @seen) [1])))))))

(deftest lazy-seqs-out-of-a-scope
  (let [handles #(pb/attr* (pb/module "sys") :path)]
    (is (= 0 (first (pb/with-scope (handles) (range)))))
    (is (= 1 (first (pb/with-scope (handles) (repeat 1)))))
    (is (= [1 2 1] (take 3 (pb/with-scope (handles) (cycle [1 2])))))
    (is (= (repeat 500 "list")
           (map #(pb/attr (pb/attr % :__class__) :__name__) (pb/with-scope (map (fn [_] (handles)) (range 500))))))
    (let [beyond (pb/with-scope (let [h (handles)] (map (fn [_] (pb/attr (pb/attr h :__class__) :__name__)) (range 20000))))]
      (is (= "list" (first beyond)))
      (is (= "this handle was released at the end of its with-scope; return it from the scope to keep it"
             (try (last beyond) (catch IllegalStateException e (ex-message e))))))
    (testing "what is shared is looked through once"
      (is (= 2 (count (pb/with-scope (handles) (nth (iterate (fn [x] [x x]) [1]) 40))))))
    (testing "a scope releases nothing that another has received"
      (let [h (handles)]
        (pb/with-scope (pb/with-scope (handles) h) nil)
        (is (string/starts-with? (str h) "["))))
    (testing "nor is data computed that leaves it in an exception"
      (let [failure (ex-info "out" {:h (handles) :xs (map (fn [_] (throw (Error. "computed"))) (range 3))})]
        (is (identical? failure (try (pb/with-scope (handles) (throw failure)) (catch Throwable e e))))))))

(deftest nested-scopes
  (let [counted (counted), alive #(pb/attr counted :alive)]
    (pb/with-scope
      (let [outer (counted)
            escaped (pb/with-scope (counted) (counted))]
        (is (= 2 (alive)))
        (is (pb/py? outer))
        (is (= {:data 0} (update-vals (pb/attr escaped :__dict__) count)))))
    (is (= 0 (alive)) "what escaped the inner scope belongs to the outer one")))

(deftest a-scope-that-throws
  (let [counted (counted), alive #(pb/attr counted :alive)]
    (is (= "out" (message #(pb/with-scope (counted) (throw (ex-info "out" {}))))))
    (is (= 0 (alive)))
    (let [{:keys [kept]} (try (pb/with-scope (counted) (throw (ex-info "out" {:kept (counted)}))) (catch Exception e (ex-data e)))]
      (is (= 1 (alive)) "what the exception carries escapes")
      (is (= {:data 0} (update-vals (pb/attr kept :__dict__) count))))
    (let [{:py/keys [exception]} (try (pb/with-scope (pb/run "1 / 0")) (catch Exception e (ex-data e)))]
      (is (= "#py[ZeroDivisionError('division by zero')]" (pr-str exception))))))

(deftest a-scope-is-its-threads-own
  (let [counted (counted), alive #(pb/attr counted :alive)
        other (pb/with-scope @(future (counted)))]
    (is (= 1 (alive)))
    (is (pb/py? other))
    (is (= {:data 0} (update-vals (pb/attr other :__dict__) count)))))

(deftest a-released-handle
  (let [kept (atom nil)]
    (pb/with-scope (reset! kept (pb/->py [1 2])) nil)
    (is (= "this handle was released at the end of its with-scope; return it from the scope to keep it" (message #(count @kept))))
    (is (= "#py[this handle was released at the end of its with-scope; return it from the scope to keep it]" (str @kept)) "it still prints")
    (is (= @kept @kept))
    (is (not= @kept (pb/->py 1)))
    (is (int? (hash @kept)))))

(defn- resident-megabytes []
  (try
    (quot (* 4 (parse-long (second (string/split (slurp "/proc/self/statm") #" ")))) 1024)
    (catch java.io.IOException _ 0)))

(defn- heap-megabytes []
  (System/gc)
  (quot (- (.totalMemory (Runtime/getRuntime)) (.freeMemory (Runtime/getRuntime))) (* 1024 1024)))

(deftest a-hundred-thousand-small-handles
  (let [counted (counted), alive #(pb/attr counted :alive)
        run #(dotimes [_ 50000] (counted))]
    (run)
    (collect #(zero? (alive)))
    (let [heap (heap-megabytes), resident (resident-megabytes)]
      (run)
      (collect #(zero? (alive)))
      (is (= 0 (alive)))
      (is (< (- (heap-megabytes) heap) 20))
      (is (< (- (resident-megabytes) resident) 150)))))

(defn- grown-by
  "The most megabytes that dropping what `make` makes, 1 MB each, takes at once beyond what the first 300 have taken."
  [make]
  (dotimes [_ 300] (make))
  (let [before (resident-megabytes)]
    (- (reduce max (for [_ (range (so-many 20 94))]
                     (do (dotimes [_ 100] (make)) (resident-megabytes))))
       before)))

(deftest thousands-of-megabytes
  (is (< (grown-by #(pb/call @np :ones 131072)) 1000) "arrays, of which few are alive at once")
  (is (< (grown-by #(pb/call @tf :ones [262144])) 1000) "and tensors"))

(deftest a-large-object-that-crosses-often-asks-for-one-collection
  (let [large (pb/call (pb/module "numpy") :empty (* 300 1024 1024) "uint8")
        same (pb/run "lambda x: x")
        collections #(reduce + (map (memfn getCollectionCount) (java.lang.management.ManagementFactory/getGarbageCollectorMXBeans)))
        before (collections)]
    (dotimes [_ 50] (same large))
    (is (< (- (collections) before) 25))))
