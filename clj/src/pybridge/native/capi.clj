(ns pybridge.native.capi
  "CPython's C API as one Java object: every C function is declared here, once, beside its reference-count rule.

  `open!` binds the declarations to a library that is in the process. Methods take and return addresses as longs; an address
  of zero means that a Python exception is set."
  (:import (clojure.asm ClassWriter ConstantDynamic Handle MethodVisitor Opcodes Type)
           (java.lang.foreign Arena FunctionDescriptor Linker Linker$Option MemoryLayout MemorySegment ValueLayout)
           (java.lang.invoke MethodHandle MethodHandleProxies MethodHandles MethodHandles$Lookup MethodHandles$Lookup$ClassOption)))

(set! *warn-on-reflection* true)

(def functions
  "[name result arguments kind reference-rule]. :quick functions neither block nor run Python code, so the JVM may call them
  without leaving its own state. A new reference is the caller's to drop; a borrowed one is not; a stolen one is the callee's."
  '[[Py_IsInitialized int [] :quick "no objects"]
    [PyGILState_Ensure int [] :runs "no objects; pairs with Release"]
    [PyGILState_Release void [int] :runs "no objects"]
    [PyGILState_Check int [] :quick "no objects"]
    [PyGILState_GetThisThreadState long [] :quick "no objects"]
    [PyEval_SaveThread long [] :runs "no objects; gives the GIL away, the result is a thread state"]
    [PyEval_RestoreThread void [long] :runs "no objects; takes the GIL"]
    [PyThreadState_Clear void [long] :runs "drops what the dead thread state holds"]
    [PyThreadState_Delete void [long] :runs "no objects"]
    [PyThread_get_thread_ident long [] :quick "no objects"]
    [PyThreadState_SetAsyncExc int [long long] :quick "takes its own reference to the exception class"]
    [Py_IncRef void [long] :quick "one more"]
    [Py_DecRef void [long] :runs "one less; may run finalizers"]
    [PyObject_Type long [long] :quick "new"]
    [PyType_GetFlags long [long] :quick "no objects"]
    [PyType_IsSubtype int [long long] :quick "no objects"]
    [PyLong_FromLongLong long [long] :quick "new"]
    [PyLong_FromString long [long long int] :quick "new; the text stays the caller's"]
    [PyLong_AsLongLongAndOverflow long [long long] :quick "borrows the argument"]
    [PyNumber_ToBase long [long int] :runs "new"]
    [PyFloat_FromDouble long [double] :quick "new"]
    [PyFloat_AsDouble double [long] :quick "borrows the argument"]
    [PyUnicode_FromStringAndSize long [long long] :quick "new; the text stays the caller's"]
    [PyUnicode_InternFromString long [long] :quick "new; the text stays the caller's"]
    [PyUnicode_DecodeUTF16 long [long long long long] :runs "new; the text stays the caller's"]
    [PyUnicode_AsUTF8AndSize long [long long] :quick "borrowed text, alive as long as the argument"]
    [PyUnicode_AsEncodedString long [long long long] :runs "new"]
    [PyBytes_FromStringAndSize long [long long] :quick "new; the bytes stay the caller's"]
    [PyBytes_AsString long [long] :quick "borrowed bytes, alive as long as the argument"]
    [PyBytes_Size long [long] :quick "borrows the argument"]
    [PyTuple_New long [long] :runs "new, its slots empty"]
    [PyTuple_SetItem int [long long long] :runs "steals the item, also when it fails"]
    [PyTuple_GetItem long [long long] :quick "borrowed"]
    [PyTuple_Size long [long] :quick "borrows the argument"]
    [PyList_New long [long] :runs "new, its slots empty"]
    [PyList_SetItem int [long long long] :runs "steals the item, also when it fails"]
    [PyList_Append int [long long] :runs "takes its own reference to the item"]
    [PyList_GetItem long [long long] :quick "borrowed"]
    [PyList_Size long [long] :quick "borrows the argument"]
    [PyDict_New long [] :runs "new"]
    [PyDict_SetItem int [long long long] :runs "takes its own references to key and value"]
    [PyDict_Next int [long long long long] :quick "borrowed key and value"]
    [PyDict_Size long [long] :quick "borrows the argument"]
    [PySet_New long [long] :runs "new"]
    [PyFrozenSet_New long [long] :runs "new"]
    [PySet_Size long [long] :quick "borrows the argument"]
    [PyObject_GetIter long [long] :runs "new"]
    [PyIter_Next long [long] :runs "new; zero without an exception at the end"]
    [PyObject_GetAttr long [long long] :runs "new"]
    [PyObject_SetAttr int [long long long] :runs "takes its own reference to the value"]
    [PyObject_GetItem long [long long] :runs "new"]
    [PyObject_Hash long [long] :runs "borrows the argument"]
    [PyObject_Vectorcall long [long long long long] :runs "new; borrows function, arguments and names"]
    [PyCallable_Check int [long] :quick "borrows the argument"]
    [PyImport_ImportModule long [long] :runs "new; the name stays the caller's"]
    [PyErr_Occurred long [] :quick "borrowed"]
    [PyErr_Clear void [] :runs "drops the exception"]
    [PyErr_Fetch void [long long long] :runs "new type, value and traceback, each possibly zero"]
    [PyErr_NormalizeException void [long long long] :runs "replaces the three references in place"]
    [PyException_SetTraceback int [long long] :runs "takes its own reference to the traceback"]
    [PyErr_SetObject void [long long] :runs "takes its own references"]
    [PyErr_SetString void [long long] :runs "takes its own reference to the type; the text stays the caller's"]
    [PyCFunction_NewEx long [long long long] :runs "new; takes its own reference to self; keeps the definition for ever"]
    [PyCapsule_New long [long long long] :runs "new; runs the destructor when dropped"]
    [PyCapsule_GetPointer long [long long] :quick "borrows the argument"]
    [PyCapsule_IsValid int [long long] :quick "borrows the argument"]
    [PyObject_GetBuffer int [long long int] :runs "the view holds a reference until it is released"]
    [PyBuffer_Release void [long] :runs "drops the view's reference"]
    [PyRun_SimpleString int [long] :runs "no objects; the text stays the caller's"]])

(def ^Linker linker (Linker/nativeLinker))

(def ^:private layouts {'long ValueLayout/JAVA_LONG, 'int ValueLayout/JAVA_INT, 'double ValueLayout/JAVA_DOUBLE})

(defn descriptor
  "The foreign function descriptor of a `result` and `arguments`, each 'long, 'int or 'double; a result may be 'void."
  ^FunctionDescriptor [result arguments]
  (let [arguments (into-array MemoryLayout (map layouts arguments))]
    (if (= result 'void)
      (FunctionDescriptor/ofVoid arguments)
      (FunctionDescriptor/of (layouts result) arguments))))

(defn downcall
  "A method handle that calls the C function at `address`; `quick?` as in `functions`."
  ^MethodHandle [address result arguments quick?]
  (.downcallHandle linker (MemorySegment/ofAddress (long address)) (descriptor result arguments)
                   (into-array Linker$Option (when quick? [(Linker$Option/critical false)]))))

(definterface Lookup (^long call [^long library ^long name]))
(definterface Open (^long call [^long name ^int flags]))

(defn- in-libc
  "The C library's function `name` as an instance of the one-method `interface`."
  [interface name result arguments]
  (let [^MemorySegment address (.get (.find (.defaultLookup linker) name))]
    (MethodHandleProxies/asInterfaceInstance interface (downcall (.address address) result arguments false))))

(def ^:private dlsym (delay (in-libc Lookup "dlsym" 'long '[long long])))
(def ^:private dlopen (delay (in-libc Open "dlopen" 'long '[long int])))

(defn find-symbol
  "The address of `name` in `library` (a dlopen handle), or zero."
  ^long [^long library ^String name]
  (with-open [arena (Arena/ofConfined)]
    (let [^Lookup dlsym @dlsym]
      (.call dlsym library (.address (.allocateFrom arena name))))))

(defn open-library
  "Open the shared library at `path` for the whole process (extension modules need its symbols); a dlopen handle, or zero."
  ^long [^String path]
  (let [now-and-global (if (= "Mac OS X" (System/getProperty "os.name")) 0xA 0x102)]
    (with-open [arena (Arena/ofConfined)]
      (let [^Open dlopen @dlopen]
        (.call dlopen (.address (.allocateFrom arena path)) (int now-and-global))))))

(defmacro ^:private define-interface []
  (letfn [(tagged [tag x] (vary-meta x assoc :tag tag))]
    `(definterface ~'Api
       ~@(for [[name result arguments] functions]
           (list (tagged result name)
                 (vec (map-indexed (fn [i type] (tagged type (symbol (str "a" i)))) arguments)))))))

(define-interface)

(def ^:private types {'long Type/LONG_TYPE, 'int Type/INT_TYPE, 'double Type/DOUBLE_TYPE, 'void Type/VOID_TYPE})

(defn- method-type ^String [result arguments]
  (Type/getMethodDescriptor (types result) (into-array Type (map types arguments))))

(defn- implementation-bytes
  "A class that implements `Api`: each method calls its handle, a constant of the class, so that the JIT sees through it."
  ^bytes []
  (let [writer (ClassWriter. ClassWriter/COMPUTE_MAXS)
        handle-type "java/lang/invoke/MethodHandle"
        class-data (Handle. Opcodes/H_INVOKESTATIC "java/lang/invoke/MethodHandles" "classDataAt"
                            (str "(Ljava/lang/invoke/MethodHandles$Lookup;Ljava/lang/String;Ljava/lang/Class;I)"
                                 "Ljava/lang/Object;")
                            false)]
    (.visit writer Opcodes/V11 (bit-or Opcodes/ACC_FINAL Opcodes/ACC_SUPER) "pybridge/native/ApiImplementation" nil
            "java/lang/Object" (into-array String [(Type/getInternalName Api)]))
    (doto (.visitMethod writer 0 "<init>" "()V" nil nil)
      (.visitCode)
      (.visitVarInsn Opcodes/ALOAD 0)
      (.visitMethodInsn Opcodes/INVOKESPECIAL "java/lang/Object" "<init>" "()V" false)
      (.visitInsn Opcodes/RETURN)
      (.visitMaxs 0 0)
      (.visitEnd))
    (doseq [[i [name result arguments]] (map-indexed vector functions)]
      (let [^MethodVisitor method (.visitMethod writer Opcodes/ACC_PUBLIC (munge (str name)) (method-type result arguments) nil nil)]
        (.visitCode method)
        (.visitLdcInsn method (ConstantDynamic. "_" (str "L" handle-type ";") class-data (into-array Object [(int i)])))
        (reduce (fn [slot argument]
                  (let [^Type type (types argument)]
                    (.visitVarInsn method (.getOpcode type Opcodes/ILOAD) (int slot))
                    (+ (long slot) (.getSize type))))
                1 arguments)
        (.visitMethodInsn method Opcodes/INVOKEVIRTUAL handle-type "invokeExact" (method-type result arguments) false)
        (.visitInsn method (.getOpcode ^Type (types result) Opcodes/IRETURN))
        (.visitMaxs method 0 0)
        (.visitEnd method)))
    (.visitEnd writer)
    (.toByteArray writer)))

(defn bind
  "The C API of the Python in `library` (a dlopen handle) as an `Api`."
  ^Api [^long library]
  (let [handle (fn [[name result arguments kind]]
                 (let [address (find-symbol library (str name))]
                   (when (zero? address)
                     (throw (ex-info (str "this Python has no " name "; pybridge needs CPython 3.11 or newer")
                                     {:reason :missing-symbol, :symbol (str name)})))
                   (downcall address result arguments (= kind :quick))))
        lookup (.defineHiddenClassWithClassData (MethodHandles/lookup) (implementation-bytes) (mapv handle functions) true
                                                (make-array MethodHandles$Lookup$ClassOption 0))
        implementation (.lookupClass ^MethodHandles$Lookup lookup)]
    (.newInstance (.getDeclaredConstructor implementation (make-array Class 0)) (object-array 0))))
