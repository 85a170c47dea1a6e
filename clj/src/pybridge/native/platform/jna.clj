;; The half of `pybridge.native.platform` for a Java older than 22: JNA, which libpython-clj brings, and which is slower.

(in-ns 'pybridge.native.platform)

(import '(com.sun.jna Callback CallbackThreadInitializer Function Memory Native NativeLibrary Pointer)
        '(java.lang.ref Cleaner)
        '(java.nio ByteBuffer CharBuffer DoubleBuffer FloatBuffer IntBuffer LongBuffer ShortBuffer)
        '(java.util HashMap))

(defmacro peek-word [address] `(.getLong (Pointer. (long ~address)) 0))
(defmacro poke-word [address value] `(.setLong (Pointer. (long ~address)) 0 (long ~value)))
(defmacro peek-int [address] `(.getInt (Pointer. (long ~address)) 0))
(defmacro poke-int [address value] `(.setInt (Pointer. (long ~address)) 0 (int ~value)))

(defn call-with-memory [n body]
  (let [memory (Memory. (max 8 (long n)))]
    (try (body (Pointer/nativeValue memory)) (finally (.close memory)))))

(defmacro with-memory
  "Evaluate `body` with `address` bound to `n` bytes that last as long."
  [[address n] & body]
  `(call-with-memory ~n (fn [~address] (let [~address (long ~address)] ~@body))))

(defn allocate
  "The address of `n` zeroed bytes, for ever."
  ^long [^long n]
  (let [address (Native/malloc n)]
    (.clear (Pointer. address) n)
    address))

(defn get-bytes
  "A copy of the `n` bytes at `address`."
  [^long address ^long n]
  (.getByteArray (Pointer. address) 0 (int n)))

(defn- chars-at
  "The `n` chars at `target`; JNA's own way reads and writes wchar_t, of four bytes."
  [^Pointer target ^long n]
  (.asCharBuffer (.order (.getByteBuffer target 0 (* 2 n)) (ByteOrder/nativeOrder))))

(defmacro ^:private copying
  "Copy between a primitive array and the memory at `address`: `method`, of a Pointer, and `char-method`, of a CharBuffer, say which way."
  [address array method char-method]
  (let [as (fn [tag] (with-meta array {:tag tag}))
        target (gensym "target")]
    `(let [~target (Pointer. ~address)]
       (condp identical? (class ~array)
         ~@(mapcat (fn [[arrays tag]] [arrays `(~method ~target 0 ~(as tag) 0 (alength ~(as tag)))])
                   '[[byte-arrays bytes] [short-arrays shorts] [int-arrays ints] [long-arrays longs] [float-arrays floats]
                     [double-arrays doubles]])
         char-arrays (let [^CharBuffer chars# (chars-at ~target (alength ~(as 'chars)))] (~char-method chars# ~(as 'chars)))))))

(defn put-array
  "Copy a primitive array to `address`."
  [^long address array]
  (copying address array .write .put))

(defn fill-array
  "Copy what is at `address` into all of a primitive array."
  [^long address array]
  (copying address array .read .get))

(defn- item-size ^long [buffer]
  (condp instance? buffer
    ByteBuffer 1, ShortBuffer 2, CharBuffer 2, IntBuffer 4, FloatBuffer 4, LongBuffer 8, DoubleBuffer 8))

(defn buffer-address
  "Where the content of a direct buffer begins."
  ^long [^Buffer buffer]
  (+ (Pointer/nativeValue (Native/getDirectBufferPointer buffer)) (* (.position buffer) (item-size buffer))))

(def ^:private ^Cleaner cleaner (Cleaner/create))

(defn buffer-at
  "The `n` bytes at `address` as a buffer; `release` is called when it is dropped."
  [^long address ^long n read-only? ^Runnable release]
  (when (> n Integer/MAX_VALUE)
    (throw (ex-info "a buffer of more than 2 GiB needs Java 22 or newer" #:pybridge{:reason :conversion})))
  (let [content (.order (.getByteBuffer (Pointer. address) 0 n) (ByteOrder/nativeOrder))]
    (.register cleaner content release)
    (if read-only? (.order (.asReadOnlyBuffer content) (ByteOrder/nativeOrder)) content)))

(defn- call-function [^Function function result arguments]
  (let [arguments (object-array arguments)]
    (case result
      long (.invokeLong function arguments)
      int (.invokeInt function arguments)
      double (.invokeDouble function arguments)
      void (.invokeVoid function arguments))))

(defn function-at
  "The C function at `address` as a function of Clojure's; `result` as in capi."
  [address result _types]
  (let [function (Function/getFunction (Pointer. (long address)))]
    (fn [& arguments] (call-function function result arguments))))

(defn call-at
  "Call the C function at `address` once."
  [address result types & arguments]
  (apply (function-at address result types) arguments))

(defn supplier
  "The C function at `address`, which takes nothing and gives a long."
  ^LongSupplier [address]
  (let [function (Function/getFunction (Pointer. (long address)))
        nothing (object-array 0)]
    (reify LongSupplier (getAsLong [_] (.invokeLong function nothing)))))

(defn taking-address
  "The C function at `address`, which takes an address; the int that it returns is ignored."
  ^LongConsumer [address]
  (let [function (Function/getFunction (Pointer. (long address)))]
    (reify LongConsumer (accept [_ argument] (.invokeInt function (object-array [argument]))))))

(defn libc
  "The address of the C library's function `function-name`."
  ^long [^String function-name]
  (Pointer/nativeValue (.getFunction (NativeLibrary/getProcess) function-name)))

(defmacro ^:private implementation
  "An `Api` over the functions of the map `found`."
  [found]
  `(reify Api
     ~@(for [[function-name result arguments] capi/functions
             :let [names (map #(symbol (str "a" %)) (range (count arguments)))
                   call ('{long .invokeLong, int .invokeInt, double .invokeDouble, void .invokeVoid} result)
                   function (with-meta `(.get ~found '~function-name) {:tag `Function})]]
         `(~function-name [~'_ ~@names] (~call ~function (object-array [~@names]))))))

(defn implement
  "The C API whose functions `find-function` gives the addresses of."
  ^Api [find-function]
  (let [^HashMap found (HashMap.)]
    (doseq [[function-name] capi/functions]
      (.put found function-name (Function/getFunction (Pointer. (long (find-function function-name))))))
    (implementation found)))

(gen-interface :name pybridge.native.platform.Call :extends [com.sun.jna.Callback] :methods [[callback [long long long long] long]])
(gen-interface :name pybridge.native.platform.Drop :extends [com.sun.jna.Callback] :methods [[callback [long] void]])

(defonce ^:private callbacks (atom []))

(defn- stub
  "The address of the C function of `callback`, which is kept. Threads that it comes in on stay attached to the JVM."
  ^long [^Callback callback]
  (Native/setCallbackThreadInitializer callback (CallbackThreadInitializer. true false))
  (swap! callbacks conj callback)
  (Pointer/nativeValue (com.sun.jna.CallbackReference/getFunctionPointer callback)))

(defn call-stub
  "The address of a C function that calls the `CallTarget` `target`, which must not throw."
  ^long [^CallTarget target]
  (stub (reify pybridge.native.platform.Call
          (callback [_ self arguments n keyword-names] (.call target self arguments n keyword-names)))))

(defn drop-stub
  "The address of a C function that calls the `DropTarget` `target`, which must not throw."
  ^long [^DropTarget target]
  (stub (reify pybridge.native.platform.Drop
          (callback [_ capsule] (.drop target capsule)))))
