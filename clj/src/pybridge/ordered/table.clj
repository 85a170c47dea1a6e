(ns ^{:clj-reload/no-reload true, :clojure.tools.namespace.repl/load false} pybridge.ordered.table
  "Where the keys of an ordered map are: an open-addressing hash table in one array, for many readers or a single writer.

  A cell holds the hash of a key and, in its lower half, the key's slot + 1; a free one 0. The keys themselves are in the entries
  that the slots hold. What a table says of a slot that has since been emptied, or given to another key, does no harm: a key that
  is looked for is compared with the one in the slot."
  (:import (clojure.lang Indexed MapEntry PersistentVector Util)))

(set! *warn-on-reflection* true)
(set! *unchecked-math* true)

(def ^:private ^:const low 0xffffffff)

(defn blank
  "A table with room for `n` keys: its length is a power of two, and at most half of it gets used."
  ^longs [^long n]
  (long-array (if (zero? n) 2 (* 2 (Long/highestOneBit (dec (* 2 n)))))))

(defn full? "Has a table no room for one more than `n` keys?" [^longs table ^long n] (> (* 2 (inc n)) (alength table)))

(defn- home
  "The cell where the search for a hash starts. Multiplying spreads hashes that differ in few bits, such as those of doubles."
  ^long [^longs table ^long h]
  (unsigned-bit-shift-right (* h -7046029254386353131) (inc (Long/numberOfLeadingZeros (long (alength table))))))

(defmacro ^:private search
  "`found`, where `slot` and `entry` are those of the key `k`, the entry being what `at-slot` gives; or else `missing`."
  [table k [slot entry at-slot] found missing]
  `(let [h# (bit-and (Util/hasheq ~k) low), mask# (dec (alength ~table))]
     (loop [i# (home ~table h#)]
       (let [cell# (aget ~table i#)]
         (if (zero? cell#)
           ~missing
           (let [~slot (dec (bit-and cell# low))
                 ~entry (when (== h# (unsigned-bit-shift-right cell# 32)) ~at-slot)]
             (if (and (some? ~entry) (Util/equiv ~k (.key ~(with-meta entry {:tag `MapEntry}))))
               ~found
               (recur (bit-and (inc i#) mask#)))))))))

(defn slot
  "The slot of a key, or -1. `slots` may be transient."
  ^long [^longs table ^Indexed slots k]
  (search table k [slot entry (.nth slots slot nil)] slot -1))

(defn entry
  "The entry of a key, or nil: quicker than by way of its slot."
  [^longs table ^PersistentVector slots k]
  (search table k [slot entry (.nth slots slot nil)] entry nil))

(defn slot-among
  "The slot of a key, or -1, where an array has the entries."
  ^long [^longs table ^objects entries k]
  (search table k [slot entry (aget entries slot)] slot -1))

(defn scan
  "The slot of a key, or -1, where there is no table."
  ^long [^Indexed slots k]
  (let [n (.count slots)]
    (loop [i 0]
      (cond
        (== i n) -1
        (Util/equiv k (.key ^MapEntry (.nth slots i))) i
        :else (recur (inc i))))))

(defn scan-among
  "The same where an array has the first `n` entries."
  ^long [^objects entries ^long n k]
  (loop [i 0]
    (cond
      (== i n) -1
      (Util/equiv k (.key ^MapEntry (aget entries i))) i
      :else (recur (inc i)))))

(defn enter!
  "Enter a key that is not there yet; the table must have room."
  [^longs table k ^long slot]
  (let [h (bit-and (Util/hasheq k) low), mask (dec (alength table))]
    (loop [i (home table h)]
      (if (zero? (aget table i))
        (aset table i (bit-or (bit-shift-left h 32) (inc slot)))
        (recur (bit-and (inc i) mask))))))

(defn of-slots
  "A table of the first `n` slots, which may be transient, with room for as many more."
  ^longs [^Indexed slots ^long n]
  (let [table (blank (* 2 n))]
    (dotimes [i n]
      (when-some [e (.nth slots i)]
        (enter! table (.key ^MapEntry e) i)))
    table))
