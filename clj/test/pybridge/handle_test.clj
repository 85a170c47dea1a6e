(ns pybridge.handle-test
  "Handles: how they print, what they give, and the memory they share."
  (:require [clojure.datafy :refer [datafy nav]]
            [clojure.pprint :as pprint]
            [clojure.string :as string]
            [clojure.test :refer [deftest is testing]]
            [pybridge.core :as pb])
  (:import (java.nio ByteBuffer ByteOrder DoubleBuffer FloatBuffer IntBuffer LongBuffer ReadOnlyBufferException)))

(def ^:private np (delay (pb/module "numpy")))
(def ^:private tf (delay (pb/module "tensorflow")))

(defn- message [f]
  (try (f) nil (catch Exception failure (ex-message failure))))

;; ---- print ---------------------------------------------------------------------------------------------------------

(deftest printed-forms
  (let [x (pb/call @tf :eye 3)
        text "#tensor[float32 (3 3) [[1.0 0.0 0.0] [0.0 1.0 0.0] …]]"]
    (is (= text (pr-str x)))
    (is (= (pb/call (pb/module "builtins") :str x) (str x) (print-str x)) "its text is Python's own")
    (is (= text (string/trim (with-out-str (pprint/pprint x)))))
    (is (= (str "{:x " text "}") (pr-str {:x x})))
    (is (= (str "[" text "]") (string/trim (with-out-str (pprint/pprint [x])))))))

(deftest a-print-never-floods
  (doseq [[what x] {"a large tensor" (pb/call @tf :zeros [1000 1000])
                    "many axes" (pb/call @np :zeros (vec (repeat 13 2)))
                    "long strings" (pb/call @np :array [(apply str (repeat 10000 "x"))])
                    "a long repr" (pb/call* (pb/module "fractions") :Fraction (apply str (repeat 3000 "7")))
                    "many lines" (pb/->py [(pb/run "'\\n' * 5000")])
                    "long numbers" (pb/call @np :full [4 4] 1.2345678901234567e-200)}]
    (testing what
      (let [shown (pr-str x)]
        (is (< (count shown) 260))
        (is (not (string/includes? shown "\n")))))))

(deftest a-tensor-without-a-value
  (let [seen (promise)
        f (pb/call @tf :function (pb/fn [x] (deliver seen [(pr-str x) (message #(deref x)) (message #(count x))]) x) (pb/kw :autograph false))]
    (f (pb/call @tf :ones [2 3]))
    (is (= "#tensor[float32 (2 3)]" (first @seen)))
    (is (re-find #"^ConversionError: this tensor has no value yet: #tensor\[float32 \(2 3\)\] stands for one while a graph is traced; use operations on it, and deref the result of the compiled function"
                 (second @seen)))
    (is (nil? (nth @seen 2)))))

;; ---- values --------------------------------------------------------------------------------------------------------

(deftest deref-gives-plain-data
  (is (= [[1.0 2.0] [3.0 4.0]] @(pb/call @tf :constant [[1.0 2.0] [3.0 4.0]])))
  (is (= 3 @(pb/call @tf :constant 3)))
  (is (= [0.1 0.2] @(pb/call @np :array [0.1 0.2] (pb/kw :dtype :float32))) "shortest digits")
  (is (every? #(instance? Long %) @(pb/call @np :arange 3 (pb/kw :dtype :uint8))))
  (is (= "ConversionError: only tensors and arrays can be dereferenced; got module: (pb/->clj x) makes Clojure data of a container"
         (message #(deref (pb/module "math"))))))

(deftest elements
  (let [x (pb/call @tf :constant [[1 2] [3 4] [5 6]])]
    (is (= 3 (count x)))
    (is (= [5 6] @(nth x 2)))
    (is (= [[1 2] [3 4] [5 6]] (map deref x) (mapv deref (seq x))))
    (is (= :none (nth x 3 :none) (nth x -1 :none)))
    (is (= "IndexError: index 3 is out of range for 3 elements" (message #(nth x 3))))
    (is (= [1 2] (let [[a] x] @a)) "it can be destructured")
    (is (= [[1 2] [3 4] [5 6]] (reduce (fn [rows row] (conj rows @row)) [] x))))
  (is (re-find #"TypeError: a rank-0 tensor has no length; deref it for its number" (message #(count (pb/call @tf :constant 1)))))
  (let [xs (pb/call @np :array [1.5 2.5])]
    (is (= [1.5 2.5] (vec xs) (into [] xs) (seq xs)))
    (is (= 4.0 (reduce + xs)) "an array's last elements are numbers")
    (is (= 2.5 (nth xs 1) (second xs) (last xs)))
    (is (= 1.5 (first xs)))))

(deftest sequences-are-lazy
  (let [python-count (pb/run "
import itertools
asked = []
def numbers():
    for i in itertools.count():
        asked.append(i)
        yield i
numbers")
        numbers (python-count)]
    (is (= [0 1 2] (take 3 numbers)))
    (is (<= (count (pb/from-python :asked)) 4) "no more is read than is asked for")))

(deftest a-sequence-is-read-in-parts-as-python-reads-it
  (doseq [code ["list(range(100))" "tuple('ab' * 50)" "range(5, 500, 3)" "range(10**30, 10**30 + 40)" "'h\u00e9' * 40" "b'ab' * 40" "[]" "[[1, (2,)], {'a': 1}, None] * 30"
                "__import__('numpy').arange(100)" "__import__('numpy').ones(70, bool)"
                "type('L', (list,), {'__iter__': lambda self: iter([7, 8])})(range(50))"]]
    (let [given (pb/run (str "[x for x in " code "]")), x (pb/run* code)]
      (is (= given (vec (seq x)) (reduce conj [] x) (into [] (iterator-seq (.iterator ^Iterable x)))) code)))
  (let [rows (pb/run* "__import__('numpy').arange(90).reshape(45, 2)")]
    (is (every? pb/py? (seq rows)) "an array's rows stay arrays")
    (is (= (partition 2 (range 90)) (map deref rows))))
  (is (= (repeat 40 "ab") (vec (pb/run* "__import__('numpy').array([b'ab'] * 40)"))))
  (let [growing (pb/run* "[0]")]
    (is (= (range 100) (take 100 (map (fn [x] (pb/call growing :append (inc x)) x) growing))) "what is added meanwhile is read"))
  (let [shrinking (pb/run* "list(range(200))"), read (seq shrinking)]
    (is (= 0 (first read)))
    (pb/call shrinking :clear)
    (is (< (count read) 40) "what is taken away is not, but for what was read before"))
  (let [elements (.iterator ^Iterable (pb/run* "[1, 2]"))]
    (is (= [1 2 false false] [(.next elements) (.next elements) (.hasNext elements) (.hasNext elements)]))
    (is (thrown? java.util.NoSuchElementException (.next elements))))
  (let [x (pb/run* "[1, 2, 3, '\\ud83d\\ude00', 4]")]
    (is (= [1 2 3] (take 3 x)) "an element that does not cross fails when it is read")
    (is (re-find #"two surrogates" (message #(dorun x)))))
  (let [asked (pb/run "import collections.abc
class Asked(collections.abc.Sequence):
    asked = 0
    def __len__(self): return 100
    def __getitem__(self, i):
        Asked.asked += 1
        return i
Asked")]
    (dorun (take 2 (asked)))
    (is (= 2 (pb/attr asked :asked)) "a sequence of somebody's own runs no further than it is read")))

(deftest strings-lists-and-dicts-as-handles
  (is (= 3 (count (pb/->py "abc"))))
  (is (= ["a" "b"] (seq (pb/->py (array-map :a 1 :b 2)))) "a dict's elements are its keys, as in Python")
  (is (thrown? UnsupportedOperationException (count (pb/->py 1))))
  (is (thrown? IllegalArgumentException (seq (pb/->py 1)))))

(deftest identity-is-equality
  (let [x (pb/call @tf :constant 1.0), y (pb/call @tf :constant 1.0)
        again (pb/call (pb/run "lambda x: [x]") :__call__ x)]
    (is (= x (first again)))
    (is (= (hash x) (hash (first again))))
    (is (not= x y))
    (is (not= x 1.0))
    (is (not= x nil))
    (is (contains? #{x} (first again)))
    (is (= :found (get {x :found} (first again))))
    (is (= 1 (count (distinct [x (first again)]))))))

(deftest datafied
  (let [fraction (pb/call* (pb/module "fractions") :Fraction 1 3)
        data (datafy fraction)]
    (is (= "#py[Fraction(1, 3)]" (:text data)))
    (is (= "fractions.Fraction" (:type data)))
    (is (some #{:denominator} (:attributes data)))
    (is (= 3 (nav (:attributes data) 0 :denominator)))
    (is (not-any? #(string/starts-with? (name %) "_") (:attributes data))))
  (let [data (datafy (pb/call @tf :constant [1.5]))]
    (is (= "#tensor[float32 (1) [1.5]]" (:text data)))))

(deftest a-handle-is-a-function
  (let [handle (pb/run "lambda *xs: len(xs)")]
    (is (= 0 (handle) (.call ^Callable handle)))
    (is (nil? (.run ^Runnable handle)))
    (is (= [1 1] (map handle [:a :b])))
    (is (= 25 (apply handle (range 25))))
    (is (= 1 ((comp handle identity) 5))))
  (is (= "TypeError: 'module' object is not callable" (message #((pb/module "math") 1)))))

;; ---- shared memory -------------------------------------------------------------------------------------------------

(deftest an-arrays-buffer
  (let [x (pb/call @np :zeros 4)
        ^DoubleBuffer buffer (pb/buffer x)]
    (is (instance? DoubleBuffer buffer))
    (.put buffer 1 2.5)
    (is (= [0.0 2.5 0.0 0.0] @x) "a write in Clojure is seen in Python")
    (pb/set-item! x 3 7)
    (is (= 7.0 (.get buffer 3)) "and the other way")
    (is (= 4 (.capacity buffer)))))

(deftest buffers-by-dtype
  (doseq [[dtype buffer-class n] [["float32" FloatBuffer 3] ["float64" DoubleBuffer 3] ["int32" IntBuffer 3] ["int64" LongBuffer 3]
                                  ["int16" java.nio.ShortBuffer 3] ["uint8" ByteBuffer 3] ["int8" ByteBuffer 3] ["bool" ByteBuffer 3]
                                  ["uint32" ByteBuffer 12] ["float16" ByteBuffer 6] ["complex64" ByteBuffer 24]]]
    (testing dtype
      (let [buffer (pb/buffer (pb/call @np :ones 3 (pb/kw :dtype dtype)))]
        (is (instance? buffer-class buffer))
        (is (= n (.capacity ^java.nio.Buffer buffer)))))))

(deftest a-tensors-buffer-is-read-only
  (let [^FloatBuffer buffer (pb/buffer (pb/call @tf :constant [[1.5 2.5]]))]
    (is (= [1.5 2.5] [(.get buffer 0) (.get buffer 1)]))
    (is (.isReadOnly buffer))
    (is (thrown? ReadOnlyBufferException (.put buffer 0 (float 3))))))

(deftest a-variables-buffer-is-a-snapshot
  (let [v (pb/call @tf :Variable [1.0])
        ^FloatBuffer buffer (pb/buffer v)]
    (pb/call v :assign [2.0])
    (is (= 1.0 (.get buffer 0)))
    (.put buffer 0 (float 5))
    (is (= [2.0] @v))))

(deftest a-buffer-outlives-its-handle
  (let [^DoubleBuffer buffer (pb/with-scope (pb/buffer (pb/call @np :full 1000 1.5)))]
    (dotimes [_ 3] (System/gc) (pb/call @np :zeros 1000))
    (is (= 1.5 (.get buffer 999)))))

(deftest what-has-no-buffer
  (is (= "ConversionError: module has no memory to share; give a tensor or an array" (message #(pb/buffer (pb/module "math")))))
  (is (= "ConversionError: the array is not contiguous in memory; copy it first (numpy.ascontiguousarray)"
         (message #(pb/buffer (pb/item (pb/call @np :arange 10) (pb/slice nil nil 2))))))
  (is (= "ConversionError: a tensor or array of dtype string has no memory of plain numbers to share; deref it" (message #(pb/buffer (pb/call @tf :constant ["a"]))))))

(deftest a-direct-buffer-is-an-array
  (let [bytes (.order (ByteBuffer/allocateDirect 32) (ByteOrder/nativeOrder))
        doubles (.asDoubleBuffer bytes)
        x (pb/->py doubles)]
    (.put doubles 2 1.5)
    (is (= [0.0 0.0 1.5 0.0] @x))
    (pb/set-item! x 0 -1.0)
    (is (= -1.0 (.get doubles 0)))
    (is (pb/attr (pb/attr x :flags) :writeable))
    (is (not (pb/attr (pb/attr (pb/->py (.asReadOnlyBuffer doubles)) :flags) :writeable)))))

(deftest an-array-keeps-its-direct-buffer
  (let [x (pb/->py (let [buffer (.asLongBuffer (.order (ByteBuffer/allocateDirect 80000) (ByteOrder/nativeOrder)))]
                     (dotimes [i 10000] (.put buffer i i))
                     buffer))]
    (dotimes [_ 5] (System/gc) (ByteBuffer/allocateDirect 80000))
    (is (= 49995000 (pb/call x :sum)))))

(deftest more-than-two-gigabytes
  (let [n (+ 16 (bit-shift-left 1 31))
        x (pb/call @np :zeros n (pb/kw :dtype :uint8))]
    (if (>= (.feature (Runtime/version)) 22)
      (let [segment (pb/buffer x)
            segment-class (Class/forName "java.lang.foreign.MemorySegment")] ; by name: older Javas have none
        (is (instance? segment-class segment))
        (is (= n (.invoke (.getMethod segment-class "byteSize" (make-array Class 0)) segment (object-array 0)))))
      (is (= "a buffer of more than 2 GiB needs Java 22 or newer" (message #(pb/buffer x)))))))
