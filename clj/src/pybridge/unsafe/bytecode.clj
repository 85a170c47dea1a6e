(ns pybridge.unsafe.bytecode
  "The C API as a class written in bytecode, whose methods call method handles that are constants to the JIT."
  (:require [pybridge.native.capi :as capi])
  (:import (clojure.asm ClassWriter ConstantDynamic Handle MethodVisitor Opcodes Type)
           (java.lang.invoke MethodHandles MethodHandles$Lookup MethodHandles$Lookup$ClassOption)
           (pybridge.native.capi Api)))

(set! *warn-on-reflection* true)

(def ^:private types {'long Type/LONG_TYPE, 'int Type/INT_TYPE, 'double Type/DOUBLE_TYPE, 'void Type/VOID_TYPE})

(defn- method-type ^String [result arguments]
  (Type/getMethodDescriptor (types result) (into-array Type (map types arguments))))

(def ^:private handle-type "java/lang/invoke/MethodHandle")

(def ^:private ^Handle class-data
  "The bootstrap method of a constant that is one of the objects given to a hidden class."
  (Handle. Opcodes/H_INVOKESTATIC "java/lang/invoke/MethodHandles" "classDataAt"
           "(Ljava/lang/invoke/MethodHandles$Lookup;Ljava/lang/String;Ljava/lang/Class;I)Ljava/lang/Object;"
           false))

(defn- write-constructor [^ClassWriter writer]
  (doto (.visitMethod writer 0 "<init>" "()V" nil nil)
    (.visitCode)
    (.visitVarInsn Opcodes/ALOAD 0)
    (.visitMethodInsn Opcodes/INVOKESPECIAL "java/lang/Object" "<init>" "()V" false)
    (.visitInsn Opcodes/RETURN)
    (.visitMaxs 0 0)
    (.visitEnd)))

(defn- write-method
  "The method of the C function at `i` in `capi/functions`: it calls the handle at `i` with its own arguments."
  [^ClassWriter writer i [function-name result arguments]]
  (let [^MethodVisitor method (.visitMethod writer Opcodes/ACC_PUBLIC (munge (str function-name)) (method-type result arguments) nil nil)]
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

(defn- class-bytes ^bytes []
  (let [writer (ClassWriter. ClassWriter/COMPUTE_MAXS)]
    (.visit writer Opcodes/V11 (bit-or Opcodes/ACC_FINAL Opcodes/ACC_SUPER) "pybridge/unsafe/ApiImplementation" nil
            "java/lang/Object" (into-array String [(Type/getInternalName Api)]))
    (write-constructor writer)
    (doall (map-indexed (fn [i function] (write-method writer i function)) capi/functions))
    (.visitEnd writer)
    (.toByteArray writer)))

(defn implement
  "The `Api` whose functions call the method handles `handles`, in the order of `capi/functions`."
  ^Api [handles]
  (let [lookup (.defineHiddenClassWithClassData (MethodHandles/lookup) (class-bytes) (vec handles) true
                                                (make-array MethodHandles$Lookup$ClassOption 0))
        implementation (.lookupClass ^MethodHandles$Lookup lookup)]
    (.newInstance (.getDeclaredConstructor implementation (make-array Class 0)) (object-array 0))))
