(ns ^{:clj-reload/no-reload true, :clojure.tools.namespace.repl/load false} pybridge.native.capi
  "CPython's C API as one Java interface: every C function is declared here, once, beside its reference-count rule.

  `pybridge.native.platform/bind` implements it for a library that is in the process. Methods take and return addresses as
  longs; an address of zero means that a Python exception is set."
  (:require [pybridge.once :refer [once]]))

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
    [PyInterpreterState_Get long [] :quick "no objects"]
    [PyThreadState_New long [long] :runs "no objects; the result is a thread state"]
    [PyThreadState_Swap long [long] :runs "no objects; gives and takes thread states, whoever has the GIL"]
    [PyThreadState_Clear void [long] :runs "drops what the thread state holds"]
    [PyThreadState_Delete void [long] :runs "no objects"]
    [PyThreadState_DeleteCurrent void [] :runs "no objects; gives the GIL away"]
    [PyThread_get_thread_ident long [] :quick "no objects"]
    [PyThreadState_SetAsyncExc int [long long] :quick "takes its own reference to the exception class"]
    [Py_IncRef void [long] :quick "one more"]
    [Py_DecRef void [long] :runs "one less; may run finalizers"]
    [PyType_GenericAlloc long [long long] :runs "new, its memory zeroed"]
    [PyLong_FromLongLong long [long] :quick "new"]
    [PyLong_AsLongLongAndOverflow long [long long] :quick "borrows the argument"]
    [PyFloat_FromDouble long [double] :quick "new"]
    [PyFloat_AsDouble double [long] :quick "borrows the argument"]
    [PyUnicode_InternFromString long [long] :quick "new; the text stays the caller's"]
    [PyUnicode_DecodeLatin1 long [long long long] :runs "new; the text stays the caller's"]
    [PyUnicode_DecodeUTF16 long [long long long long] :runs "new; the text stays the caller's"]
    [PyUnicode_AsUTF8AndSize long [long long] :quick "borrowed text, alive as long as the argument"]
    [PyUnicode_GetLength long [long] :quick "borrows the argument"]
    [PyUnicode_AsEncodedString long [long long long] :runs "new"]
    [PyBytes_FromStringAndSize long [long long] :quick "new; the bytes stay the caller's"]
    [PyBytes_AsString long [long] :quick "borrowed bytes, alive as long as the argument"]
    [PyBytes_Size long [long] :quick "borrows the argument"]
    [PySequence_Tuple long [long] :runs "new; of a tuple, the same one"]
    [PyTuple_New long [long] :runs "new, its slots empty"]
    [PyTuple_SetItem int [long long long] :runs "steals the item, also when it fails"]
    [PyTuple_GetItem long [long long] :quick "borrowed"]
    [PyTuple_Size long [long] :quick "borrows the argument"]
    [PyList_New long [long] :runs "new, its slots empty"]
    [PyList_SetItem int [long long long] :runs "steals the item, also when it fails"]
    [PyList_GetItem long [long long] :quick "borrowed"]
    [PyList_Size long [long] :quick "borrows the argument"]
    [PyDict_New long [] :runs "new"]
    [PyDict_SetItem int [long long long] :runs "takes its own references to key and value"]
    [PyDict_Next int [long long long long] :quick "borrowed key and value"]
    [PyDict_Size long [long] :quick "borrows the argument"]
    [PySet_New long [long] :runs "new"]
    [PyFrozenSet_New long [long] :runs "new"]
    [PySet_Size long [long] :quick "borrows the argument"]
    [PyObject_Str long [long] :runs "new"]
    [PyObject_GetAttr long [long long] :runs "new"]
    [PyObject_GetItem long [long long] :runs "new"]
    [PyObject_Hash long [long] :runs "borrows the argument"]
    [PyObject_Vectorcall long [long long long long] :runs "new; borrows function, arguments and names"]
    [PyObject_VectorcallMethod long [long long long long] :runs "new; borrows name, arguments and names"]
    [PyObject_RichCompareBool int [long long int] :runs "borrows both"]
    [PyCallable_Check int [long] :quick "borrows the argument"]
    [PyImport_ImportModule long [long] :runs "new; the name stays the caller's"]
    [PyErr_CheckSignals int [] :runs "no objects; runs Python's signal handlers on its main thread"]
    [PyErr_Clear void [] :runs "drops the exception"]
    [PyErr_Fetch void [long long long] :runs "new type, value and traceback, each possibly zero"]
    [PyErr_NormalizeException void [long long long] :runs "replaces the three references in place"]
    [PyErr_Restore void [long long long] :runs "steals type, value and traceback; the traceback may be zero"]
    [PyException_GetTraceback long [long] :quick "new; zero without an exception when there is none"]
    [PyException_GetContext long [long] :quick "new; zero without an exception when there is none"]
    [PyException_SetTraceback int [long long] :runs "takes its own reference to the traceback"]
    [PyErr_SetObject void [long long] :runs "takes its own references"]
    [PyErr_SetString void [long long] :runs "takes its own reference to the type; the text stays the caller's"]
    [PyCapsule_New long [long long long] :runs "new; runs the destructor when dropped"]
    [PyCapsule_GetPointer long [long long] :quick "borrows the argument"]
    [PyCapsule_IsValid int [long long] :quick "borrows the argument"]
    [PyObject_GetBuffer int [long long int] :runs "the view holds a reference until it is released"]
    [PyBuffer_Release void [long] :runs "drops the view's reference"]
    [PyGC_Collect long [] :runs "no objects; drops cycles, unless Python's collector is switched off"]])

(defmacro ^:private define-interface []
  (letfn [(tagged [tag x] (vary-meta x assoc :tag tag))]
    `(definterface ~'Api
       ~@(for [[name result arguments] functions]
           (list (tagged result name)
                 (vec (map-indexed (fn [i type] (tagged type (symbol (str "a" i)))) arguments)))))))

(once Api (define-interface))

(once CallTarget
  (definterface CallTarget
    (^long call [^long self ^long arguments ^long n ^long keywordNames])))

(once DropTarget
  (definterface DropTarget
    (^void drop [^long capsule])))

(defn unknown-function
  "The error of a Python that lacks the C function `function-name`."
  [function-name]
  (ex-info (str "this Python has no " function-name "; pybridge needs CPython 3.11 or newer")
           #:pybridge{:reason :missing-symbol, :symbol (str function-name)}))
