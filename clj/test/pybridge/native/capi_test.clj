(ns pybridge.native.capi-test
  "The reference rules of the C functions, held by counting references and blocks of memory over many calls."
  (:require [clojure.test :refer [deftest is testing]]
            [pybridge.core :as pb]
            [pybridge.holds :refer [so-many]]
            [pybridge.native.capi :as capi]))

(def ^:private helpers
  (delay
    (pb/run "
import gc, sys
class Sentinel:
    size = 3
    def __len__(self): return 3
    def __getitem__(self, i): return self
    def __call__(self, *xs, **options): return self
    def fail(self, *xs): raise ValueError(self)
sentinel = Sentinel()
def references():
    gc.collect()
    return sys.getrefcount(sentinel)
def blocks():
    gc.collect()
    return sys.getallocatedblocks()
")
    {:sentinel (pb/from-python :sentinel)
     :references (pb/from-python :references)
     :blocks (pb/from-python :blocks)
     :same (pb/run "lambda x, **options: x")}))

(defn- settle
  "Let the JVM drop its handles, and Python what they held."
  []
  (System/gc)
  (Thread/sleep 15)
  (pb/call (pb/module "math") :sqrt 1))

(defn- quietly [f] (try (f) (catch Exception _ nil)))

(defn- operations [{:keys [sentinel same]}]
  {"a call" #(sentinel)
   "arguments" #(sentinel sentinel 1 "a" sentinel)
   "keyword arguments" #(same sentinel (pb/kw :one sentinel) (pb/kw :two 2))
   "an attribute" #(pb/attr sentinel :size)
   "a missing attribute" #(quietly (fn [] (pb/attr sentinel :missing)))
   "setting an attribute" #(pb/set-attr! sentinel :other sentinel)
   "an item" #(pb/item sentinel 0)
   "an import" #(pb/module "math")
   "a failing import" #(quietly (fn [] (pb/module "no_such_module")))
   "a list" #(same [sentinel sentinel [sentinel]])
   "a tuple" #(pb/tuple sentinel sentinel)
   "a dict" #(same {:a sentinel, [1 2] sentinel, sentinel 3})
   "a set" #(same #{sentinel 1 2})
   "an unhashable set" #(quietly (fn [] (same #{sentinel (double-array 1)})))
   "colliding keys" #(quietly (fn [] (same {:a sentinel "a" sentinel})))
   "a list that fails half way" #(quietly (fn [] (same [sentinel sentinel (java.nio.ByteBuffer/allocate 1)])))
   "arguments that fail half way" #(quietly (fn [] (same sentinel sentinel (java.nio.ByteBuffer/allocate 1))))
   "a collection that is copied first" #(same [sentinel (map identity [sentinel (java.util.ArrayList. [sentinel])]) {:a (java.util.HashMap. {sentinel [sentinel]})}])
   "one that fails half way" #(quietly (fn [] (same [sentinel (map identity [sentinel]) (java.nio.ByteBuffer/allocate 1)])))
   "what Python shares" #(same ((pb/run "lambda x: [x, [x, x], {1: x}]") (pb/->py [sentinel [sentinel]])))
   "a large integer" #(same (bigint (.pow (biginteger 10) 1000)))
   "deep data" #(same (nth (iterate vector sentinel) 60))
   "many numbers" #(deref (same (double-array 300)))
   "a map that fails half way" #(quietly (fn [] (same {:a sentinel :b (java.nio.ByteBuffer/allocate 1)})))
   "strings" #(same ["plain" "é∑😀" "\ud800" "nul\u0000"])
   "numbers" #(same [1 1.5 9223372036854775808N 1/3 true nil])
   "bytes" #(same (byte-array 100))
   "an array" #(same (double-array 100))
   "a direct buffer" #(same (java.nio.ByteBuffer/allocateDirect 64))
   "an array's memory" #(pb/buffer (same (double-array 8)))
   "a function" #(same (fn [x] x))
   "a callback" #(same ((pb/run "lambda f, x: f(x)") (fn [x] x) sentinel))
   "an opaque object" #(same (Object.))
   "opaque objects that Python asks" #(same #{(atom 1) (atom 2)})
   "a class" #(pb/class "Made" [] {:method (fn [self x] [self x]), :size (pb/property (fn [_] 1)), :value sentinel})
   "a method" (let [made ((pb/class "Made" [] {:method (fn [_ x] x)}))] #(pb/call made :method sentinel))
   "a parent's method" (let [base (pb/class "Base" [] {:method (fn [_ x] x)})
                             made ((pb/class "Made" [base] {:method (fn [self x] (pb/call (pb/super self) :method x))}))]
                         #(pb/call made :method sentinel))
   "a callback that is given options" #((pb/run "lambda f, x: f(x, other=x)") (fn [x & {:as options}] [x options]) sentinel)
   "a callback by name" #((pb/run "lambda f, x: f(b=x, a=x)") (pb/fn [a b] [a b]) sentinel)
   "a call that does not fit" #(quietly (fn [] ((pb/run "lambda f, x: f(x, x, c=x)") (pb/fn [a b] [a b]) sentinel)))
   "a call of a macro" #(quietly (fn [] ((pb/run "lambda f, x: f(x, x)") (var when) sentinel)))
   "a function that is looked at" #((pb/run "lambda f: [repr(f), f.__name__]") (pb/fn looked-at [x] x))
   "a function with attributes" #((pb/run "def hold(f, x):\n    f.x = x\nhold") (fn [x] x) sentinel)
   "a bound function" #((pb/run "lambda f, x: f.__get__(x, type(x))(x)") (fn [_ x] x) sentinel)
   "a Python exception" #(quietly (fn [] (pb/call sentinel :fail sentinel)))
   "a Clojure exception" #(quietly (fn [] ((pb/run "lambda f, x: f(x)") (fn [_] (throw (ex-info "x" {:s sentinel}))) sentinel)))
   "an exception raised by Clojure" #(quietly (fn [] (pb/raise (pb/attr (pb/module "builtins") :ValueError) sentinel)))
   "the same through Python" #(quietly (fn [] (same ((pb/run "lambda f, x: f(x)")
                                                      (fn [x] (pb/raise (pb/attr (pb/module "builtins") :ValueError) x)) sentinel))))
   "one that is raised from another" #(quietly (fn [] (pb/raise-from (ex-info "x" {:s sentinel})
                                                                     (pb/attr (pb/module "builtins") :ValueError) sentinel)))
   "an exception with a context, through Clojure" #(quietly (fn [] ((pb/run "
def handle(f, x):
    try:
        x.fail()
    except ValueError:
        f(x)
handle") (fn [x] (pb/call x :fail)) sentinel)))
   "a chain of causes" #(same (ex-info "x" {:s sentinel} (RuntimeException. "y" (ex-info "z" {:s sentinel}))))
   "a test of an exception's class" #(pb/error? (ex-info "" {}) sentinel)
   "an iterator" #(vec (pb/iter [sentinel sentinel]))
   "elements" #(dorun (take 2 (pb/->py [sentinel sentinel sentinel])))
   "a scope" #(pb/with-scope (same [sentinel]))
   "printing" #(str (pb/->py [sentinel]))})

(def ^:private calls (so-many 60 200))

(defn- grows?
  "Whether so many calls of `operation` leave references or blocks behind, once the collectors have had some turns."
  [{:keys [references blocks]} operation]
  (let [references-before (references), blocks-before (blocks)]
    (dotimes [_ calls] (operation))
    (loop [turns 10]
      (settle)
      (cond
        (and (<= (abs (- (references) references-before)) 3) (< (- (blocks) blocks-before) (quot calls 2))) false
        (zero? turns) true
        :else (recur (dec turns))))))

(defn- always-grows?
  "What is allocated once and kept grows once; a reference that is lost grows every time."
  [helpers operation]
  (dotimes [_ 20] (operation))
  (settle)
  (every? true? (repeatedly 4 #(grows? helpers operation))))

(deftest references-and-blocks-balance
  (let [gc (pb/module "gc")
        operations (operations @helpers)]
    (pb/call gc :freeze) ; a collection then looks at what this test makes, not at all of TensorFlow
    (try
      (let [grows? (always-grows? @helpers #(run! (fn [[_ operation]] (operation)) operations))]
        (is (not grows?))
        (when grows? ; which of them?
          (doseq [[what operation] operations]
            (testing what
              (is (not (always-grows? @helpers operation)))))))
      (finally (pb/call gc :unfreeze)))))

(deftest every-function-states-its-rule
  (doseq [[function-name result arguments kind rule] capi/functions]
    (testing function-name
      (is (contains? '#{long int double void} result))
      (is (every? '#{long int double} arguments))
      (is (contains? #{:quick :runs} kind))
      (is (re-find #"new|borrow|steal|no objects|drops|reference|text|one (more|less)|zero" rule)))))
