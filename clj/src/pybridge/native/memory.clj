(ns pybridge.native.memory
  "Arrays and buffers: a Java array is copied into a NumPy array; a direct buffer and an array share one memory."
  (:require [pybridge.native.call :as call]
            [pybridge.native.callback :as callback]
            [pybridge.native.convert :as convert :refer [Foreign]]
            [pybridge.native.handle :as handle]
            [pybridge.native.interpreter :as python :refer [api memory peek-int peek-word]])
  (:import (java.lang.foreign Arena MemorySegment ValueLayout)
           (java.nio Buffer ByteBuffer ByteOrder CharBuffer DoubleBuffer FloatBuffer IntBuffer LongBuffer ShortBuffer)
           (pybridge.native.capi Api)))

(set! *warn-on-reflection* true)

;; ---- to Python -----------------------------------------------------------------------------------------------------

(defn- fill
  "Copy the segment of a Java array into the new NumPy array at `array`."
  [^long array ^MemorySegment source]
  (let [view (.allocate (Arena/ofAuto) 128 16)]
    (when (neg? (.PyObject_GetBuffer api array (.address view) (int 1))) (python/throw-python))
    (MemorySegment/copy source 0 memory (.get view ValueLayout/JAVA_LONG 0) (.byteSize source))
    (.PyBuffer_Release api (.address view))
    array))

(defn- array->python
  "A new 1-D NumPy array of `dtype` with the content of a Java array, given as a segment."
  [^MemorySegment source n dtype]
  (fill (call/call (call/helper "empty_array") [n dtype] nil) source))

(defn- buffer->python
  "A NumPy array over the memory of a direct buffer, which it keeps alive."
  [^Buffer buffer dtype]
  (when-not (.isDirect buffer)
    (throw (ex-info (str "a " (.getSimpleName (class buffer)) " on the Java heap can move; allocate a direct buffer, or pass its array")
                    {:reason :conversion})))
  (let [segment (MemorySegment/ofBuffer buffer)
        owner (handle/own (callback/capsule buffer))]
    (call/call (call/helper "array_at")
               [(.address segment) (.byteSize segment) dtype (.isReadOnly buffer) owner] nil)))

(defn- swapped
  "`dtype` in the byte order of `order`."
  [dtype order]
  (str (if (= order ByteOrder/BIG_ENDIAN) ">" "<") dtype))

(extend-protocol Foreign
  ByteBuffer (foreign->python [b] (buffer->python b "u1"))
  ShortBuffer (foreign->python [b] (buffer->python b (swapped "i2" (.order ^ShortBuffer b))))
  CharBuffer (foreign->python [b] (buffer->python b (swapped "u2" (.order ^CharBuffer b))))
  IntBuffer (foreign->python [b] (buffer->python b (swapped "i4" (.order ^IntBuffer b))))
  LongBuffer (foreign->python [b] (buffer->python b (swapped "i8" (.order ^LongBuffer b))))
  FloatBuffer (foreign->python [b] (buffer->python b (swapped "f4" (.order ^FloatBuffer b))))
  DoubleBuffer (foreign->python [b] (buffer->python b (swapped "f8" (.order ^DoubleBuffer b)))))

(defn- bytes->python [^bytes x]
  (with-open [arena (Arena/ofConfined)]
    (python/new-reference
     (.PyBytes_FromStringAndSize api (.address (.allocateFrom arena ValueLayout/JAVA_BYTE x)) (alength x)))))

(defn- booleans->python [xs]
  (let [bytes (byte-array (map #(if % 1 0) xs))]
    (array->python (MemorySegment/ofArray bytes) (alength bytes) "bool")))

(doseq [[array-class convert]
        {(class (byte-array 0)) bytes->python
         (class (boolean-array 0)) booleans->python
         (class (short-array 0)) (fn [^shorts x] (array->python (MemorySegment/ofArray x) (alength x) "int16"))
         (class (char-array 0)) (fn [^chars x] (array->python (MemorySegment/ofArray x) (alength x) "uint16"))
         (class (int-array 0)) (fn [^ints x] (array->python (MemorySegment/ofArray x) (alength x) "int32"))
         (class (long-array 0)) (fn [^longs x] (array->python (MemorySegment/ofArray x) (alength x) "int64"))
         (class (float-array 0)) (fn [^floats x] (array->python (MemorySegment/ofArray x) (alength x) "float32"))
         (class (double-array 0)) (fn [^doubles x] (array->python (MemorySegment/ofArray x) (alength x) "float64"))
         (class (object-array 0)) (fn [x] (convert/->python (vec x)))}]
  (extend array-class Foreign {:foreign->python convert}))

;; ---- to Clojure ----------------------------------------------------------------------------------------------------

(def ^:private ^:const contiguous 0x38)
(def ^:private ^:const largest-buffer Integer/MAX_VALUE)

(defn- release-later [^MemorySegment view]
  (reify java.util.function.Consumer
    (accept [_ _] (.add python/dropped (fn [] (.PyBuffer_Release api (.address view)))))))

(defn- typed
  "The view of `bytes` as numbers of `dtype`, where Java has such a buffer."
  [^ByteBuffer bytes dtype]
  (case dtype
    "float32" (.asFloatBuffer bytes)
    "float64" (.asDoubleBuffer bytes)
    "int32" (.asIntBuffer bytes)
    "int64" (.asLongBuffer bytes)
    "int16" (.asShortBuffer bytes)
    bytes))

(defn buffer
  "The memory of the array at `pointer` (borrowed), whose elements are of `dtype`: a buffer, or past 2 GiB a MemorySegment."
  [^long pointer dtype]
  (let [view (.allocate (Arena/ofAuto) 128 16)]
    (when (neg? (.PyObject_GetBuffer api pointer (.address view) (int contiguous))) (python/throw-python))
    (let [start (.get view ValueLayout/JAVA_LONG 0)
          size (.get view ValueLayout/JAVA_LONG 16)
          read-only? (not (zero? (.get view ValueLayout/JAVA_INT 32)))
          segment (cond-> (.reinterpret (MemorySegment/ofAddress start) size (Arena/ofAuto) (release-later view))
                    read-only? (.asReadOnly))]
      (if (> size (long largest-buffer))
        segment
        (typed (.order (.asByteBuffer ^MemorySegment segment) (ByteOrder/nativeOrder)) dtype)))))
