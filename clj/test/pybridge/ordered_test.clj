(ns pybridge.ordered-test
  "The ordered map is a hash map in everything but its order, and its order is a Python dict's."
  (:require [clojure.data :as data]
            [clojure.pprint :as pprint]
            [clojure.set :as set]
            [clojure.string :as string]
            [clojure.test :refer [are deftest is testing]]
            [clojure.test.check :as check]
            [clojure.test.check.generators :as gen]
            [clojure.test.check.properties :as properties]
            [clojure.walk :as walk]
            [pybridge.holds :as holds]
            [pybridge.ordered :refer [from-array ordered-map]])
  (:import (clojure.lang ArityException IPersistentMap)
           (java.io ByteArrayInputStream ByteArrayOutputStream ObjectInputStream ObjectOutputStream)
           (java.util ArrayList HashMap Map Map$Entry)
           (java.util.function BiConsumer)
           (pybridge.ordered OrderedMap TransientOrderedMap)))

(set! *warn-on-reflection* true)

;; ---- against a model -----------------------------------------------------------------------------------------------

(def ^:private any-key
  "Few enough keys that they meet: nil, equal numbers of several classes, equal hashes, doubles with the same low bits, collections."
  (gen/one-of [(gen/elements [nil false true :a :b 'a "a" "Aa" "BB" ["Aa"] ["BB"] 1 1N (int 1) 1.0 2.0 4.0
                             0.0 -0.0 1/2 1M [1] '(1) #{1} {1 2}])
               (gen/choose 0 60)]))

(def ^:private pair (gen/tuple any-key (gen/elements [nil false 1 2 :v])))

(def ^:private change
  "A change that persistent and transient maps know."
  (gen/frequency [[4 (gen/fmap #(into [:assoc] %) pair)]
                  [4 (gen/tuple (gen/return :dissoc) any-key)]
                  [2 (gen/tuple (gen/return :dissoc-first))]
                  [2 (gen/tuple (gen/return :dissoc-last))]
                  [1 (gen/tuple (gen/return :conj) pair)]
                  [1 (gen/tuple (gen/return :conj) (gen/fmap #(into {} %) (gen/vector pair 0 4)))]]))

(def ^:private operation
  (gen/frequency [[10 change]
                  [2 (gen/tuple (gen/return :transient) (gen/vector change 0 60))]
                  [1 (gen/tuple (gen/return :merge) (gen/vector pair 0 12))]
                  [1 (gen/tuple (gen/return :made-anew))]
                  [1 (gen/tuple (gen/return :dissoc-most))]
                  [1 (gen/tuple (gen/return :with-meta) gen/small-integer)]
                  [1 (gen/return [:empty])]]))

(defn- put [[h order] k v] [(assoc h k v) (if (contains? h k) order (conj order k))])

(defn- without [[h order] k] [(dissoc h k) (filterv #(not= k %) order)])

(defn- changed-model [[_ order :as model] [operation x y]]
  (case operation
    :assoc (put model x y)
    :dissoc (without model x)
    :dissoc-first (if (seq order) (without model (first order)) model)
    :dissoc-last (if (seq order) (without model (peek order)) model)
    :conj (if (map? x) (reduce (fn [model [k v]] (put model k v)) model x) (put model (x 0) (x 1)))
    :transient (reduce changed-model (update model 0 with-meta nil) x)
    :merge (reduce (fn [model [k v]] (put model k v)) model x)
    :made-anew (update model 0 with-meta nil)
    :dissoc-most (reduce without model (rest order))
    :with-meta (update model 0 with-meta {:n x})
    :empty [(empty (model 0)) []]))

(defn- changed [m [operation x y] [_ order]]
  (case operation
    :assoc (assoc m x y)
    :dissoc (dissoc m x)
    :dissoc-first (if (seq m) (dissoc m (key (first m))) m)
    :dissoc-last (if (seq m) (dissoc m (key (first (rseq m)))) m)
    :conj (conj m x)
    :transient (let [[t] (reduce (fn [[t model] [operation x y :as change]]
                                   (assert (= (count t) (count (model 0))))
                                   [(case operation
                                      :assoc (assoc! t x y)
                                      :dissoc (dissoc! t x)
                                      :dissoc-first (if-let [[k] (seq (model 1))] (dissoc! t k) t)
                                      :dissoc-last (if (seq (model 1)) (dissoc! t (peek (model 1))) t)
                                      :conj (conj! t x))
                                    (changed-model model change)])
                                 [(transient m) [(into {} m) order]]
                                 x)]
                 (persistent! t))
    :merge (merge m (apply ordered-map (mapcat identity x)))
    :made-anew (from-array (to-array (mapcat identity m)))
    :dissoc-most (reduce dissoc m (rest (keys m)))
    :with-meta (with-meta m {:n x})
    :empty (empty m)))

(defn- agrees?
  "Is the ordered map `m` the map `h`, with its keys in `order`?"
  [m [h order]]
  (let [entries (mapv #(find h %) order)]
    (and (instance? OrderedMap m)
         (= m h) (= h m) (.equals ^Object m h) (.equals ^Object h m)
         (= (hash m) (hash h)) (= (.hashCode ^Object m) (.hashCode ^Object h))
         (= (count m) (count h)) (= (empty? m) (empty? h))
         (= (meta m) (meta h))
         (= entries (vec (seq m)) (into [] m) (vec (iterator-seq (.iterator ^Iterable m))) (reverse (rseq m)))
         (= order (or (keys m) []) (reduce-kv (fn [ks k _] (conj ks k)) [] m) (vec (.keySet ^Map m)))
         (= (map val entries) (or (vals m) []) (vec (.values ^Map m)))
         (every? #(and (contains? m %) (= (find m %) (find h %)) (= (get m % :none) (m % :none) (h %))) order)
         (every? #(= (get m % :none) (get h % :none)) [nil 0 1 1.0 "Aa" "BB" ["BB"] :a 61 :other]))))

(deftest any-changes-agree-with-a-model
  (let [property (properties/for-all [start (gen/vector pair 0 40), operations (gen/vector operation 0 40)]
                   (loop [m (from-array (to-array (mapcat identity start)))
                          model (reduce (fn [model [k v]] (put model k v)) [{} []] start)
                          [operation & more] operations, past []]
                     (and (agrees? m model)
                          ;; What was made earlier has not changed.
                          (every? (fn [[m model]] (agrees? m model)) (take-last 2 past))
                          (or (nil? operation)
                              (recur (changed m operation model) (changed-model model operation) more (conj past [m model]))))))
        result (check/quick-check 200 property :seed holds/seed :max-size 60)]
    (is (:pass? result) (pr-str (select-keys result [:seed :fail :shrunk :result])))))

;; ---- order ---------------------------------------------------------------------------------------------------------

(defn- numbers [n] (from-array (to-array (mapcat (fn [i] [i (str i)]) (range n)))))

(deftest order-is-that-of-a-python-dict
  (are [ks m] (= ks (keys m))
    [:c :a :b] (ordered-map :c 1 :a 2 :b 3)
    [:c :a :b] (assoc (ordered-map :c 1 :a 2 :b 3) :a 4)
    [:c :b :a] (assoc (dissoc (ordered-map :c 1 :a 2 :b 3) :a) :a 4)
    [:c :a :b] (into (ordered-map) [[:c 1] [:a 2] [:b 3]])
    [:c :a :b :d] (merge (ordered-map :c 1 :a 2 :b 3) {:a 1 :d 1})
    nil (ordered-map)))

(deftest equal-keys-show-in-the-count
  (let [m (from-array (object-array [:a 1 :b 2 :a 3]))]
    (is (= 2 (count m)))
    (is (= [[:a 3] [:b 2]] (seq m))))
  (is (identical? Long (class (ffirst (from-array (object-array [1 :x, 1N :y]))))) "the key that was there stays, as in a hash map")
  (is (= 3 (count (from-array (object-array [1 :a, 1.0 :b, 1M :c])))))
  (is (thrown-with-msg? IllegalArgumentException #"No value supplied for key: :b" (ordered-map :a 1 :b))))

(deftest the-array-is-not-kept
  (let [kvs (object-array (mapcat #(vector % %) (range 10))), m (from-array kvs)]
    (aset kvs 1 :changed)
    (is (= 0 (m 0)))))

;; ---- a hash map in everything else ---------------------------------------------------------------------------------

(defn- outcome [f & xs]
  (try (apply f xs) (catch Throwable e [:threw (class e)])))

(def ^:private entries [:a 1 "b" nil nil 3 1 :one 2.5 [1] [1 2] {:x 1} false 0 'k #{} :n nil :z 26 -1 1 :y 25])

(def ^:private plain (apply hash-map entries))

(def ^:private in-order (apply ordered-map entries))

(def ^:private gap
  "The same, with empty slots and late keys."
  (-> (apply ordered-map :gone 1 entries) (dissoc :gone "b" :z) (assoc "b" nil :z 26)))

(def ^:private uses
  "Functions of a map whose results do not depend on its order."
  {:map? map?, :coll? coll?, :ifn? ifn?, :fn? fn?, :associative? associative?, :counted? counted?, :seqable? seqable?, :empty? empty?
   :sequential? sequential?, :sorted? sorted?, :vector? vector?, :record? record?, :indexed? indexed?
   :count count, :hash hash, :hash-code #(.hashCode ^Object %), :set set, :keys (comp set keys), :vals (comp frequencies vals)
   :keyword #(vector (:a %) (:n % 2) (:none %) (:none % 2))
   :call #(vector (% nil) (% :none) (% :none 1) (% 1N) (apply % [:a]) (apply % [:none 2]))
   :get #(vector (get % nil) (get % "b" 1) (get % :none 2)), :find #(vector (find % nil) (find % "b") (find % :none))
   :contains? #(mapv (partial contains? %) [nil "b" 1 (int 1) 1.0 :none]), :no-arguments #(%), :three-arguments #(% 1 2 3)
   :many-arguments #(apply % (range 20)), :more-arguments #(apply % (range 30)), :called #(.call ^Callable %), :run #(.run ^Runnable %)
   :destructured (fn [{:keys [a z none] :or {none 5} :strs [b]}] [a z none b])
   :assoc #(assoc % :new 1 nil 2), :dissoc #(dissoc % nil "b" :none), :assoc-in #(assoc-in % [[1 2] :x] 5), :update #(update % :a inc)
   :same-value #(identical? % (assoc % :a (% :a))), :same-without #(identical? % (dissoc % :none))
   :same-meta #(identical? % (with-meta % (meta %)))
   :assoc-ex #(.assocEx ^IPersistentMap % :new 1), :assoc-ex-there #(.assocEx ^IPersistentMap % nil 1)
   :conj-nil #(conj % nil), :conj-pair #(conj % [1 2]), :conj-entry #(conj % (first {1 2})), :conj-map #(conj % {1 2 :q 4})
   :conj-seq #(conj % (seq {1 2}))
   :conj-empty #(conj % ()), :merge-empty #(merge % ()), :conj-three #(conj % [1 2 3]), :conj-number #(conj % 5)
   :conj-list #(conj % '([1 2])), :conj-nil-entry #(conj % [nil nil])
   :merge #(merge % {:a 5}), :merge-into #(merge {:a 5} %), :merge-with #(merge-with vector % {:a 5} %), :into #(into {} %)
   :into-sorted #(into [] (sort-by str %))
   :select-keys #(select-keys % [nil :a :none]), :zipmap #(zipmap (keys %) (vals %)), :update-vals #(update-vals % str)
   :update-keys #(update-keys % str)
   :reduce-kv #(reduce-kv (fn [n k v] (+ n (hash [k v]))) 0 %), :reduced-kv #(reduce-kv (fn [_ _ _] (reduced 1)) 0 %)
   :reduce #(reduce (fn [n e] (+ n (hash e))) 0 %)
   :reduced #(reduce (fn [_ _] (reduced 1)) 0 %), :reduce-1 #(count (reduce conj %)), :filter #(into {} (filter val) %)
   :group-by #(update-vals (group-by (comp class val) %) set)
   :entries #(every? map-entry? %), :seq? #(seq? (seq %)), :prewalk #(walk/prewalk identity %)
   :postwalk #(walk/postwalk (fn [x] (if (number? x) (inc x) x)) %)
   :keywordize #(walk/keywordize-keys %), :diff #(data/diff % {:a 1 :other 2}), :diff-other #(data/diff {:a 1 :other 2} %)
   :rename #(set/rename-keys % {:a :aa})
   :invert #(set/map-invert (dissoc % "b" :n -1)), :rename-in-set #(set/join #{%} #{{:a 1 :joined 2}})
   :as-key #(get {plain :found} %), :in-set #(contains? #{plain} %), :key-of-other #(get {% :found} plain)
   :meta #(meta (assoc (with-meta % {:m 1}) :q 1)), :meta-dissoc #(meta (dissoc (with-meta % {:m 1}) :a))
   :meta-empty #(meta (empty (with-meta % {:m 1})))
   :meta-into #(meta (into (with-meta % {:m 1}) {1 2})), :meta-transient #(meta (persistent! (assoc! (transient (with-meta % {:m 1})) 1 2)))
   :meta-of-vals #(meta (update-vals (with-meta % {:m 1}) str)), :peek peek, :nth #(nth % 0), :compare #(compare % %), :deref deref
   :pop pop, :disj #(disj % 1)
   :read #(= (read-string (pr-str %)) %), :str #(= (read-string (str %)) %), :size #(.size ^Map %)
   :empty-java #(.isEmpty ^Map %), :java-get #(.get ^Map % :a)
   :java-key #(.containsKey ^Map % nil)
   :java-value #(vector (.containsValue ^Map % nil) (.containsValue ^Map % 26) (.containsValue ^Map % 99))
   :java-default #(.getOrDefault ^Map % :none 7), :put #(.put ^Map % 1 2), :remove #(.remove ^Map % 1), :clear #(.clear ^Map %)
   :put-all #(.putAll ^Map % {1 2})
   :entry-set #(.entrySet ^Map %), :entry-set-hash #(.hashCode (.entrySet ^Map %)), :key-set #(.keySet ^Map %)
   :values #(frequencies (.values ^Map %))
   :set-contains #(vector (.contains (.entrySet ^Map %) (first {nil 3})) (.contains (.entrySet ^Map %) 3)
                          (.contains (.keySet ^Map %) nil) (.contains (.keySet ^Map %) :none))
   :set-remove #(.remove (.keySet ^Map %) nil), :iterator-remove #(.remove (doto (.iterator ^Iterable %) .next))
   :beyond #(let [i (.iterator ^Iterable {})] (.next i))
   :hash-map-of #(HashMap. ^Map %), :equals-hash-map #(.equals ^Object % (HashMap. ^Map %))
   :equals-it #(.equals (HashMap. ^Map plain) %)
   :entry-values #(mapv (fn [^Map$Entry e] (.getValue e)) (sort-by (comp str key) (.entrySet ^Map %)))
   :for-each #(let [seen (ArrayList.)] (.forEach ^Map % (reify BiConsumer (accept [_ k v] (.add seen [k v])))) (set seen))
   :not-equal #(vector (= % 1) (= % nil) (= % (dissoc % nil)) (= % (assoc % nil 1)) (= % (assoc (dissoc % nil) :other 3))
                       (= % (vec %)) (.equals ^Object % []))
   :sorted-equal #(let [sorted (into (sorted-map-by (fn [a b] (compare (str a) (str b)))) %)] [(= % sorted) (= sorted %)])
   :transient-read #(let [t (transient %)] [(t nil) (t :none) (t :none 1) (get t "b" 5) (:a t) (count t) (contains? t nil)
                                               (contains? t :none) (find t nil) (find t :none)])
   :transient-arity #((transient %)), :transient-three #((transient %) 1 2 3), :transient-seq #(seq (transient %))
   :transient-conj #(persistent! (reduce conj! (transient %) [[1 2] {3 4} (first {5 6}) nil])), :transient-bad #(conj! (transient %) [1])
   :after-assoc #(let [t (transient %)] (persistent! t) (assoc! t 1 2))
   :after-dissoc #(let [t (transient %)] (persistent! t) (dissoc! t :a)), :after-get #(let [t (transient %)] (persistent! t) (get t :a))
   :after-count #(let [t (transient %)] (persistent! t) (count t))
   :after-conj #(let [t (transient %)] (persistent! t) (conj! t [1 2])), :twice #(let [t (transient %)] (persistent! t) (persistent! t))
   :after-contains #(let [t (transient %)] (persistent! t) (contains? t :a))})

(deftest every-use-is-that-of-a-hash-map
  (doseq [[use f] uses, m [in-order gap (into (ordered-map) plain) (persistent! (reduce-kv assoc! (transient (ordered-map)) plain))]]
    (is (= (outcome f plain) (outcome f m)) use))
  (testing "empty"
    (doseq [[use f] (dissoc uses :as-key :in-set :key-of-other :equals-it)
            m [(ordered-map) (dissoc (ordered-map 1 2) 1) (empty in-order)]]
      (is (= (outcome f (hash-map)) (outcome f m)) use))))

(deftest an-arity-error-counts-the-arguments
  (let [message (fn [m n] (string/replace (ex-message (is (thrown? ArityException (apply m (range n))))) (.getName (class m)) ""))]
    (doseq [n (cons 0 (range 3 30))]
      (is (= (message plain n) (message in-order n) (message (transient in-order) n))))))

(deftest what-keeps-the-type-keeps-the-order
  (let [m (numbers 50)]
    (doseq [f [#(walk/postwalk identity %) #(walk/prewalk identity %) #(update-vals % str) #(into (empty %) %)
               #(merge-with str % {3 "x"}) #(conj % [3 4]) #(persistent! (transient %)) #(with-meta % {:a 1}) #(merge % {4 5})
               #(apply ordered-map (mapcat identity %)) #(update % 7 str)]]
      (is (instance? OrderedMap (f m)))
      (is (= (range 50) (keys (f m)))))))

(deftest printing
  (let [m (numbers 10)]
    (is (= "{0 \"0\", 1 \"1\", 2 \"2\", 3 \"3\", 4 \"4\", 5 \"5\", 6 \"6\", 7 \"7\", 8 \"8\", 9 \"9\"}" (pr-str m) (str m)))
    (is (= "{0 \"0\",\n 1 \"1\",\n 2 \"2\"}\n" (with-out-str (binding [pprint/*print-right-margin* 8] (pprint/pprint (numbers 3))))))
    (is (= "#:a{:c 1, :b 2}" (binding [*print-namespace-maps* true] (pr-str (ordered-map :a/c 1 :a/b 2)))))
    (is (= "{0 \"0\", 1 \"1\", ...}" (binding [*print-length* 2] (pr-str m))))
    (is (= "^{:a 1} {:b 2}" (binding [*print-meta* true] (pr-str (with-meta (ordered-map :b 2) {:a 1})))))
    (let [again (binding [*print-dup* true] (read-string (pr-str (with-meta (assoc m :m (numbers 9)) {:a 1}))))]
      (is (instance? OrderedMap again))
      (is (= (seq (assoc m :m (numbers 9))) (seq again)))
      (is (instance? OrderedMap (:m again)))
      (is (= {:a 1} (meta again))))))

(defn- written-and-read [x]
  (let [bytes (ByteArrayOutputStream.)]
    (with-open [out (ObjectOutputStream. bytes)] (.writeObject out x))
    (.readObject (ObjectInputStream. (ByteArrayInputStream. (.toByteArray bytes))))))

(deftest serialization
  (doseq [m [(ordered-map) (numbers 40) (with-meta (dissoc (numbers 40) 3 4) {:a 1}) in-order]
          :let [again (written-and-read m)]]
    (is (instance? OrderedMap again))
    (is (= (seq m) (seq again)))
    (is (= (meta m) (meta again)))))

(deftest a-reload-keeps-the-types
  (let [m (numbers 9), before OrderedMap]
    (require 'pybridge.ordered :reload)
    (is (identical? before (class (ordered-map 1 2))))
    (is (identical? before (class (assoc m :a 1))))
    (is (instance? TransientOrderedMap (transient m)))))

;; ---- space and time ------------------------------------------------------------------------------------------------

(defn- size-of [^OrderedMap m] [(count (.-slots m)) (alength ^longs (.-table m)) (count (.-extra m))])

(deftest space-is-bounded
  (testing "a key comes and goes"
    (doseq [m [(reduce (fn [m i] (dissoc (assoc m i i) i)) (numbers 10) (range 100 10000))
               (reduce (fn [m i] (assoc (dissoc m 3) 3 i)) (numbers 10) (range 10000))
               (persistent! (reduce (fn [t i] (dissoc! (assoc! t i i) i)) (transient (numbers 10)) (range 100 10000)))
               (reduce (fn [m i] (assoc (dissoc m (key (first m))) i i)) (numbers 10) (range 100 10000))]]
      (is (= 10 (count m)))
      (is (every? #(< % 300) (size-of m)))))
  (testing "inside a transient"
    (let [t (reduce (fn [t i] (dissoc! (assoc! t i i) i)) (transient (numbers 10)) (range 100 10000))]
      (is (< (count (persistent! (let [f (.getDeclaredField TransientOrderedMap "slots")] (.setAccessible f true) (.get f t)))) 60))))
  (testing "a large map gets small"
    (doseq [m [(reduce dissoc (numbers 10000) (range 9990)) (reduce dissoc (numbers 10000) (range 9999 9 -1))
               (persistent! (reduce dissoc! (transient (numbers 10000)) (range 9990)))]]
      (is (= 10 (count m)))
      (is (every? #(< % 1000) (size-of m))))))

(deftest taking-from-either-end-is-fast
  (doseq [end [first #(first (rseq %))]]
    (let [start (System/nanoTime)]
      (is (empty? (loop [m (numbers 50000)] (if-let [e (end m)] (recur (dissoc m (key e))) m))))
      (is (< (/ (- (System/nanoTime) start) 1e9) 5)))))

(deftest doubles-spread
  (let [start (System/nanoTime), m (from-array (to-array (mapcat #(vector (double %) %) (range 50000))))]
    (is (= 50000 (count m)))
    (is (every? #(= % (m (double %))) (range 50000)))
    (is (< (/ (- (System/nanoTime) start) 1e9) 5))))

(deftest threads-share-a-map
  (let [m (numbers 1000)
        changed (fn [t]
                  (future
                    (let [mine (reduce #(assoc (dissoc %1 (- %2 5000)) %2 t) m (range 5000 6000))]
                      [(= (hash m) (hash (numbers 1000))) (= (range 5000 6000) (keys mine)) (every? #{t} (vals mine))])))]
    (is (= (repeat 4 [true true true]) (map deref (mapv changed (range 4)))))
    (is (= (range 1000) (keys m)))))

(defmacro ^:private in-code [n] (apply ordered-map (mapcat (fn [i] [(keyword (str "k" i)) (list `inc i)]) (range n))))

(deftest a-map-in-code-is-a-map
  (doseq [n [0 1 8 9 100], :let [m (apply ordered-map (range (* 2 n)))]]
    (is (= m (eval m) ((eval (list 'fn [] (list 'quote m)))))))
  (is (= {:k0 1, :k1 2} (in-code 2)) "what is in it is evaluated, as in any map in code")
  (is (= (zipmap (map #(keyword (str "k" %)) (range 12)) (range 1 13)) (in-code 12))))
