(ns ^{:clj-reload/no-reload true, :clojure.tools.namespace.repl/load false} pybridge.unsafe.bytecode
  "Interfaces of C functions as classes written in bytecode, whose methods call method handles that are constants to the JIT.

  The handles know longs and doubles alone: by the calling conventions of the 64-bit systems an int is the lower half of a register, and what
  a function that returns nothing leaves in one is nobody's. So C functions share what the JVM makes for each signature, a dozen
  classes."
  (:import (clojure.asm ClassWriter ConstantDynamic Handle MethodVisitor Opcodes Type)
           (java.lang.invoke MethodHandles MethodHandles$Lookup MethodHandles$Lookup$ClassOption)
           (java.util List)))

(set! *warn-on-reflection* true)

(def ^:private types {'long Type/LONG_TYPE, 'int Type/INT_TYPE, 'double Type/DOUBLE_TYPE, 'void Type/VOID_TYPE})

(defn- widened [type] (if (= type 'double) 'double 'long))

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
  "The method of the C function at `i`: it calls the handle at `i` with its own arguments."
  [^ClassWriter writer i [function-name result arguments]]
  (let [^MethodVisitor method (.visitMethod writer Opcodes/ACC_PUBLIC (munge (str function-name)) (method-type result arguments) nil nil)]
    (.visitCode method)
    (.visitLdcInsn method (ConstantDynamic. "_" (str "L" handle-type ";") class-data (into-array Object [(int i)])))
    (reduce (fn [slot argument]
              (let [^Type type (types argument)]
                (.visitVarInsn method (.getOpcode type Opcodes/ILOAD) (int slot))
                (when (= argument 'int) (.visitInsn method Opcodes/I2L))
                (+ (long slot) (.getSize type))))
            1 arguments)
    (.visitMethodInsn method Opcodes/INVOKEVIRTUAL handle-type "invokeExact" (method-type (widened result) (map widened arguments)) false)
    (case result
      int (.visitInsn method Opcodes/L2I)
      void (.visitInsn method Opcodes/POP2)
      nil)
    (.visitInsn method (.getOpcode ^Type (types result) Opcodes/IRETURN))
    (.visitMaxs method 0 0)
    (.visitEnd method)))

(defn- class-bytes ^bytes [^Class interface functions]
  (let [writer (ClassWriter. ClassWriter/COMPUTE_MAXS)]
    (.visit writer Opcodes/V11 (bit-or Opcodes/ACC_FINAL Opcodes/ACC_SUPER) (str "pybridge/unsafe/" (.getSimpleName interface) "Implementation") nil
            "java/lang/Object" (into-array String [(Type/getInternalName interface)]))
    (write-constructor writer)
    (doall (map-indexed (fn [i function] (write-method writer i function)) functions))
    (.visitEnd writer)
    (.toByteArray writer)))

(defn implement
  "An instance of `interface`, whose methods `functions` lists as `capi/functions` does. Each calls the method handle that `link` gives for
  its place, result and arguments at its first call."
  [^Class interface functions link]
  (let [links (reify List
                (get [_ i]
                  (let [[_ result arguments] (nth functions i)]
                    (link i (widened result) (map widened arguments)))))
        lookup (.defineHiddenClassWithClassData (MethodHandles/lookup) (class-bytes interface functions) links true
                                                (make-array MethodHandles$Lookup$ClassOption 0))
        implementation (.lookupClass ^MethodHandles$Lookup lookup)]
    (.newInstance (.getDeclaredConstructor implementation (make-array Class 0)) (object-array 0))))
