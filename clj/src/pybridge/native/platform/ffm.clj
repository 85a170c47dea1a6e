;; The half of `pybridge.native.platform` for Java 22 and newer: the foreign-function API.

(in-ns 'pybridge.native.platform)

(import '(java.lang.foreign Arena FunctionDescriptor Linker Linker$Option MemoryLayout MemorySegment ValueLayout)
        '(java.lang.invoke MethodHandle MethodHandleProxies MethodHandles MethodType)
        '(java.lang.reflect Method)
        '(java.util ArrayList Collection)
        '(java.util.function Consumer))

(def ^MemorySegment memory "All of the process's memory." (.reinterpret MemorySegment/NULL Long/MAX_VALUE))

(defmacro peek-word [address] `(.get memory ValueLayout/JAVA_LONG_UNALIGNED (long ~address)))
(defmacro poke-word [address value] `(.set memory ValueLayout/JAVA_LONG_UNALIGNED (long ~address) (long ~value)))
(defmacro peek-int [address] `(.get memory ValueLayout/JAVA_INT_UNALIGNED (long ~address)))
(defmacro poke-int [address value] `(.set memory ValueLayout/JAVA_INT_UNALIGNED (long ~address) (int ~value)))

(defmacro with-memory
  "Evaluate `body` with `address` bound to `n` bytes that last as long."
  [[address n] & body]
  `(let [arena# (Arena/ofConfined)
         ~address (.address (.allocate arena# (max 8 (long ~n)) 8))]
     (try ~@body (finally (.close arena#)))))

(defn allocate
  "The address of `n` zeroed bytes, for ever."
  ^long [^long n]
  (.address (.allocate (Arena/global) n 8)))

(defn get-bytes
  "A copy of the `n` bytes at `address`."
  [^long address ^long n]
  (let [copy (byte-array n)]
    (MemorySegment/copy memory ValueLayout/JAVA_BYTE address copy (int 0) (int n))
    copy))

(defn- segment-of ^MemorySegment [array]
  (condp identical? (class array)
    byte-arrays (MemorySegment/ofArray ^bytes array)
    char-arrays (MemorySegment/ofArray ^chars array)
    short-arrays (MemorySegment/ofArray ^shorts array)
    int-arrays (MemorySegment/ofArray ^ints array)
    long-arrays (MemorySegment/ofArray ^longs array)
    float-arrays (MemorySegment/ofArray ^floats array)
    double-arrays (MemorySegment/ofArray ^doubles array)))

(defn put-array
  "Copy a primitive array to `address`."
  [^long address array]
  (let [source (segment-of array)]
    (MemorySegment/copy source 0 memory address (.byteSize source))))

(defn fill-array
  "Copy what is at `address` into all of a primitive array."
  [^long address array]
  (let [target (segment-of array)]
    (MemorySegment/copy memory address target 0 (.byteSize target))))

(defn buffer-address
  "Where the content of a direct buffer begins."
  ^long [^Buffer buffer]
  (.address (MemorySegment/ofBuffer buffer)))

(defn buffer-at
  "The `n` bytes at `address` as a buffer, or past 2 GiB as a MemorySegment; `release` is called when it is dropped."
  [^long address ^long n read-only? release]
  (let [segment (.reinterpret (MemorySegment/ofAddress address) n (Arena/ofAuto) (reify Consumer (accept [_ _] (release))))
        ^MemorySegment segment (if read-only? (.asReadOnly segment) segment)]
    (if (> n Integer/MAX_VALUE)
      segment
      (.order (.asByteBuffer segment) (ByteOrder/nativeOrder)))))

(def ^:private ^Linker linker (Linker/nativeLinker))

(def ^:private layouts {'long ValueLayout/JAVA_LONG, 'int ValueLayout/JAVA_INT, 'double ValueLayout/JAVA_DOUBLE})

(defn- descriptor
  "The foreign function descriptor of a `result` and `arguments`, each 'long, 'int or 'double; a result may be 'void."
  ^FunctionDescriptor [result arguments]
  (let [arguments (into-array MemoryLayout (map layouts arguments))]
    (if (= result 'void)
      (FunctionDescriptor/ofVoid arguments)
      (FunctionDescriptor/of (layouts result) arguments))))

(defn- downcall
  "A method handle that calls the C function at `address`; `quick?` as in `capi/functions`."
  ^MethodHandle [address result arguments quick?]
  (.downcallHandle linker (MemorySegment/ofAddress (long address)) (descriptor result arguments)
                   (into-array Linker$Option (when quick? [(Linker$Option/critical false)]))))

(def ^:private in-bytecode (unsafe/part 'pybridge.unsafe.bytecode/implement))

(once Registers
  (definterface Registers
    (^long call [^long address ^long a ^long b ^long c ^long d ^long e ^long f])))

(defn- any-function
  "A method handle of an address and six longs, that calls the C function there."
  ^MethodHandle [result [_ & arguments]]
  (let [at (.findStatic (MethodHandles/lookup) MemorySegment "ofAddress" (MethodType/methodType MemorySegment Long/TYPE))]
    (MethodHandles/filterArguments (.downcallHandle linker (descriptor result arguments) (make-array Linker$Option 0))
                                   0 (into-array MethodHandle [at]))))

(def ^:private ^Registers registers
  "Calls functions that take up to six longs and ints. One that takes fewer does not look into the other registers."
  (when in-bytecode
    (in-bytecode Registers '[[call long [long long long long long long long]]]
                 (fn [_ result arguments] (any-function result arguments)))))

(defn- word ^long [x] (if (nil? x) 0 (long x)))

(defn function-at
  "The C function at `address` as a function of Clojure's; `result` and `types` as in capi, but no doubles."
  [address result types]
  (if registers
    (fn [& [a b c d e f]]
      (let [found (.call registers (long address) (word a) (word b) (word c) (word d) (word e) (word f))]
        (case result
          long found
          int (unchecked-int found)
          void nil)))
    (let [handle (downcall address result types false)]
      (fn [& arguments] (.invokeWithArguments handle (ArrayList. ^Collection (vec arguments)))))))

(defn call-at
  "Call the C function at `address` once."
  [address result types & arguments]
  (apply (function-at address result types) arguments))

(defn supplier
  "The C function at `address`, which takes nothing, never blocks and gives a long."
  ^LongSupplier [address]
  (if in-bytecode
    (in-bytecode LongSupplier '[[getAsLong long []]] (fn [_ result arguments] (downcall address result arguments true)))
    (MethodHandleProxies/asInterfaceInstance LongSupplier (downcall address 'long [] true))))

(defn taking-address
  "The C function at `address`, which takes an address; the int that it returns is ignored."
  ^LongConsumer [address]
  (let [handle (downcall address 'int '[long] false)]
    (MethodHandleProxies/asInterfaceInstance LongConsumer (.asType handle (.changeReturnType (.type handle) Void/TYPE)))))

(defn libc
  "The address of the C library's function `function-name`."
  ^long [^String function-name]
  (let [^MemorySegment found (.get (.find (.defaultLookup linker) function-name))]
    (.address found)))

(defn implement
  "The C API, its functions at the addresses that `find-function` gives. Linking a function takes the JVM a while, so each is linked at its
  first call."
  ^Api [find-function]
  (let [addresses (mapv (comp find-function first) capi/functions)
        quick? (mapv #(= :quick (nth % 3)) capi/functions)
        link (fn [i result arguments] (downcall (addresses i) result arguments (quick? i)))]
    (if in-bytecode
      (in-bytecode Api capi/functions link)
      ((requiring-resolve 'pybridge.native.plain-api/implement) link))))

(defn- stub
  "The address of a C function that calls the one method of `interface`, of longs, on `target`."
  ^long [target ^Class interface]
  (let [^Method method (first (.getMethods interface))
        result (symbol (.getName (.getReturnType method)))
        handle (.bindTo (.unreflect (MethodHandles/lookup) method) target)]
    (.address (.upcallStub linker handle (descriptor result (repeat (.getParameterCount method) 'long)) (Arena/global)
                           (make-array Linker$Option 0)))))

(defn call-stub
  "The address of a C function that calls the `CallTarget` `target`, which must not throw."
  ^long [target]
  (stub target CallTarget))

(defn drop-stub
  "The address of a C function that calls the `DropTarget` `target`, which must not throw."
  ^long [target]
  (stub target DropTarget))
