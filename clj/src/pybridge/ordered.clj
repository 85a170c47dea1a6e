(ns ^{:clj-reload/no-reload true, :clojure.tools.namespace.repl/load false} pybridge.ordered
  "A persistent map that keeps its keys in the order they came in, as a Python dict does.

  The entries are in a vector, the slots; a slot whose key was removed holds nil. A table, which never changes once the map exists,
  knows the slots of the keys that the map was made with; `extra`, a hash map, those of keys that came later. So making a map costs
  what filling arrays does, and changing one what changing a hash map and a vector does. Up to eight entries need no table (it is nil):
  they are looked through."
  (:require [pybridge.once :refer [once]]
            [pybridge.ordered.table :as table])
  (:import (clojure.lang AFn APersistentMap ArityException Associative IEditableCollection IFn IHashEq IKVReduce ILookup IMapIterable
                         IObj IPersistentMap IReduce ITransientAssociative2 ITransientMap ITransientVector
                         LazilyPersistentVector MapEntry MapEquivalence PersistentVector Reversible RT Util)
           (java.io Serializable Writer)
           (java.util AbstractCollection AbstractSet Arrays Iterator Map Map$Entry)))

(set! *warn-on-reflection* true)
(set! *unchecked-math* true)

(def ^:private ^:const small 8)

(defn- slot-of
  "The slot of a key, or -1. `extra` and `slots` may be transient."
  ^long [table ^ILookup extra slots k]
  (cond
    (nil? table) (table/scan slots k)
    :else (if-some [slot (.valAt extra k)] (long slot) (table/slot table slots k))))

(defn- entry-of
  "The entry of a key in a map, or nil."
  [table ^IPersistentMap extra ^PersistentVector slots k]
  (if (nil? table)
    (let [slot (table/scan slots k)] (when-not (neg? slot) (.nth slots slot)))
    (if-some [slot (.valAt extra k)] (.nth slots (int slot)) (table/entry table slots k))))

(defn- sparse?
  "Are there so many empty slots, or is the table so large, that a new map of the `live` entries should be made?"
  [^longs table ^long slots ^long live]
  (or (> slots (+ 32 (* 2 live))) (> (alength table) (+ 256 (* 16 live)))))

(defn- in-order
  "The entries in order: the slots themselves where none is empty. Those before `start` are."
  [^PersistentVector slots ^long start ^long live]
  (if (== live (.count slots)) slots (filter some? (drop start slots))))

(defn- flat
  "An array k0 v0 k1 v1 … of the `live` entries in `slots`."
  [^PersistentVector slots ^long live]
  (let [kvs (object-array (* 2 live))]
    (reduce (fn [i ^MapEntry e]
              (if (nil? e)
                i
                (let [i (long i)]
                  (aset kvs i (.key e))
                  (aset kvs (inc i) (.val e))
                  (+ 2 i))))
            0 slots)
    kvs))

(defn- conj-all
  "What `conj` makes of `m`, to which `put` adds a key and a value, and an entry, pair, map or seq of entries."
  [put m x]
  (cond
    (instance? Map$Entry x) (put m (.getKey ^Map$Entry x) (.getValue ^Map$Entry x))
    (vector? x) (if (== 2 (count x))
                  (put m (nth x 0) (nth x 1))
                  (throw (IllegalArgumentException. "Vector arg to map conj must be a pair")))
    :else (reduce (fn [m ^Map$Entry e] (put m (.getKey e) (.getValue e))) m (seq x))))

(defn- mapped
  "An iterator over what `f` makes of what `iterator` gives."
  [f ^Iterator iterator]
  (reify Iterator
    (hasNext [_] (.hasNext iterator))
    (next [_] (f (.next iterator)))))

(defmacro ^:private as-function
  "`definition`, a deftype, as a function of a key and a default; to call it with another number of arguments is an error."
  [definition]
  (let [this (gensym "this"), xs (vec (repeatedly 20 gensym))
        refuse (fn [n] `(throw (ArityException. ~n (.getName (class ~this)))))]
    `(~@definition
      IFn
      (~'invoke [this# k#] (.valAt this# k#))
      (~'invoke [this# k# not-found#] (.valAt this# k# not-found#))
      ~@(for [n (cons 0 (range 3 21))] `(~'invoke [~this ~@(take n xs)] ~(refuse n)))
      (~'invoke [~this ~@xs more#] ~(refuse 21))
      (~'applyTo [this# xs#] (AFn/applyToHelper this# xs#))
      (~'call [~this] ~(refuse 0))
      (~'run [~this] ~(refuse 0)))))

(defmacro ^:private as-data
  "`definition`, a deftype, without the mark of one: of what has that mark, in code that a macro gives, the compiler makes a constant
  out of its fields; of any other map what it makes of a map."
  [definition]
  (for [form (macroexpand definition)]
    (if (and (seq? form) (= 'deftype* (first form)))
      (for [part form]
        (if (vector? part) (into [] (remove #{'clojure.lang.IType}) part) part))
      form)))

(declare from-array settled editable grown)

;; ---- the map -------------------------------------------------------------------------------------------------------------

(once Replaced (definterface Replaced (writeReplace [])))

(once Written
  (do (definterface Resolved (readResolve []))
      (deftype Written [kvs meta]
        ;; What a map is while it is serialized: a hash may differ where it is read.
        Serializable
        Resolved
        (readResolve [_] (with-meta (from-array kvs) meta)))))

(once OrderedMap
  (as-data (as-function
   (deftype OrderedMap [table ^IPersistentMap extra ^PersistentVector slots ^long start ^long live meta
                        ^:unsynchronized-mutable ^int known-hasheq ^:unsynchronized-mutable ^int known-hash]
     IPersistentMap
     (assoc [this k v]
       (let [slot (slot-of table extra slots k)]
         (cond
           (and (neg? slot) (nil? table)) (grown slots k v meta)
           (neg? slot) (OrderedMap. table (assoc extra k (count slots)) (.cons slots (MapEntry/create k v)) start (inc live) meta 0 0)
           :else
           (let [^MapEntry e (.nth slots slot)]
             (if (identical? v (.val e))
               this
               (OrderedMap. table extra (.assocN slots slot (MapEntry/create (.key e) v)) start live meta 0 0))))))
     (assocEx [this k v]
       (if (.containsKey this k) (throw (RuntimeException. "Key already present")) (.assoc this k v)))
     (without [this k]
       (let [slot (slot-of table extra slots k)]
         (if (neg? slot)
           this
           (settled table (.without extra k) (.assocN slots slot nil) start (dec live) meta))))
     (cons [this x] (conj-all (fn [^Associative m k v] (.assoc m k v)) this x))
     (empty [_] (with-meta (from-array (object-array 0)) meta))
     (equiv [this other]
       (boolean
        (and (instance? Map other)
             (or (instance? MapEquivalence other) (not (instance? IPersistentMap other)))
             (== live (.size ^Map other))
             (every? (fn [^MapEntry e]
                       (and (.containsKey ^Map other (.key e)) (Util/equiv (.val e) (.get ^Map other (.key e)))))
                     (.seq this)))))
     (containsKey [_ k] (some? (entry-of table extra slots k)))
     (entryAt [_ k] (entry-of table extra slots k))
     (valAt [_ k] (when-some [e (entry-of table extra slots k)] (.val ^MapEntry e)))
     (valAt [_ k not-found] (if-some [e (entry-of table extra slots k)] (.val ^MapEntry e) not-found))
     (count [_] (int live))
     (seq [_] (seq (in-order slots start live)))
     (iterator [_] (.iterator ^Iterable (in-order slots start live)))
     MapEquivalence
     Reversible
     (rseq [_] (if (== live (.count slots)) (.rseq slots) (seq (filter some? (.rseq slots)))))
     IReduce
     (reduce [_ f] (reduce f (in-order slots start live)))
     (reduce [_ f init] (reduce f init (in-order slots start live)))
     IKVReduce
     (kvreduce [_ f init]
       (reduce (fn [so-far ^MapEntry e] (f so-far (.key e) (.val e))) init (in-order slots start live)))
     IMapIterable
     (keyIterator [this] (mapped key (.iterator this)))
     (valIterator [this] (mapped val (.iterator this)))
     IEditableCollection
     (asTransient [_] (editable table extra slots start live))
     IObj
     (meta [_] meta)
     (withMeta [this new-meta]
       (if (identical? meta new-meta) this (OrderedMap. table extra slots start live new-meta known-hasheq known-hash)))
     IHashEq
     (hasheq [this]
       (when (zero? known-hasheq) (set! known-hasheq (APersistentMap/mapHasheq this)))
       known-hasheq)
     Object
     (hashCode [this]
       (when (zero? known-hash) (set! known-hash (APersistentMap/mapHash this)))
       known-hash)
     (equals [this other] (APersistentMap/mapEquals this other))
     (toString [this] (RT/printString this))
     Serializable
     Replaced
     (writeReplace [_] (Written. (flat slots live) meta))
     Map
     (size [_] (int live))
     (isEmpty [_] (zero? live))
     (get [this k] (.valAt this k nil))
     (containsValue [this v] (.contains (.values this) v))
     (keySet [m]
       (proxy [AbstractSet] []
         (iterator [] (.keyIterator m))
         (size [] (.size m))
         (contains [k] (.containsKey m k))))
     (values [m]
       (proxy [AbstractCollection] []
         (iterator [] (.valIterator m))
         (size [] (.size m))))
     (entrySet [m]
       (proxy [AbstractSet] []
         (iterator [] (.iterator m))
         (size [] (.size m))
         (hashCode [] (.hashCode m))
         (contains [x]
           (boolean (and (instance? Map$Entry x)
                         (when-some [e (.entryAt m (.getKey ^Map$Entry x))]
                           (Util/equals (.val e) (.getValue ^Map$Entry x))))))))
     (put [_ _ _] (throw (UnsupportedOperationException.)))
     (remove [_ _] (throw (UnsupportedOperationException.)))
     (putAll [_ _] (throw (UnsupportedOperationException.)))
     (clear [_] (throw (UnsupportedOperationException.)))))))

(defn- few
  "The ordered map of an array of at most eight keys and values."
  ^OrderedMap [^objects kvs]
  (let [n (quot (alength kvs) 2), entries (object-array n)]
    (loop [i 0, live 0]
      (if (< i n)
        (let [k (aget kvs (* 2 i)), v (aget kvs (inc (* 2 i)))
              there (table/scan-among entries live k)]
          (if (neg? there)
            (do (aset entries live (MapEntry/create k v)) (recur (inc i) (inc live)))
            (do (aset entries there (MapEntry/create (key (aget entries there)) v)) (recur (inc i) live))))
        (let [entries (if (== live n) entries (Arrays/copyOf entries live))]
          (OrderedMap. nil {} (LazilyPersistentVector/createOwning entries) 0 live nil 0 0))))))

(defn- many
  "The ordered map of an array of more."
  ^OrderedMap [^objects kvs]
  (let [n (quot (alength kvs) 2)
        table (table/blank n)
        entries (object-array n)]
    (loop [i 0, live 0]
      (if (< i n)
        (let [k (aget kvs (* 2 i)), v (aget kvs (inc (* 2 i)))
              there (table/slot-among table entries k)]
          (if (neg? there)
            (do (table/enter! table k live)
                (aset entries live (MapEntry/create k v))
                (recur (inc i) (inc live)))
            (do (aset entries there (MapEntry/create (key (aget entries there)) v)) (recur (inc i) live))))
        (let [entries (if (== live n) entries (Arrays/copyOf entries live))]
          (OrderedMap. table {} (LazilyPersistentVector/createOwning entries) 0 live nil 0 0))))))

(defn from-array
  "The ordered map of an array k0 v0 k1 v1 …, which is not kept. Of equal keys it has the first, in its place, with the last one's
  value: so its count shows whether there were any."
  ^OrderedMap [^objects kvs]
  (when (odd? (alength kvs))
    (throw (IllegalArgumentException. (str "No value supplied for key: " (aget kvs (dec (alength kvs)))))))
  (if (<= (alength kvs) (* 2 (long small))) (few kvs) (many kvs)))

(defn- grown
  "The map of the entries in `slots`, at most eight, and one more."
  [^PersistentVector slots k v meta]
  (let [n (.count slots)
        kvs (Arrays/copyOf ^objects (flat slots n) (int (* 2 (inc n))))]
    (aset kvs (* 2 n) k)
    (aset kvs (inc (* 2 n)) v)
    (with-meta (from-array kvs) meta)))

(defn ordered-map
  "A map of keys and values in the order given. It equals any map with the same entries; a key that is associated anew keeps its
  place, a new key goes to the end."
  [& keys-and-values]
  (from-array (to-array keys-and-values)))

(defn- settled
  "The map of slots of which some may be empty, made anew where that saves space."
  [table extra ^PersistentVector slots start live meta]
  (let [live (long live)]
    (if (or (nil? table) (zero? live) (sparse? table (.count slots) live))
      (with-meta (from-array (flat slots live)) meta)
      ;; What is empty at either end goes, so that taking entries away there one by one stays fast.
      (let [slots (loop [slots slots] (if (peek slots) slots (recur (pop slots))))
            start (loop [i (long start)] (if (nth slots i) i (recur (inc i))))]
        (OrderedMap. table extra slots start live meta 0 0)))))

;; ---- its transient -------------------------------------------------------------------------------------------------------

(once TransientOrderedMap
  (as-function
   (deftype TransientOrderedMap [^:unsynchronized-mutable ^longs table ^:unsynchronized-mutable ^ITransientMap extra
                                 ^:unsynchronized-mutable ^ITransientVector slots ^:unsynchronized-mutable ^long start
                                 ^:unsynchronized-mutable ^long live ^:unsynchronized-mutable ^long spare]
     ;; The table is the map's own, and new keys go to `extra`, until there are so many, `spare`, that a table for the transient
     ;; costs little beside them; `spare` is -1 from then on. After persistent!, it is `extra` or `slots` that refuses.
     ITransientMap
     (assoc [this k v]
       (let [slot (slot-of table extra slots k), n (.count slots)]
         (if (neg? slot)
           (do (set! slots ^ITransientVector (.conj slots (MapEntry/create k v)))
               (set! live (inc live))
               (cond
                 (pos? spare) (do (set! extra ^ITransientMap (assoc! extra k n))
                                  (set! spare (dec spare)))
                 (or (zero? spare) (table/full? table n)) (do (set! table (table/of-slots slots (inc n)))
                                                              (set! extra (transient {}))
                                                              (set! spare -1))
                 :else (table/enter! table k n)))
           (let [^MapEntry e (.nth slots slot)]
             (when-not (identical? v (.val e))
               (set! slots (.assocN slots slot (MapEntry/create (.key e) v))))))
         this))
     (without [this k]
       (let [slot (slot-of table extra slots k)]
         (when-not (neg? slot)
           (set! extra (.without extra k))
           (set! slots (.assocN slots slot nil))
           (set! live (dec live))
           (when (sparse? table (.count slots) live)
             (let [dense (from-array (flat (.persistent slots) live))]
               (set! table ^longs (or (.-table dense) (table/of-slots (.-slots dense) (count dense))))
               (set! extra (transient {}))
               (set! slots (transient (.-slots dense)))
               (set! start 0)
               (set! spare -1))))
         this))
     (conj [this x] (conj-all (fn [^ITransientMap m k v] (.assoc m k v)) this x))
     (persistent [_] (settled table (.persistent extra) (.persistent slots) start live nil))
     (count [_] (.count slots) (int live))
     (valAt [this k] (.valAt this k nil))
     (valAt [_ k not-found]
       (let [slot (slot-of table extra slots k)]
         (if (neg? slot) not-found (.val ^MapEntry (.nth slots slot)))))
     ITransientAssociative2
     (containsKey [_ k] (not (neg? (slot-of table extra slots k))))
     (entryAt [_ k]
       (let [slot (slot-of table extra slots k)]
         (when-not (neg? slot) (.nth slots slot)))))))

(defn- editable [table extra slots start live]
  (TransientOrderedMap. (or table (table/of-slots slots (count slots))) (transient extra) (transient slots) start live (quot (long live) 2)))

(defmethod print-dup OrderedMap [^OrderedMap m ^Writer writer]
  (when-let [about (meta m)]
    (.write writer "^")
    (print-dup about writer)
    (.write writer " "))
  (.write writer "#=(pybridge.ordered/ordered-map")
  (run! (fn [x] (.write writer " ") (print-dup x writer)) (flat (.-slots m) (.-live m)))
  (.write writer ")"))
