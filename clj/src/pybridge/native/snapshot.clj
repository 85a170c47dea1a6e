(ns ^{:clj-reload/no-reload true, :clojure.tools.namespace.repl/load false} pybridge.native.snapshot
  "What is to go to Python, as it is at one moment. Only collections that nobody else has written a line of are walked while the GIL is
  held: any other may wait for a thread that waits for the GIL, count wrongly or change meanwhile, and is copied first, without it."
  (:require [pybridge.handle]
            [pybridge.native.bridge :as bridge]
            [pybridge.native.kinds :as kinds]
            [pybridge.native.limits :as limits :refer [deeper refuse]]
            [pybridge.once :refer [once]]
            [pybridge.ordered])
  (:import (clojure.lang ArraySeq Counted IPersistentMap IPersistentSet IRecord Keyword LongRange MapEntry PersistentArrayMap
                         PersistentHashMap PersistentHashSet PersistentList PersistentList$EmptyList PersistentTreeMap PersistentTreeSet
                         PersistentVector PersistentVector$ChunkedSeq RT Sequential)
           (java.util ArrayList Arrays Collection ConcurrentModificationException IdentityHashMap Iterator Map Map$Entry Set)
           (java.util.concurrent ConcurrentHashMap)
           (pybridge.handle Handle)
           (pybridge.native.bridge Bridge Peer)
           (pybridge.ordered OrderedMap)))

(set! *warn-on-reflection* true)
(set! *unchecked-math* true)

(once Snapshot
  ;; shape:    :list, :set or :map, whose elements are entries
  (deftype Snapshot [shape ^objects elements]
    Counted
    (count [_] (alength elements))
    Iterable
    (iterator [_] (.iterator (Arrays/asList elements)))))

(defmacro ^:private one-of
  "Is `x`, a symbol, one of `classes`?"
  [x & classes]
  `(or ~@(for [c classes] `(identical? ~x ~c))))

(defn- own-class? [^Class c]
  (one-of c PersistentVector PersistentArrayMap OrderedMap PersistentHashMap Snapshot MapEntry PersistentHashSet PersistentList
    PersistentList$EmptyList PersistentVector$ChunkedSeq ArraySeq LongRange PersistentTreeMap PersistentTreeSet))

(defn own?
  "Is `x` a collection whose code is Clojure's or ours: it gives as many elements as it counts, waits for nobody and never changes?"
  [x]
  (own-class? (class x)))

(def ^:private ^Class objects "Arrays of anything but primitives." (class (object-array 0)))

(defn shape
  "What the collection `x` is in Python, :map, :set or :list; nil of what is none."
  [x]
  (cond
    (instance? Snapshot x) (.-shape ^Snapshot x)
    (or (instance? IPersistentMap x) (instance? Map x)) :map
    (instance? IPersistentSet x) :set
    (instance? Sequential x) :list
    (instance? Set x) :set
    (or (instance? Collection x) (instance? objects x) (instance? Map$Entry x)) :list))

(defn entries
  "The entries of the map `x`, one of our own, as a collection."
  [x]
  (Snapshot. :list (to-array (iterator-seq (.iterator ^Iterable x)))))

;; Java class -> the function that a user has registered for its values.
(defonce ^:private ^ConcurrentHashMap registered (ConcurrentHashMap.))

(def ^:private built-in
  "Values of the classes that cross as the table says, whatever is registered."
  ["" 0 0.0 true \a :a 'a {} [] #{} () (ArrayList.) (java.util.HashMap.)])

(defn register!
  "Have values of `java-class` and of its subclasses go to Python as what `f` makes of them."
  [^Class java-class f]
  (when (or (own-class? java-class) (some #(instance? java-class %) built-in) (.isAssignableFrom Handle java-class))
    (refuse (str "values of " (.getName java-class) " cross as the table says; register a conversion for a class of your own") #:pybridge{:class java-class}))
  (.put registered java-class f))

(defn forget!
  "Let values of `java-class` go to Python as they did before."
  [java-class]
  (.remove registered java-class))

(defn conversion-for
  "The function that is registered for the class of `x`, or for the nearest class or interface above it; nil when there is none."
  [x]
  (when-not (.isEmpty registered)
    (or (.get registered (class x))
        (some->> (filter #(instance? % x) (keys registered))
                 (sort-by #(count (supers %)))
                 last
                 (.get registered)))))

(defn foreign?
  "Is `x` a collection that is not ours, or a value that a registered function converts?"
  [x]
  (boolean (or (and (some? (shape x)) (not (instance? IRecord x)) (not (own? x)))
               (conversion-for x))))

(defn- converted
  "What the registered function `convert` makes of `x`, which may call Python."
  [convert x]
  (let [found (binding [kinds/*converting?* true] (convert x))]
    (when (identical? convert (conversion-for found))
      (refuse (str "the conversion of a " (.getName (class x)) " gave another one, which would be converted for ever; give what Python is to have")
              #:pybridge{:class (class x)}))
    found))

(defn- bound
  "How many elements `x` may give: as many as it says, where it says so."
  ^long [x]
  (max (long limits/longest-uncounted)
       (long (cond
               (instance? Counted x) (.count ^Counted x)
               (instance? Sequential x) 0
               (instance? Collection x) (.size ^Collection x)
               (instance? Map x) (.size ^Map x)
               :else 0))))

(defn- taken
  "An array of what the iterator of `x` gives."
  ^objects [x]
  (let [most (bound x)
        ^Iterator elements (RT/iter x)
        found (ArrayList.)]
    (while (.hasNext elements)
      (when (== most (.size found))
        (refuse (str "a seq of more than " most " items would be copied whole; stream it with (pb/iter s)") {}))
      (.add found (.next elements)))
    (.toArray found)))

(defn- java-own? [x] (nil? (.getClassLoader (class x))))

(defn- changing
  "The error of a collection that another thread changes."
  [x]
  (refuse (str "this " (.getName (class x)) " changed while it was copied; copy it where nothing changes it, (vec x), and pass the copy")
          #:pybridge{:class (class x)}))

(defn- elements
  "An array of the elements of `x`, of a map the entries. Those of java.util are copied in one go, so under the lock of one that has a lock."
  ^objects [x]
  (try
    (cond
      (instance? objects x) (aclone ^objects x)
      (and (instance? Map$Entry x) (not (instance? Sequential x))) (object-array [(key x) (val x)])
      (and (instance? Collection x) (java-own? x)) (.toArray ^Collection x)
      (and (instance? Map x) (java-own? x)) (.toArray (.entrySet ^Map x))
      :else (taken x))
    (catch ConcurrentModificationException _ (changing x))))

(once Walk
  ;; tall?: does the stack do for any depth?
  ;; peer:  who knows the objects of other bridges, which are Python's
  ;; seen:  collection -> its snapshot, so that what is shared is copied once
  (deftype Walk [tall? ^Peer peer ^IdentityHashMap seen]))

(defn- new-walk [tall?]
  (let [^Bridge bridge (bridge/installed)]
    (Walk. tall? (some-> bridge .-peer) (IdentityHashMap.))))

(defn- leaf? [x]
  (or (nil? x) (instance? Long x) (instance? Double x) (instance? String x) (instance? Keyword x) (instance? Boolean x) (instance? Handle x)))

(declare settled)

(defn- settled-entry [^Map$Entry entry ^long depth walk]
  (let [k (.getKey entry), v (.getValue entry)
        settled-k (settled k depth walk), settled-v (settled v depth walk)]
    (if (and (instance? MapEntry entry) (identical? k settled-k) (identical? v settled-v))
      entry
      (MapEntry/create settled-k settled-v))))

(defn- settle-all
  "Settle the elements in an array; whether any is another now."
  [shape ^objects xs ^long depth walk]
  (let [settle (if (= :map shape) settled-entry settled)]
    (loop [i 0, changed? false]
      (if (< i (alength xs))
        (let [x (aget xs i), found (settle x depth walk)]
          (aset xs i found)
          (recur (inc i) (or changed? (not (identical? x found)))))
        changed?))))

(defn- settled-collection [x shape ^long depth ^Walk walk]
  (let [^IdentityHashMap seen (.-seen walk)]
    (or (.get seen x)
        (let [xs (elements x)
              changed? (settle-all shape xs (deeper depth (.-tall? walk)) walk)
              found (if (or changed? (not (own? x))) (Snapshot. shape xs) x)]
          (.put seen x found)
          found))))

(defn- settled
  "`x`, `depth` levels deep, with a snapshot in place of every collection that is not ours, and what registered functions make of the rest."
  [x ^long depth ^Walk walk]
  (cond
    (leaf? x) x
    (own? x) (settled-collection x (shape x) depth walk)
    (and (.-peer walk) (.holds ^Peer (.-peer walk) x)) x
    :else
    (if-let [convert (conversion-for x)]
      (recur (converted convert x) depth walk)
      (let [shape (when-not (instance? IRecord x) (shape x))]
        (if shape (settled-collection x shape depth walk) x)))))

(defn snapshot
  "`x`, as deep as it goes, in collections of our own. Runs anybody's code: the GIL must be given away."
  [x tall?]
  (settled x 0 (new-walk tall?)))

(defn snapshot-of-elements
  "A snapshot of what iterating over `x` gives."
  [x tall?]
  (settled-collection x :list 0 (new-walk tall?)))

(defn- size
  "How many collections the collection `x` is made of, counting one that occurs twice twice; `seen` has the sizes of those that are known."
  ^double [x ^IdentityHashMap seen]
  (if-let [known (.get seen x)]
    (double known)
    (let [elements (.iterator ^Iterable x)]
      (.put seen x 1.0) ; holds itself? Its depth is refused
      (loop [all 1.0]
        (if (.hasNext elements)
          (let [x (.next elements)]
            (recur (if (own? x) (+ all (double (size x seen))) all)))
          (do (.put seen x all) all))))))

(defn copies
  "How many collections converting `x`, one of our own, makes beyond those that it has: one that it holds twice is made twice."
  ^double [x]
  (let [seen (IdentityHashMap.)]
    (- (size x seen) (.size seen))))
