(ns pybridge.subclass-test
  "Subclasses of Python's own classes and of its libraries', written in Clojure, where those use them."
  (:refer-clojure :exclude [iteration])
  (:require [clojure.test :refer [deftest is testing]]
            [pybridge.core :as pb]
            [pybridge.expressions :refer [from message python]]
            [pybridge.ops :as ops])
  (:import (clojure.lang ExceptionInfo)))

(set! *warn-on-reflection* true)

(deftest abstract-bases
  (let [mapping (from "collections.abc" :Mapping)
        squares (pb/class "Squares" [mapping] {:__init__ (fn [self n] (pb/set-attr! self :n n))
                                               :__getitem__ (fn [self k] (if (< -1 k (pb/attr self :n))
                                                                           (* k k)
                                                                           (python "(_ for _ in ()).throw(KeyError(k))" :k k)))
                                               :__len__ (fn [self] (pb/attr self :n))
                                               :__iter__ (fn [self] (pb/iter (range (pb/attr self :n))))})
        partial-one (pb/class "Partial" [mapping] {:__len__ (fn [_] 0)})]
    (is (= [[0 0] [1 1] [2 4]] (python "[[k, v] for k, v in x.items()]" :x (squares 3))))
    (is (= [4 "none" true false] (python "[x[2], x.get(9, 'none'), 1 in x, 7 in x]" :x (squares 3))))
    (is (true? (python "dict(x) == {0: 0, 1: 1}" :x (squares 2))))
    (is (re-find #"TypeError: Can't instantiate abstract class Partial" (message #(partial-one))))))

(deftest generics-as-bases
  (is (= [["list"] true] (python "[[b.__name__ for b in C.__bases__], C([1]) == [1]]"
                                 :C (pb/class "Numbers" [(pb/item (from "builtins" :list) (from "builtins" :int))] {}))))
  (let [generic (pb/item (from "typing" :Generic) (pb/call (pb/module "typing") :TypeVar "T"))]
    (is (= ["Box[int]" 3] (python "[str(C[int]).split('.')[-1], C[int]().size]" :C (pb/class "Box" [generic] {:size 3}))))))

(deftest subclasses-of-built-in-types
  (let [shout (pb/class "Shout" [(from "builtins" :str)] {:loud (fn [self] (str (pb/call self :upper) (count (str self))))})]
    (is (= [true "HI2" true] (python "[isinstance(C('hi'), str), C('hi').loud(), str(C('hi')) == 'hi']" :C shout))))
  (let [stack (pb/class "Stack" [(from "builtins" :list)]
                {:push (fn [self x] (pb/call self :append x) self)
                 :append (fn [self x] (pb/call (pb/super self) :append (inc x)))})]
    (is (true? (python "C([1]).push(5) == [1, 6]" :C stack)))
    (is (= [2 3] (vec (pb/call (pb/call (stack) :push 1) :push 2)))))
  (let [defaults (pb/class "Defaults" [(from "builtins" :dict)] {:__missing__ (fn [self k] (str "no " k " in " (count self)))})]
    (is (= [1 "no b in 1"] (python "[(d := C(a=1))['a'], d['b']]" :C defaults))))
  (let [metres (pb/class "Metres" [(from "builtins" :float)] {:__str__ (fn [self] (str (pb/call self :__float__) " m"))})]
    (is (= ["2.5 m" 5.0] (python "[str(C(2.5)), C(2.5) * 2]" :C metres)))
    (is (= "2.5 m" (str (metres 2.5))))))

(deftest context-managers
  (let [log (atom [])
        tell (fn [x] (swap! log conj x) nil)
        recorder (pb/class "Recorder" [] {:__init__ (fn [self swallows] (pb/set-attr! self :swallows swallows))
                                          :__enter__ (fn [self] (tell "enter") self)
                                          :__exit__ (fn [self type value _] (tell [(some? type) (some-> value str)]) (pb/attr self :swallows))})
        use (pb/run "
def use(manager, fails):
    with manager as given:
        if fails: raise ValueError('inside')
        return given is manager
use")]
    (is (true? (use (recorder false) false)))
    (is (nil? (use (recorder true) true)) "swallowed")
    (is (= "ValueError: inside" (message #(use (recorder false) true))))
    (is (= ["enter" [false nil] "enter" [true "inside"] "enter" [true "inside"]] @log))
    (is (= 5 (pb/with [_ (recorder false)] 5)))
    (is (nil? (pb/with [_ (recorder true)] (throw (ex-info "x" {})))))))

(deftest exceptions
  (let [error (pb/class "TooHot" [(from "builtins" :ValueError)] {:__str__ (fn [self] (str "at " (first (pb/attr self :args)) " degrees"))})
        thrown (try (python "(_ for _ in ()).throw(E(90))" :E error) (catch ExceptionInfo e e))]
    (is (= "TooHot: at 90 degrees" (ex-message thrown)))
    (is (= "TooHot" (:py/type (ex-data thrown))))
    (is (= [90] (pb/attr (:py/exception (ex-data thrown)) :args)))
    (is (= "caught" ((pb/run "
def caught(f, E):
    try:
        f()
    except E:
        return 'caught'
caught") (fn [] (throw thrown)) error)))))

(deftest iteration
  (let [countdown (pb/class "Countdown" [] {:__init__ (fn [self n] (pb/set-attr! self :n n))
                                            :__iter__ (fn [self] (pb/iter (range (pb/attr self :n) 0 -1)))})
        by-hand (pb/class "ByHand" [] {:n 0
                                       :__iter__ identity
                                       :__next__ (fn [self]
                                                   (let [n (pb/attr self :n)]
                                                     (when (= n 3) (python "(_ for _ in ()).throw(E)" :E (from "builtins" :LookupError)))
                                                     (pb/set-attr! self :n (inc n))
                                                     n))})]
    (is (= [3 2 1] (python "[*x]" :x (countdown 3)) (vec (countdown 3))))
    (is (= 6 (python "sum(x) + sum(())" :x (countdown 3))))
    (is (re-find #"LookupError" (message #(python "[*x]" :x (by-hand)))))))

(deftest metaclasses-and-decorators
  (let [calls (atom 0)
        counting (pb/class "Counting" [(from "builtins" :type)]
                   {:__call__ (fn [cls & args]
                                (swap! calls inc)
                                (apply pb/call (pb/super cls) :__call__ args))})
        made (pb/class "Made" [] {:__init__ (fn [self x] (pb/set-attr! self :x x))} :metaclass counting)]
    (is (= 5 (pb/attr (made 5) :x)))
    (is (= 1 @calls))
    (is (= "Counting" (python "type(C).__name__" :C made))))
  (testing "a metaclass that makes the class"
    (let [type (from "builtins" :type)
          seen (atom [])
          registering (pb/class "Registering" [type]
                        {:__new__ (pb/fn [cls name bases namespace & {:keys [label]}]
                                    (swap! seen conj [name (count bases) (:size namespace) label])
                                    (pb/call (pb/super cls) :__new__ cls name bases namespace))
                         :__init__ (pb/fn [cls name bases namespace & {:as options}]
                                     (pb/call (pb/super cls) :__init__ name bases namespace)
                                     (pb/set-attr! cls :options options))})
          base (pb/class "Base" [] {:who (fn [_] "base")} :metaclass registering)
          made (pb/class "Made" [base] {:size 3, :pair (pb/tuple 1 2), :who (fn [self] (str "made, " (pb/call (pb/super self) :who)))} :label "x")]
      (is (= [["Base" 0 nil nil] ["Made" 1 3 "x"]] @seen))
      (is (= ["made, base" true {:label "x"}] (python "[C().who(), C.pair == (1, 2) and type(C) is M, C.options]" :C made :M registering)))))
  (testing "an enum, whose members have an order"
    (let [color (pb/class "Color" [(from "enum" :Enum)] [[:RED 1] [:GREEN 2] [:hot (pb/property (fn [self] (= 1 (pb/attr self :value))))]])]
      (is (= ["RED" "GREEN"] (python "[c.name for c in C]" :C color)))
      (is (= [true false] (python "[c.hot for c in C]" :C color)))
      (is (true? (python "C(2) is C.GREEN" :C color)))))
  (testing "a dataclass, and a field's default"
    (let [settings (pb/call (pb/module "dataclasses") :dataclass
                            (pb/class "Settings" [] [[:__annotations__ {:rate (from "builtins" :float) :tags (from "builtins" :list)}]
                                                     [:rate 0.5]
                                                     [:tags (pb/call (pb/module "dataclasses") :field (pb/kw :default-factory (fn [] [1 2])))]
                                                     [:doubled (fn [self] (* 2 (pb/attr self :rate)))]]))]
      (is (= ["Settings(rate=0.5, tags=[1, 2])" 1.0 3.0] (python "[repr(C()), C().doubled(), C(1.5).doubled()]" :C settings)))
      (is (true? (python "C() == C() and C(1) != C(2) and C().tags is not C().tags" :C settings)))))
  (testing "Python's decorators on Clojure functions"
    (let [calls (atom 0)
          cached (pb/class "Cached" [] {:total (pb/call (pb/module "functools") :cached_property (fn [_] (swap! calls inc)))})
          x (cached)]
      (is (= [1 1] [(pb/attr x :total) (pb/attr x :total)])))))

(deftest threads
  (let [done (promise)
        thread (pb/class "Worker" [(from "threading" :Thread)]
                 {:__init__ (fn [self n] (pb/call (pb/super self) :__init__ (pb/kw :daemon true)) (pb/set-attr! self :n n))
                  :run (fn [self] (deliver done [(pb/attr self :n) (pb/attr self :daemon)]))})
        worker (thread 3)]
    (pb/call worker :start)
    (pb/call worker :join)
    (is (= [3 true] (deref done 2000 :late)))
    (testing "many at once"
      (let [total (atom 0)
            adder (pb/class "Adder" [] {:add (fn [_ n] (swap! total + n) n)})
            one (adder)]
        (is (= (range 40) (pmap #(pb/call one :add %) (range 40))))
        (is (= (reduce + (range 40)) @total))))))

(deftest json-encoders
  (let [encoder (pb/class "Encoder" [(from "json" :JSONEncoder)]
                  {:default (pb/fn [self o] (if (pb/py? o) (pb/call (pb/super self) :default o) (str "clojure: " o)))})]
    (is (= "[1, \"clojure: a+\"]" (pb/call (pb/module "json") :dumps [1 #"a+"] (pb/kw :cls encoder))))
    (is (re-find #"TypeError: Object of type module is not JSON serializable"
                 (message #(pb/call (pb/module "json") :dumps (pb/module "math") (pb/kw :cls encoder)))))))

(deftest a-layer
  (let [layers (pb/module "keras.layers")
        keras (pb/module "keras")
        np (pb/module "numpy")
        dense (pb/class "Scaled" [(pb/attr layers :Layer)]
                {:__init__ (pb/fn [self units & {:as options}]
                             (apply pb/call (pb/super self) :__init__ (map (fn [[k v]] (pb/kw k v)) options))
                             (pb/set-attr! self :units units))
                 :build (pb/fn [self input-shape]
                          (pb/set-attr! self :w (pb/call self :add_weight (pb/kw :shape [(last input-shape) (pb/attr self :units)])
                                                         (pb/kw :initializer "ones") (pb/kw :name "w")))
                          (pb/call (pb/super self) :build input-shape))
                 :call (pb/fn [self x] (pb/call (pb/module "tensorflow") :matmul x (pb/attr self :w)))
                 :get-config (fn [self] (assoc (pb/call (pb/super self) :get_config) :units (pb/attr self :units)))})
        layer (dense 2 (pb/kw :name "scaled"))
        model (pb/call keras :Sequential [(pb/call layers :Input (pb/kw :shape (pb/tuple 3))) layer (pb/call layers :Dense 1)])
        x (pb/call (pb/call np :arange 24) :reshape 8 3)
        y (pb/call np :zeros (pb/tuple 8 1))]
    (is (= "scaled" (pb/attr layer :name)))
    (is (= [[3.0 3.0]] @(layer (pb/call np :array [[0.0 1.0 2.0]]))))
    (is (= 2 (:units (pb/call layer :get_config))))
    (is (= "scaled" (:name (pb/call layer :get_config))))
    (is (= 2 (pb/attr (pb/call dense :from_config (pb/call layer :get_config)) :units)))
    (pb/call model :compile (pb/kw :optimizer "sgd") (pb/kw :loss "mse"))
    (let [seen (atom [])
          callback (pb/class "Watch" [(from "keras.callbacks" :Callback)]
                     {:on-epoch-end (pb/fn [self epoch logs] (swap! seen conj [epoch (contains? logs :loss) (some? (pb/attr self :model))]))})]
      (pb/call model :fit x y (pb/kw :epochs 2) (pb/kw :verbose 0) (pb/kw :callbacks [(callback)]))
      (is (= [[0 true true] [1 true true]] @seen)))
    (let [seen (atom [])
          callback (pb/class "Losses" [(from "keras.callbacks" :Callback)]
                     {:on-epoch-end (pb/fn [self epoch {:keys [loss]}] (swap! seen conj [epoch (number? loss)]))
                      :on-train-end (pb/fn [self & {:keys [loss]}] (swap! seen conj [:end (number? loss)]))})]
      (pb/call model :fit x y (pb/kw :epochs 2) (pb/kw :verbose 0) (pb/kw :callbacks [(callback)]))
      (is (= [[0 true] [1 true] [:end true]] @seen)))
    (is (not= [[1.0 1.0] [1.0 1.0] [1.0 1.0]] @(pb/attr layer :w)) "it has learned")
    (testing "a model from its own description"
      (let [again (pb/call (pb/module "keras.models") :model_from_json (pb/call model :to_json) (pb/kw :custom-objects {"Scaled" dense}))]
        (is (= "Scaled" (pb/attr (pb/attr (first (pb/attr again :layers)) :__class__) :__name__)))))))

(deftest a-layer-that-trains-and-infers-differently
  (let [layer (pb/class "Noisy" [(from "keras.layers" :Layer)]
                {:call (pb/fn [self x training] (if training (ops/* x 0.0) (pb/call (pb/super self) :call x)))})
        np (pb/module "numpy")
        one (layer)]
    (is (= [[0.0]] @(one (pb/call np :ones (pb/tuple 1 1)) (pb/kw :training true))))
    (is (re-find #"NotImplementedError" (message #(one (pb/call np :ones (pb/tuple 1 1)) (pb/kw :training false)))))))

(deftest a-model-with-its-own-training-step
  (let [keras (pb/module "keras"), layers (pb/module "keras.layers"), tf (pb/module "tensorflow"), np (pb/module "numpy")
        steps (atom 0)
        model-class (pb/class "Stepping" [(pb/attr keras :Model)]
                      {:__init__ (fn [self]
                                   (pb/call (pb/super self) :__init__)
                                   (pb/set-attr! self :dense (pb/call layers :Dense 1)))
                       :call (pb/fn [self x] ((pb/attr self :dense) x))
                       :train-step (fn [self [x y]]
                                     (swap! steps inc)
                                     (pb/call (pb/super self) :train_step (pb/tuple x y)))})
        loss (pb/class "Absolute" [(from "keras.losses" :Loss)]
               {:call (pb/fn [self y-true y-pred] (pb/call tf :reduce_mean (pb/call tf :abs (ops/- y-true y-pred))))})
        model (model-class)]
    (pb/call model :compile (pb/kw :optimizer "sgd") (pb/kw :loss (loss)))
    (is (pb/py? (pb/call model :fit (pb/call np :ones (pb/tuple 8 2)) (pb/call np :ones (pb/tuple 8 1)) (pb/kw :epochs 2) (pb/kw :verbose 0))))
    (is (pos? (long @steps)))))
