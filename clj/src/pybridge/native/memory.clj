(ns pybridge.native.memory
  "Arrays and buffers: a Java array is copied into a NumPy array; a direct buffer and an array share one memory."
  (:require [pybridge.native.call :as call]
            [pybridge.native.capsule :as capsule]
            [pybridge.native.doubles]
            [pybridge.native.handle :as handle]
            [pybridge.native.interpreter :as python :refer [api]]
            [pybridge.native.limits :refer [refuse]]
            [pybridge.native.platform :as platform :refer [peek-int peek-word with-memory]]
            [pybridge.native.to-python :refer [Foreign]])
  (:import (java.nio Buffer ByteBuffer ByteOrder CharBuffer DoubleBuffer FloatBuffer IntBuffer LongBuffer ShortBuffer)
           (pybridge.native.doubles Doubles)))

(set! *warn-on-reflection* true)

;; What a Py_buffer holds, and where: the address, the owner, the size in bytes, the size of an item, whether it is read-only.
(def ^:private ^:const view-size 128)
(def ^:private ^:const view-bytes 16)
(def ^:private ^:const view-read-only 32)

;; ---- to Python -----------------------------------------------------------------------------------------------------

(def ^:private ^:const writable 1)

(defn- array->python
  "A new 1-D NumPy array of `dtype` with the content of a primitive Java array of `n` elements."
  [array n dtype]
  (let [target (call/call (call/helper "empty_array") [n dtype] nil)]
    (with-memory [view view-size]
      (when (neg? (.PyObject_GetBuffer api target view (int writable))) (python/throw-python))
      (platform/put-array (peek-word view) array)
      (.PyBuffer_Release api view))
    target))

(defn- buffer->python
  "A NumPy array over the memory of a direct buffer, which it keeps alive."
  [^Buffer buffer item-size dtype]
  (when-not (.isDirect buffer)
    (refuse (str "a " (.getSimpleName (class buffer)) " on the Java heap can move; allocate a direct buffer, or pass its array") {}))
  (let [owner (handle/own (capsule/capsule buffer))]
    (call/call (call/helper "array_at")
               [(platform/buffer-address buffer) (* (.remaining buffer) (long item-size)) dtype (.isReadOnly buffer) owner] nil)))

(defn- in-order
  "`dtype` in the byte order of `order`."
  [dtype order]
  (str (if (= order ByteOrder/BIG_ENDIAN) ">" "<") dtype))

(extend-protocol Foreign
  ByteBuffer (foreign->python [b] (buffer->python b 1 "u1"))
  ShortBuffer (foreign->python [b] (buffer->python b 2 (in-order "i2" (.order ^ShortBuffer b))))
  CharBuffer (foreign->python [b] (buffer->python b 2 (in-order "u2" (.order ^CharBuffer b))))
  IntBuffer (foreign->python [b] (buffer->python b 4 (in-order "i4" (.order ^IntBuffer b))))
  LongBuffer (foreign->python [b] (buffer->python b 8 (in-order "i8" (.order ^LongBuffer b))))
  FloatBuffer (foreign->python [b] (buffer->python b 4 (in-order "f4" (.order ^FloatBuffer b))))
  DoubleBuffer (foreign->python [b] (buffer->python b 8 (in-order "f8" (.order ^DoubleBuffer b)))))

(defn- bytes->python [^bytes x]
  (let [n (alength x)]
    (with-memory [address n]
      (platform/put-array address x)
      (python/new-reference (.PyBytes_FromStringAndSize api address n)))))

(defn- booleans->python [xs]
  (array->python (byte-array (map #(if % 1 0) xs)) (count xs) "bool"))

(doseq [[array convert] [[(byte-array 0) bytes->python]
                         [(boolean-array 0) booleans->python]
                         [(short-array 0) #(array->python % (alength ^shorts %) "int16")]
                         [(char-array 0) #(array->python % (alength ^chars %) "uint16")]
                         [(int-array 0) #(array->python % (alength ^ints %) "int32")]
                         [(long-array 0) #(array->python % (alength ^longs %) "int64")]
                         [(float-array 0) #(array->python % (alength ^floats %) "float32")]
                         [(double-array 0) #(array->python % (alength ^doubles %) "float64")]]]
  (extend (class array) Foreign {:foreign->python convert}))

(extend-protocol Foreign
  Doubles
  (foreign->python [^Doubles x]
    (call/call (call/helper "lists") [(.-values x) (.-shape x)] nil)))

;; ---- to Clojure ----------------------------------------------------------------------------------------------------

(def ^:private ^:const contiguous 0x38)

(defn- typed
  "The view of `content` as numbers of `dtype`, where Java has such a buffer."
  [content dtype]
  (if (instance? ByteBuffer content)
    (let [^ByteBuffer content content]
      (case dtype
        "float32" (.asFloatBuffer content)
        "float64" (.asDoubleBuffer content)
        "int32" (.asIntBuffer content)
        "int64" (.asLongBuffer content)
        "int16" (.asShortBuffer content)
        content))
    content))

(defn buffer
  "The memory of the array at `pointer` (borrowed), whose elements are of `dtype`: a buffer, or past 2 GiB a MemorySegment."
  [^long pointer dtype]
  (let [held (ByteBuffer/allocateDirect view-size)
        view (platform/buffer-address held)]
    (when (neg? (.PyObject_GetBuffer api pointer view (int contiguous))) (python/throw-python))
    (typed (platform/buffer-at (peek-word view) (peek-word (+ view (long view-bytes)))
                               (not (zero? (peek-int (+ view (long view-read-only)))))
                               (fn [] (.add python/dropped (fn [] (.PyBuffer_Release api (platform/buffer-address held))))))
           dtype)))
