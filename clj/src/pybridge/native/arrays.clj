(ns ^{:clj-reload/no-reload true, :clojure.tools.namespace.repl/load false} pybridge.native.arrays
  "Arrays and buffers: a Java array is copied into a NumPy array; a direct buffer and an array share one memory."
  (:require [pybridge.native.call :as call]
            [pybridge.native.capsule :as capsule]
            [pybridge.native.env :as env :refer [api]]
            [pybridge.native.gathered]
            [pybridge.native.helpers :as helpers]
            [pybridge.native.limits :refer [refuse]]
            [pybridge.native.platform :as platform :refer [peek-int peek-word]]
            [pybridge.native.reference :as reference]
            [pybridge.native.text :as text]
            [pybridge.native.to-python :refer [Foreign]]
            [pybridge.native.view :as view :refer [with-view]])
  (:import (java.nio Buffer ByteBuffer ByteOrder CharBuffer DoubleBuffer FloatBuffer IntBuffer LongBuffer ShortBuffer)
           (pybridge.native.gathered FloatRows Numbers)))

(set! *warn-on-reflection* true)

;; Where a Py_buffer has, after the address and the owner, the size in bytes and whether the memory is read-only.
(def ^:private ^:const view-bytes 16)
(def ^:private ^:const view-read-only 32)

(def ^:private ^:const writable 1)

(defn new-array
  "A new NumPy array of `dtype` and of `shape`, a number or several, whose content `write!` puts at the address that it is given."
  [env shape dtype write!]
  (let [target (call/call env (helpers/helper env "empty_array") [shape dtype] nil)]
    (try
      (with-view [address env target writable] (write! address))
      (catch Throwable failure
        (.Py_DecRef (api env) target)
        (throw failure)))
    target))

(defn- array->python
  "A new 1-D NumPy array of `dtype` with the content of a primitive Java array of `n` elements."
  [env array n dtype]
  (new-array env n dtype #(platform/put-array (long %) array)))

(defn- buffer->python
  "A NumPy array over the memory of a direct buffer, which it keeps alive."
  [env ^Buffer buffer item-size dtype]
  (when-not (.isDirect buffer)
    (refuse (str "a " (.getSimpleName (class buffer)) " on the Java heap can move; allocate a direct buffer, or pass its array") {}))
  (let [owner (reference/own env (capsule/capsule env buffer))]
    (call/call env (helpers/helper env "array_at")
               [(platform/buffer-address buffer) (* (.remaining buffer) (long item-size)) dtype (.isReadOnly buffer) owner] nil)))

(defn- in-order
  "`dtype` in the byte order of `order`."
  [dtype order]
  (str (if (= order ByteOrder/BIG_ENDIAN) ">" "<") dtype))

(extend-protocol Foreign
  ByteBuffer (foreign->python [b env] (buffer->python env b 1 "u1"))
  ShortBuffer (foreign->python [b env] (buffer->python env b 2 (in-order "i2" (.order ^ShortBuffer b))))
  CharBuffer (foreign->python [b env] (buffer->python env b 2 (in-order "u2" (.order ^CharBuffer b))))
  IntBuffer (foreign->python [b env] (buffer->python env b 4 (in-order "i4" (.order ^IntBuffer b))))
  LongBuffer (foreign->python [b env] (buffer->python env b 8 (in-order "i8" (.order ^LongBuffer b))))
  FloatBuffer (foreign->python [b env] (buffer->python env b 4 (in-order "f4" (.order ^FloatBuffer b))))
  DoubleBuffer (foreign->python [b env] (buffer->python env b 8 (in-order "f8" (.order ^DoubleBuffer b)))))

(defn- booleans->python [xs env]
  (let [^booleans xs xs, n (alength xs), content (byte-array n)]
    (dotimes [i n] (when (aget xs i) (aset content i (byte 1))))
    (array->python env content n "bool")))

(doseq [[array convert] [[(byte-array 0) #(text/bytes->python %2 %1)]
                         [(boolean-array 0) booleans->python]
                         [(short-array 0) #(array->python %2 %1 (alength ^shorts %1) "int16")]
                         [(char-array 0) #(array->python %2 %1 (alength ^chars %1) "uint16")]
                         [(int-array 0) #(array->python %2 %1 (alength ^ints %1) "int32")]
                         [(long-array 0) #(array->python %2 %1 (alength ^longs %1) "int64")]
                         [(float-array 0) #(array->python %2 %1 (alength ^floats %1) "float32")]
                         [(double-array 0) #(array->python %2 %1 (alength ^doubles %1) "float64")]]]
  (extend (class array) Foreign {:foreign->python convert}))

(extend-protocol Foreign
  Numbers
  (foreign->python [^Numbers x env]
    (call/call env (helpers/helper env "lists") [(.-array x) (.-shape x)] nil))
  FloatRows
  (foreign->python [^FloatRows x env]
    (call/call env (helpers/helper env "float_rows") [(.-array x) (.-shape x)] nil)))

(def ^:private ^:const contiguous 0x38)

(defn- typed
  "The view of `content` as numbers of `dtype` in the byte order `order`, where Java has such a buffer."
  [content dtype order]
  (if (instance? ByteBuffer content)
    (let [^ByteBuffer content (.order ^ByteBuffer content order)]
      (case dtype
        "float32" (.asFloatBuffer content)
        "float64" (.asDoubleBuffer content)
        "int32" (.asIntBuffer content)
        "int64" (.asLongBuffer content)
        "int16" (.asShortBuffer content)
        content))
    (if (= order (ByteOrder/nativeOrder))
      content
      (refuse (str "an array past 2 GiB crosses as a MemorySegment, which has no byte order, and this one is not in the machine's own; "
                   "turn it with (pb/call x :astype \"" dtype "\")")
              {}))))

(defn buffer
  "The memory of the array at `pointer` (borrowed), whose elements are of `dtype` in the byte order `order` (\"big\" or \"little\"): a
  buffer, or past 2 GiB a MemorySegment."
  [env ^long pointer dtype order]
  (let [held (ByteBuffer/allocateDirect view/size)
        view (platform/buffer-address held)]
    (when (neg? (.PyObject_GetBuffer (api env) pointer view (int contiguous))) (env/raise env))
    (typed (platform/buffer-at (peek-word view) (peek-word (+ view (long view-bytes)))
                               (not (zero? (peek-int (+ view (long view-read-only)))))
                               (fn [] (.add env/releases (fn [env] (.PyBuffer_Release (api env) (platform/buffer-address held))))))
           dtype
           (if (= order "big") ByteOrder/BIG_ENDIAN ByteOrder/LITTLE_ENDIAN))))
