;; Named in full, so that tools which load all namespaces of a folder do not see it: its library may not be there.
(clojure.core/ns ^{:clj-reload/no-reload true, :clojure.tools.namespace.repl/load false} pybridge.native.dtype-next
  "dtype-next's buffers and tensors cross to NumPy arrays with their dtype and shape, and Python's arrays and tensors do what dtype-next's
  do: memory is shared where it can be, otherwise copied. What is required here is loaded before `tech.v3.datatype` and
  `tech.v3.tensor` are: see `native.beside`."
  (:require [pybridge.handle]
            [pybridge.native.arrays :as arrays]
            [pybridge.native.bridge :as bridge]
            [pybridge.native.call :as call]
            [pybridge.native.capsule :as capsule]
            [pybridge.native.env :as env]
            [pybridge.native.gil :as gil]
            [pybridge.native.helpers :as helpers]
            [pybridge.native.objects :as objects]
            [pybridge.native.reference :as reference]
            [pybridge.native.to-python :refer [->python]]
            [tech.v3.datatype.base :as base]
            [tech.v3.datatype.casting :as casting]
            [tech.v3.datatype.copy-make-container :as containers]
            [tech.v3.datatype.native-buffer :as native-buffer]
            [tech.v3.datatype.protocols :as protocols]
            [tech.v3.resource :as resource])
  (:import (ham_fisted IMutList)
           (java.util Map)
           (pybridge.handle CollectionHandle PlainHandle SequenceHandle)
           (pybridge.native.bridge Peer)
           (tech.v3.datatype BooleanReader Buffer DoubleReader LongReader NDBuffer)
           (tech.v3.datatype.native_buffer NativeBuffer)
           (tech.v3.datatype.protocols PElemwiseDatatype)))

(set! *warn-on-reflection* true)

(def ^:private codes
  "A datatype of dtype-next's -> NumPy's code for it."
  {:boolean "b1", :int8 "i1", :uint8 "u1", :int16 "i2", :uint16 "u2", :int32 "i4", :uint32 "u4", :int64 "i8", :uint64 "u8", :float32 "f4"
   :float64 "f8"})

;; To Python

(defn- dtype-next?
  "Is `x` a buffer, a tensor or another container of dtype-next's? A list of ham-fisted's is when it holds plain numbers."
  [x]
  (or (instance? Buffer x)
      (instance? NDBuffer x)
      (and (instance? IMutList x) (contains? codes (protocols/elemwise-datatype x)))
      (and (instance? PElemwiseDatatype x) (not (instance? Map x)) (boolean (base/as-reader x)))))

(defn- lasting?
  "Will the memory of `buffer` be there as long as the JVM knows it?"
  [^NativeBuffer buffer]
  (let [freed-by (.-resource-type buffer)]
    (or (contains? #{:gc #{:gc}} freed-by)
        (and (= :auto freed-by) (not (resource/in-stack-resource-context?))))))

(defn- native-memory
  "[NativeBuffer strides], where the elements of `x`, of `datatype`, lie in memory outside the Java heap."
  [x datatype]
  (let [{:keys [native-buffer strides]}
        (if (instance? NDBuffer x)
          (when (protocols/convertible-to-nd-buffer-desc? x) (protocols/->nd-buffer-descriptor x))
          {:native-buffer (base/as-native-buffer x), :strides [(casting/numeric-byte-width datatype)]})]
    (when (and native-buffer (lasting? native-buffer) (= datatype (protocols/elemwise-datatype native-buffer)))
      [native-buffer (vec strides)])))

(defn- shared-array
  "The NumPy array over the memory of `x`, which it keeps alive."
  [env x datatype ^NativeBuffer memory strides]
  (let [order (cond
                (= (protocols/platform-endianness) (protocols/endianness memory)) "="
                (= :big-endian (protocols/endianness memory)) ">"
                :else "<")
        size (* (.-n-elems memory) (casting/numeric-byte-width datatype))
        owner (reference/own env (capsule/capsule env memory))]
    (call/call env (helpers/helper env "strided_at")
               [(.-address memory) size (str order (codes datatype)) owner (vec (base/shape x)) strides] nil)))

(defn- write!
  "Write the elements of `x` to the `n` of `datatype` at `address`. They may have to be computed, by anybody's code."
  [x datatype ^long n ^long address]
  (let [target (fn [datatype width]
                 (native-buffer/wrap-address address (* n (long width)) datatype (protocols/platform-endianness) nil))]
    (if (= :boolean datatype) ; dtype-next writes truth values to arrays alone
      (let [^Buffer source (base/->reader x), ^Buffer target (base/->buffer (target :int8 1))]
        (dotimes [i n]
          (let [value (.readObject source i)]
            (.writeLong target i (if (or (false? value) (= 0 value)) 0 1)))))
      (containers/copy! (or (base/as-concrete-buffer x) (base/->reader x))
                        (target datatype (casting/numeric-byte-width datatype))))))

(defn- copied-array
  "A new NumPy array with the elements of `x`."
  [env x datatype]
  (arrays/new-array env (vec (base/shape x)) (codes datatype)
                    (fn [address] (gil/without-gil env (write! x datatype (base/ecount x) (long address))))))

(defn- nested
  "The elements of `x`, of whatever datatype, as vectors in its shape."
  [x]
  (reduce (fn [elements n] (mapv vec (partition n elements)))
          (vec (base/->reader x))
          (reverse (rest (base/shape x)))))

(defn- dtype-next->python
  "The Python object of `x`: a new reference."
  ^long [env x]
  (let [datatype (casting/un-alias-datatype (base/operational-elemwise-datatype x))
        [memory strides] (when (codes datatype) (native-memory x datatype))]
    (long (cond
            memory (shared-array env x datatype memory strides)
            (codes datatype) (copied-array env x datatype)
            :else (->python env (gil/without-gil env (nested x)))))))

(def ^:private peer
  (reify Peer
    (holds [_ _] false)
    (toPython [_ x] (if (dtype-next? x) (dtype-next->python (env/current) x) 0))))

(defonce ^:private connection (delay (bridge/meet! peer)))

(defn connect!
  "Have dtype-next's values cross to the Python that pybridge is connected with."
  []
  @connection
  nil)

;; From Python

(defn- form
  "{:datatype :shape :sharing} of the array or tensor of `owner`, as the helper says; nil of anything else."
  [owner]
  (when-let [[dtype shape sharing] (objects/help "form" owner)]
    {:datatype (if (= "bool" dtype) :boolean (keyword dtype)), :shape shape, :sharing sharing}))

(defn- shared? [owner]
  (contains? #{"packed" "strided"} (:sharing (form owner))))

(defn- read-only
  "`buffer` as one that nobody can write, where what was written would be lost."
  [^Buffer buffer]
  (let [datatype (.elemwiseDatatype buffer), n (.lsize buffer)]
    (case (casting/simple-operation-space datatype datatype)
      :int64 (reify LongReader (elemwiseDatatype [_] datatype) (lsize [_] n) (readLong [_ i] (.readLong buffer i)))
      :float64 (reify DoubleReader (elemwiseDatatype [_] datatype) (lsize [_] n) (readDouble [_ i] (.readDouble buffer i)))
      (reify BooleanReader (lsize [_] n) (readObject [_ i] (not (zero? (.readLong buffer i))))))))

(defn- memory
  "[buffer strides]: the memory of the array of `owner`, from its first element to its last, or of a copy that cannot be written; the
  buffer keeps it alive. Strides are in bytes."
  [owner {:keys [datatype shape sharing]}]
  (let [[array address strides] (reference/outside-scope #(objects/help "memory_of" owner))
        size (if (some zero? shape)
               0
               (apply + (casting/numeric-byte-width datatype) (map (fn [n stride] (* (dec (long n)) (long stride))) shape strides)))
        buffer (native-buffer/wrap-address address size datatype (protocols/platform-endianness) array)]
    [(if (= "none" sharing) (read-only (base/->buffer buffer)) buffer) strides]))

(defn- tensor [owner]
  (let [{:keys [datatype shape] :as form} (form owner)
        [buffer strides] (memory owner form)
        dimensions (requiring-resolve 'tech.v3.tensor.dimensions/dimensions)
        construct (requiring-resolve 'tech.v3.tensor/construct-tensor)
        width (long (casting/numeric-byte-width datatype))]
    (when (empty? shape)
      (throw (ex-info "dtype-next has no tensor of shape []; @x is its value" #:pybridge{:reason :conversion})))
    (construct buffer (dimensions shape (mapv #(quot (long %) width) strides)))))

;; A list, or another sequence that is no array, is to dtype-next what a vector of its elements is.
(defn- sequence? [owner] (instance? SequenceHandle owner))

(defn- readable? [owner] (or (sequence? owner) (some? (form owner))))

(defn- elements
  "The elements of an array in the order of its axes, or those of a sequence, as a Buffer."
  ^Buffer [owner]
  (let [form (form owner)]
    (cond
      (= "strided" (:sharing form)) (.bufferIO ^NDBuffer (tensor owner))
      form (base/->buffer (first (memory owner form)))
      (sequence? owner) (base/->buffer (vec owner))
      :else (throw (ex-info (str "dtype-next reads arrays and sequences, which " (pr-str owner) " is not") #:pybridge{:reason :conversion})))))

(defn- shape [owner]
  (let [form (form owner)]
    (cond
      form (:shape form)
      (and (sequence? owner) (pos? (count owner))) (into [(count owner)] (rest (base/shape [(nth owner 0)])))
      (counted? owner) [(count owner)])))

(defn- through-tensor
  "The method `method`, a var, of dtype-next's tensors, for a handle. What the var has changes with each type that gets the method."
  [method]
  (fn [owner & arguments]
    (apply method ((requiring-resolve 'tech.v3.tensor/ensure-tensor) owner) arguments)))

;; What the handles of arrays do; those of other objects are of the same classes, and do what they did.
(doseq [handle [SequenceHandle CollectionHandle PlainHandle]]
  (extend handle
    protocols/PElemwiseDatatype
    {:elemwise-datatype (fn [owner] (:datatype (form owner) :object))}
    protocols/PShape
    {:shape shape}
    protocols/PECount
    {:ecount (fn [owner] (if-let [{:keys [shape]} (form owner)] (apply * shape) (count owner)))}
    protocols/PToBuffer
    {:convertible-to-buffer? readable?, :->buffer elements}
    protocols/PToReader
    {:convertible-to-reader? readable?, :->reader elements}
    protocols/PToWriter
    {:convertible-to-writer? shared?, :->writer elements}
    protocols/PToNativeBuffer
    {:convertible-to-native-buffer? (fn [owner] (= "packed" (:sharing (form owner))))
     :->native-buffer (fn [owner] (first (memory owner (form owner))))}
    protocols/PToTensor
    {:as-tensor (fn [owner] (when (form owner) (tensor owner)))}
    protocols/PToNDBufferDesc
    {:convertible-to-nd-buffer-desc? shared?
     :->nd-buffer-descriptor (fn [owner] (protocols/->nd-buffer-descriptor (tensor owner)))}
    protocols/PTensor
    (into {} (for [method [#'protocols/reshape #'protocols/select #'protocols/transpose #'protocols/broadcast #'protocols/rotate
                           #'protocols/slice #'protocols/mget #'protocols/mset!]]
               [(keyword (:name (meta method))) (through-tensor method)]))))
