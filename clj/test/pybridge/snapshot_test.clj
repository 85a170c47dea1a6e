(ns pybridge.snapshot-test
  "Collections that wait, lie or change as they cross, and those that share or nest without measure."
  (:require [clojure.test :refer [deftest is testing]]
            [pybridge.core :as pb])
  (:import (java.util AbstractCollection AbstractMap ArrayList Collections ConcurrentModificationException HashMap)
           (java.util.concurrent CountDownLatch)))

(def ^:private same (delay (pb/run "lambda x: x")))

(defn- within-a-minute
  "What `f` gives or throws on a thread of its own, or :hung."
  [f]
  (let [answer (promise)]
    (doto (Thread. #(deliver answer (try (f) (catch Throwable failure failure)))) (.setDaemon true) .start)
    (deref answer 60000 :hung)))

(defn- saying [elements size]
  (proxy [AbstractCollection] [] (size [] size) (iterator [] (.iterator ^Iterable elements))))

(deftest a-collection-that-waits-for-a-thread-that-waits-for-the-gil
  (let [xs (Collections/synchronizedList (ArrayList. [1 2 3]))
        locked (CountDownLatch. 1)]
    (future
      (locking xs
        (.countDown locked)
        (Thread/sleep 200)
        (dotimes [_ 20] (@same 1))))
    (.await locked)
    (is (= [[1 2 3] {:a [1 2 3]}] (within-a-minute #(@same [xs {:a xs}])))))
  (testing "whose iterator waits, inside our own collections and as a key's value"
    (let [slow (proxy [AbstractCollection] []
                 (size [] 1)
                 (iterator [] @(future (@same 1)) (.iterator [7])))]
      (is (= [{:a [[7]]}] (within-a-minute #(@same [{:a [slow]}]))))))
  (testing "an object whose hash asks Python, as an element of a set"
    (let [x (reify Object (hashCode [_] @(future (@same 3))))]
      (is (= #{x} (within-a-minute #((pb/run "lambda x: {x}") x)))))))

(deftest what-counts-wrongly-arrives-as-it-is-walked
  (is (= [[1 2]] (within-a-minute #(@same [(saying [1 2] 5)]))))
  (is (= [[1 2 3]] (within-a-minute #(@same [(saying [1 2 3] 1)]))))
  (is (= {:a 1} (within-a-minute #(@same (proxy [AbstractMap] [] (size [] 9) (entrySet [] (.entrySet (HashMap. {:a 1}))))))))
  (is (re-find #"^a seq of more than 10000000 items would be copied whole"
               (ex-message (within-a-minute #(@same [(saying (repeat 1) 3)]))))))

(deftest what-changes-meanwhile-is-refused
  (is (re-find #"^this pybridge\.\S+ changed while it was copied; copy it where nothing changes it, \(vec x\), and pass the copy$"
               (ex-message (within-a-minute #(@same (proxy [AbstractCollection] []
                                                      (size [] 1)
                                                      (iterator [] (throw (ConcurrentModificationException.)))))))))
  (let [xs (ArrayList. ^java.util.Collection (range 1000))
        busy (future (dotimes [i 20000] (.add xs i) (.remove xs (int 0))))]
    (while (not (realized? busy))
      (is (vector? (try (@same xs) (catch Exception failure failure)))))))

(deftest python-never-sees-a-list-that-is-half-made
  (pb/run "
import gc
def half_made():
    return {id(x) for x in gc.get_objects() if type(x) in (list, tuple) and len(gc.get_referents(x)) < len(x)}
others = half_made()
def look():
    return len(half_made() - others)")
  (is (= [[1 [0 0]] [0] [1]]
         (within-a-minute #(@same [[1 (map (fn [_] ((pb/from-python :look))) [2 3])] [((pb/from-python :look))] [1]])))))

(deftest lists-that-python-changes-meanwhile
  (pb/run "
class Changing:
    pass
xs = [Changing(), 1, [2], 3]
def clear(x):
    xs.clear()
    return 'gone'")
  (pb/add-conversion! (pb/from-python :Changing) (fn [x] ((pb/from-python :clear) x)))
  (is (= ["gone" 1 [2] 3] (pb/from-python :xs)))
  (pb/remove-conversion! (pb/from-python :Changing)))

(deftest what-is-shared
  (let [share "def share(n):\n    x = 1\n    for _ in range(n): x = [x, x]\n    return x\nshare"
        found (within-a-minute #((pb/run share) 60))]
    (is (identical? (found 0) (found 1)))
    (is (= [[[1 1] [1 1]] [[1 1] [1 1]]] ((pb/run share) 3))))
  (testing "to Python it is copied, so that each copy can be changed by itself"
    (is (= [[9 0] [0 0]] ((pb/run "def first(x):\n    x[0][0] = 9\n    return x\nfirst") (vec (repeat 2 [0 0]))))))
  (is (re-find #"^this value holds the same collections so often that more than 10000000 copies of them would be made; pass such a part as one"
               (ex-message (within-a-minute #(@same (nth (iterate (fn [x] [nil x x]) [[1 1] [1 1]]) 60)))))))

(deftest integers-of-many-digits
  (doseq [x [(.pow (biginteger 10) 1000000) (.negate (.pow (biginteger 7) 100000)) (biginteger 9223372036854775808) (.negate (.shiftLeft BigInteger/ONE 64))]]
    (is (= (bigint x) (@same x))))
  (let [refusal "an integer of 100000001 bits does not cross the bridge, which takes 100000000; pass it in parts, or its digits as text"]
    (is (= refusal (ex-message (within-a-minute #(@same (.shiftLeft BigInteger/ONE 100000000))))))
    (is (= refusal (ex-message (within-a-minute #(pb/run "1 << 100000000"))))))
  (is (= (BigDecimal. "-123.45E-7") (pb/run "import decimal\ndecimal.Decimal('-123.45E-7')")))
  (let [text (str "-0." (apply str (take 9000 (cycle "7012"))) "E-17")]
    (is (= (BigDecimal. text) ((pb/run "import decimal\ndecimal.Decimal") text))))
  (is (= 1/3 (pb/run "import fractions\nfractions.Fraction(1, 3)"))))

(deftest large-arrays-are-read-as-small-ones-are
  (pb/run "
import numpy as np
r = np.random.default_rng(1)
f4 = np.concatenate([r.integers(0, 2**32, 20000, dtype=np.uint64), np.arange(3000)]).astype('u4').view('f4')
arrays = [f4, f4.astype('>f4'), r.random((20, 30)).T, r.random((40, 30))[::2, ::-1], r.random(600).astype('f2'), r.random((5, 10, 10)) > .5,
          np.asfortranarray(r.random((9, 8, 7))), np.array([2**64 - 1] * 300, 'u8'), np.zeros((300, 0)), np.zeros((300, 1))]
arrays += [r.integers(0, 100, 500).astype(d) for d in ('i1', 'i2', 'i4', 'i8', 'u1', 'u2', 'u4', 'u8', '>i4', '>u8')]
def listed(x):
    from pybridge.clojure.support._numbers import numbers
    return numbers(x)")
  (let [same? (fn same? [a b]
                (if (vector? a)
                  (and (vector? b) (= (count a) (count b)) (every? true? (map same? a b)))
                  (and (= (class a) (class b)) (.equals ^Object a b))))]
    (doseq [i (range (pb/run "len(arrays)"))]
      (let [x (pb/run* (str "arrays[" i "]"))
            listed ((pb/from-python :listed) x)]
        (is (same? listed @x) i)
        (is (same? listed (pb/->clj x)) i)))))
