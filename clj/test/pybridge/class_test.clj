(ns pybridge.class-test
  "Python classes written in Clojure, beside the same classes written in Python."
  (:refer-clojure :exclude [supers])
  (:require [clojure.string :as string]
            [clojure.test :refer [deftest is testing]]
            [pybridge.core :as pb]
            [pybridge.expressions :refer [from message python]])
  (:import (clojure.lang ExceptionInfo)))

(set! *warn-on-reflection* true)

(def ^:private account-in-clojure
  (delay
    (pb/class "Account" []
      {:__doc__ "An account."
       :currency "EUR"
       :__init__ (pb/fn [self owner balance] (pb/set-attr! self :owner owner) (pb/set-attr! self :balance balance))
       :deposit (pb/fn deposit [self amount] (pb/set-attr! self :balance (+ (pb/attr self :balance) amount)) self)
       :balance-text (fn [self] (str (pb/attr self :balance) " " (pb/attr self :currency)))
       :empty? 3
       "raw-name" 4
       :is-empty (pb/property (fn [self] (zero? (pb/attr self :balance))))
       :holder (pb/property (fn [self] (pb/attr self :owner)) (fn [self value] (pb/set-attr! self :owner (str "Dr " value))))
       :valid (pb/static-method (fn [amount] (pos? amount)))
       :opened-for (pb/class-method (fn [cls owner] (cls owner 0)))
       :__len__ (fn [self] (pb/attr self :balance))
       :__eq__ (fn [self other] (= (pb/attr self :balance) (pb/attr other :balance)))
       :__hash__ (fn [self] (pb/attr self :balance))
       :__add__ (fn [self other]
                  ((pb/attr self :__class__) (pb/attr self :owner) (+ (pb/attr self :balance) (pb/attr other :balance))))
       :__call__ (fn [self x & more] (into [x] more))
       :__contains__ (fn [_ x] (= x 1))
       :__getitem__ (fn [_ i] (* 2 i))
       :__repr__ (fn [self] (str "Account of " (pb/attr self :owner)))})))

(def ^:private account-in-python
  (delay
    (pb/run "
class Account:
    'An account.'
    currency = 'EUR'
    def __init__(self, owner, balance): self.owner, self.balance = owner, balance
    def deposit(self, amount):
        self.balance += amount
        return self
    def balance_text(self): return f'{self.balance} {self.currency}'
    @property
    def is_empty(self): return self.balance == 0
    @property
    def holder(self): return self.owner
    @holder.setter
    def holder(self, value): self.owner = f'Dr {value}'
    @staticmethod
    def valid(amount): return amount > 0
    @classmethod
    def opened_for(cls, owner): return cls(owner, 0)
    def __len__(self): return self.balance
    def __eq__(self, other): return self.balance == other.balance
    def __hash__(self): return self.balance
    def __add__(self, other): return type(self)(self.owner, self.balance + other.balance)
    def __call__(self, x, *more): return [x, *more]
    def __contains__(self, x): return x == 1
    def __getitem__(self, i): return 2 * i
    def __repr__(self): return f'Account of {self.owner}'
Account")))

(deftest it-is-what-the-same-class-in-python-is
  (doseq [use ["C('Ann', 5).balance_text()"
               "C(balance=5, owner='Ann').owner"
               "C('Ann', 5).deposit(3).deposit(amount=2).balance"
               "[C('Ann', 0).is_empty, C('Ann', 1).is_empty]"
               "[(x := C('Ann', 0)), setattr(x, 'holder', 'Bob'), x.holder, x.owner][2:]"
               "[C.valid(1), C('Ann', 1).valid(-1)]"
               "[type(C.opened_for('Eve')) is C, C.opened_for('Eve').owner]"
               "[len(C('Ann', 7)), bool(C('Ann', 0)), bool(C('Ann', 2))]"
               "[C('Ann', 1) == C('Bob', 1), C('Ann', 1) != C('Ann', 2), hash(C('Ann', 3)), len({C('Ann', 1), C('Bob', 1)})]"
               "(C('Ann', 1) + C('Bob', 2)).balance"
               "C('Ann', 1)(1, 2, 3)"
               "[1 in C('Ann', 1), 2 in C('Ann', 1), C('Ann', 1)[21]]"
               "[repr(C('Ann', 1)), str(C('Ann', 1)), f'{[C(chr(66), 1)]}']"
               "[C.__name__, C.__qualname__, C.__doc__, C.__bases__ == (object,), C.currency]"
               "[C.deposit.__name__, C.deposit.__qualname__]"
               "[str(__import__('inspect').signature(f)) for f in (C.deposit, C('A', 1).deposit)]"
               "str(__import__('inspect').signature(C))"
               "[isinstance(vars(C)['is_empty'], property), isinstance(vars(C)['valid'], staticmethod), callable(C('A', 1))]"
               "__import__('inspect').isfunction(C.deposit)"
               "__import__('copy').copy(C('Ann', 1)).owner"
               "type('Sub', (C,), {'__init__': lambda self: C.__init__(self, 'sub', 9)})().balance_text()"]]
    (testing use
      (is (= (python use :C @account-in-python) (python use :C @account-in-clojure)))))
  (is (= "Account of Ann" (pb/call (pb/module "builtins") :repr (@account-in-clojure "Ann" 1))))
  (is (= [3 4] (python "[getattr(C, 'empty?'), getattr(C, 'raw-name')]" :C @account-in-clojure))))

(deftest names
  (let [made (binding [*ns* (the-ns 'pybridge.class-test)] (pb/class :Plain [] {}))]
    (is (= "#py[<class 'pybridge.class-test.Plain'>]" (pr-str made)))
    (is (= made (pb/attr (made) :__class__)))))

(deftest what-makes-no-class
  (is (= "a class takes its bases as a vector; got nil" (message #(pb/class "C" nil {}))))
  (is (= "a class takes its members as a map or a vector of [name value]; got 1" (message #(pb/class "C" [] [1]))))
  (is (= "a class takes its members as a map or a vector of [name value]; got [1 2]" (message #(pb/class "C" [] {1 2}))))
  (doseq [[members words]
          [[{:a-b 1 :a_b 2} "the members :a-b and :a_b of a class are one in Python; keep one of them"]
           [{"a_b" 1 :a-b 2} "the members \"a_b\" and :a-b of a class are one in Python; keep one of them"]
           [[[:x 1] [:y 2] [:x 3]] "the member :x of a class is given twice"]
           [[['x 1] [:x 3]] "the members x and :x of a class are one in Python; keep one of them"]
           [{:f (fn [self] 1) "f" (fn [self] 2)} "the members :f and \"f\" of a class are one in Python; keep one of them"]]]
    (is (= words (message #(pb/class "C" [] members)))))
  (is (= [1 2 3] (python "[C.a_b, getattr(C, 'a-b'), C.x]" :C (pb/class "C" [] {:a-b 1, "a-b" 2, :x 3}))) "two names in Python, too")
  (doseq [[options words]
          [[[:foo] "the option :foo of a class has no value"]
           [[:metaclass nil :label] "the option :label of a class has no value"]
           [[5 6] "the options of a class are names and values; got 5"]
           [[:a 1 :a 2] "the option :a of a class is given twice"]
           [[:a-b 1 :a_b 2] "the options :a-b and :a_b of a class are one in Python; keep one of them"]
           [[:a 1 {:a 2}] "the option :a of a class is given twice"]]]
    (is (= words (message #(apply pb/class "C" [] {:a 1} options)))))
  (let [base (pb/class "Base" [] {:__init_subclass__ (pb/fn [cls & {:as options}] (pb/set-attr! cls :options options))})]
    (doseq [options [[] [{}] [nil]]]
      (is (nil? (not-empty (pb/attr (apply pb/class "C" [base] {} options) :options)))))
    (doseq [options [[:a 1 :b-c 2] [{:a 1 :b-c 2}] [:a 1 {:b-c 2}] ["a" 1 'b-c 2]]]
      (is (= {:a 1 :b-c 2} (pb/attr (apply pb/class "C" [base] {} options) :options)))))
  (is (re-find #"TypeError: type 'bool' is not an acceptable base type" (message #(pb/class "C" [(from "builtins" :bool)] {})))))

(def ^:private outside
  "RuntimeError: super was called outside a method of this object; name the class whose parent is meant: (pb/super cls self)")

(deftest supers
  (let [base (pb/class "Base" [] {:__init__ (fn [self name] (pb/set-attr! self :name name))
                                  :who (fn [self] (str "base of " (pb/attr self :name)))
                                  :kind (pb/class-method (fn [cls] (str "kind " (pb/attr cls :__name__))))})
        middle (pb/class "Middle" [base] {:__init__ (fn [self name] (pb/call (pb/super self) :__init__ (str name "!")))
                                          :who (fn [self] (str "middle, " (pb/call (pb/super self) :who)))
                                          :kind (pb/class-method (fn [cls] (str "middle " (pb/call (pb/super cls) :kind))))})
        last-one (pb/class "Last" [middle] {:who (fn [self] (str "last, " (pb/call (pb/super self) :who)))})]
    (is (= "last, middle, base of Ann!" (pb/call (last-one "Ann") :who)))
    (is (= "base of Ann!" (pb/call (pb/super middle (last-one "Ann")) :who)) "super(cls, self)")
    (is (= "middle kind Last" (pb/call last-one :kind)))
    (testing "a class of Python's below one of Clojure's"
      (is (= "python, last, middle, base of Ann!"
             (python "type('P', (C,), {'who': lambda self: 'python, ' + C.who(self)})('Ann').who()" :C last-one))))
    (testing "a diamond"
      (let [left (pb/class "Left" [base] {:who (fn [self] (str "left, " (pb/call (pb/super self) :who)))})
            right (pb/class "Right" [base] {:who (fn [self] (str "right, " (pb/call (pb/super self) :who)))})]
        (is (= "left, right, base of x" (pb/call ((pb/class "Both" [left right] {}) "x") :who)))))
    (testing "inside another object's method"
      (let [outer (pb/class "Outer" [base] {:who (fn [self] (str (pb/call (pb/attr self :other) :who) "; " (pb/call (pb/super self) :who)))})
            one (outer "one")]
        (pb/set-attr! one :other (middle "two"))
        (is (= "middle, base of two!; base of one" (pb/call one :who)))))
    (testing "in a property"
      (let [doubled (pb/class "Doubled" [(pb/class "Single" [] {:size (pb/property (fn [_] 4))})]
                      {:size (pb/property (fn [self] (* 2 (pb/attr (pb/super self) :size))))})]
        (is (= 8 (pb/attr (doubled) :size)))))
    (testing "where no method runs"
      (is (= outside (message #(pb/super (base "x")))))
      (let [late (pb/class "Late" [base] {:named (fn [self] @(future (pb/call (pb/super (pb/call (pb/module "builtins") :type self) self) :who)))})]
        (is (= "base of x" (pb/call (late "x") :named)))))))

(def ^:private lexical-in-clojure
  (delay
    (let [a (pb/class "A" [] {:who (fn [_] "A"), :apply-it (fn [_ f] (f))})
          b (pb/class "B" [a] {:who (fn [self] (str "B" (pb/call (pb/super self) :who)))
                               :applied (fn [self] (pb/call self :apply-it (fn [] (pb/call (pb/super self) :who))))
                               :made (fn [self] (fn [] (pb/call (pb/super self) :who)))
                               :nested (fn [self] (pb/call self :apply-it (fn [] (mapv (fn [_] (pb/call (pb/super self) :who)) [1 2]))))
                               :reified (fn [self] (pb/call self :apply-it (let [x (reify Callable (call [_] (pb/call (pb/super self) :who)))]
                                                                             (fn [] (.call x)))))
                               :lazy (fn [self] (pb/call self :apply-it (let [xs (map (fn [_] (pb/call (pb/super self) :who)) [1])] (fn [] (first xs)))))
                               :threaded (fn [self] @(future (pb/call (pb/super self) :who)))
                               :through-python (fn [self] ((pb/run "lambda f: [f() for _ in range(2)]") (fn [] (pb/call (pb/super self) :who))))
                               :size (pb/property (fn [self] (pb/call self :apply-it (fn [] (pb/call (pb/super self) :who)))))})]
      (pb/class "C" [b] {:who (fn [self] (str "C" (pb/call (pb/super self) :who)))
                         :apply-it (fn [self f] (pb/call (pb/super self) :apply-it f))
                         :made-above (fn [self] ((pb/call (pb/super self) :made)))}))))

(def ^:private lexical-in-python
  (delay
    (pb/run "
class A:
    def who(self): return 'A'
    def apply_it(self, f): return f()
class B(A):
    def who(self): return 'B' + super().who()
    def applied(self): return self.apply_it(lambda: super(B, self).who())
    def made(self): return lambda: super(B, self).who()
    def nested(self): return self.apply_it(lambda: [super(B, self).who() for _ in (1, 2)])
    def reified(self): return self.apply_it(lambda: super(B, self).who())
    def lazy(self): return self.apply_it(lambda: next(super(B, self).who() for _ in (1,)))
    def threaded(self): return super().who()
    def through_python(self): return [super(B, self).who() for _ in range(2)]
    @property
    def size(self): return self.apply_it(lambda: super(B, self).who())
class C(B):
    def who(self): return 'C' + super().who()
    def apply_it(self, f): return super().apply_it(f)
    def made_above(self): return super().made()()
C")))

(deftest super-is-that-of-the-class-it-is-written-in
  (doseq [use ["C().who()" "C().applied()" "C().made()()" "C().nested()" "C().reified()" "C().lazy()" "C().threaded()"
               "C().through_python()" "C().size" "C().made_above()"]]
    (testing use
      (is (= (python use :C @lexical-in-python) (python use :C @lexical-in-clojure))))))

(defn- parents-who [self] (pb/call (pb/super self) :who))
(defn- later [self] (fn [] (pb/call (pb/super self) :who)))

(deftest super-in-a-function-outside-of-methods
  (let [a (pb/class "A" [] {:who (fn [_] "A"), :apply-it (fn [_ f] (f))})
        b (pb/class "B" [a] {:who (fn [self] (str "B" (parents-who self)))
                             :partial (partial (fn [_ self] (pb/call (pb/super self) :who)) 1)
                             :composed (comp str (fn [self] (pb/call (pb/super self) :who)))
                             :kept (fn [self] (pb/call self :apply-it (fn [] (parents-who self))))})
        c (pb/class "C" [b] {:who (fn [self] (str "C" (parents-who self))), :apply-it (fn [_ f] (f))})]
    (is (= ["CBA" "A" "A" "A"] (python "[o.who(), o.partial(), o.composed(), o.kept()]" :o (c))) "belongs to the method that calls it")
    (doseq [call [(later (c)) #(parents-who (c)) #(python "f()" :f (later (c)))]]
      (is (= outside (message call))))))

(deftest super-in-a-method-of-several-classes
  (let [who (fn [self] (str "+" (pb/call (pb/super self) :who)))
        late (fn [self] (pb/call self :apply-it (fn [] (str "-" (pb/call (pb/super self) :who)))))
        a (pb/class "A" [] {:who (fn [_] "A"), :late (fn [_] "a"), :apply-it (fn [_ f] (f))})
        b (pb/class "B" [a] {:who who, :late late})
        c (pb/class "C" [b] {:who who})
        d (pb/class "D" [c] {:late (fn [self] (pb/call (pb/super self) :late))})
        e (pb/class "E" [d] {:late late})
        deeper (fn [self] (pb/call self :apply-it (fn [] (pb/call (pb/super self) :late))))
        f (pb/class "F" [a] {:late deeper})
        g (pb/class "G" [f] {:late deeper})]
    (is (= ["+A" "++A" "-A" "-A" "-++A"] (python "[b().who(), c().who(), b().late(), d().late(), e().late()]" :b b :c c :d d :e e)))
    (is (= "a" (pb/call (f) :late)))
    (is (= "RuntimeError: super was called in code that several classes share (F, G); name the class whose parent is meant: (pb/super cls self)"
           (message #(pb/call (g) :late)))
        "a closure of which of them it is, cannot be known")))

(deftest init-may-give-anything
  (is (= 3 (pb/attr ((pb/class "C" [] {:__init__ (fn [self] (pb/set-attr! self :n 3) :done)})) :n)))
  (is (= "TypeError: __init__() should return None, not 'int'"
         (message #((pb/run "type('C', (), {'__init__': lambda self: 1})"))))))

(deftest arguments
  (let [made (pb/class "Made" [] {:arities (fn ([_] "none") ([_ x] [x]) ([_ x y] [x y]))
                                  :any (fn [_ & xs] (vec xs))
                                  :named (pb/fn [_ units rate] [units rate])
                                  :options (pb/fn [_ units & {:as options}] [units options])})
        tried (fn [call] (python call :x (made)))]
    (is (= ["none" [1] [1 2] [nil 2]] (tried "[x.arities(), x.arities(1), x.arities(1, 2), x.arities(None, 2)]")))
    (is (= [nil] (tried "x.arities(None)")) "None is a value like any other")
    (is (= [[] [1 nil] [nil]] (tried "[x.any(), x.any(1, None), x.any(None)]")))
    (is (= [[1 2] [1 2]] (tried "[x.named(1, rate=2), x.named(rate=2, units=1)]")))
    (is (= [[1 nil] [1 {:batch-size 2}] [1 {:batch-size 2}]]
           (tried "[x.options(1), x.options(1, batch_size=2), x.options(batch_size=2, units=1)]")))
    (is (= "TypeError: Made.named() missing 1 required positional argument: 'rate'" (message #(tried "x.named(1)"))))
    (is (re-find #"TypeError: .*unexpected keyword argument 'speed'" (message #(tried "x.named(1, 2, speed=3)"))))
    (is (re-find #"TypeError: Made.arities\(\) takes from 1 to 3 positional arguments but 4 were given" (message #(tried "x.arities(1, 2, 3)"))))))

(deftest arities-are-the-clojure-functions
  (let [two-or-three (fn [first-one] (pb/fn ([self a] [first-one a]) ([self a b c] [first-one a b c])))
        made (pb/class "Made" [] {:m (two-or-three "m")
                                  :__call__ (two-or-three "call")
                                  :s (pb/static-method (pb/fn ([] "none") ([a b] [a b])))
                                  :c (pb/class-method (pb/fn ([cls a] [a]) ([cls a b c] [a b c])))
                                  :e (pb/fn ([self] ["none"]) ([self x] ["x" x]))
                                  :rest (pb/fn ([self a] [a]) ([self a b & more] [a b more]))
                                  :other (pb/fn ([self x] [x]) ([self y z] [y z]))
                                  :folded (pb/static-method (pb/fn ([f coll] [f coll]) ([f start coll & more] [f start coll more])))
                                  :taken-apart (pb/fn ([self [a b]] [a b]) ([self y x1] [y x1]) ([self rest options x1 & more] [rest options x1 more]))
                                  :differing (pb/fn ([self x] [x]) ([self y & {:as options}] [y options]))})
        tried (fn [call] (message #(python call :C made)))]
    (doseq [[call words] [["C().m(1, c=3)" "Made.m() missing 1 required positional argument: 'b'"]
                          ["C()(1, c=3)" "Made.__call__() missing 1 required positional argument: 'b'"]
                          ["C.s(b=1)" "Made.s() missing 1 required positional argument: 'a'"]
                          ["C.c(1, c=3)" "Made.c() missing 1 required positional argument: 'b'"]
                          ["C().m()" "Made.m() missing 1 required positional argument: 'a'"]
                          ["C.m()" "Made.m() missing 2 required positional arguments: 'self' and 'a'"]
                          ["C().m(1, 2)" "Made.m() missing 1 required positional argument: 'c'"]
                          ["C().m(1, a=2)" "Made.m() got multiple values for argument 'a'"]
                          ["C().m(1, b=2)" "Made.m() missing 1 required positional argument: 'c'"]
                          ["C.folded(1)" "Made.folded() missing 1 required positional argument: 'coll'"]
                          ["C().other(1, 2, 3)" "Made.other() takes from 2 to 3 positional arguments but 4 were given"]
                          ["C().other(y=1)" "Made.other() missing 1 required positional argument: 'z'"]
                          ["C().rest(1, c=2)" "Made.rest() got an unexpected keyword argument 'c'"]]]
      (is (= (str "TypeError: " words) (tried call))))
    (is (= [[1 2] [1] ["none"] [1 2 [3]] [1 2 nil]]
           (python "[C().other(y=1, z=2), C().other(x=1), C().e(), C().rest(1, 2, 3), C().rest(1, b=2)]" :C made)))
    (is (= [[1 2] [1 2 3 nil] [1 2 3 [4]] [1] [1 {:a 2}] [3 4] [1 2] [1 2 3 nil]]
           (python "[C.folded(f=1, coll=2), C.folded(1, coll=3, start=2), C.folded(1, 2, 3, 4), C().differing(1), C().differing(y=1, a=2),
                     C().taken_apart([3, 4]), C().taken_apart(y=1, x1=2), C().taken_apart(rest=1, options=2, x1=3)]" :C made)))
    (testing "Ellipsis is a value like any other"
      (is (true? (python "[C().e(...), C().rest(1, ...)[:2], C.s(..., 1), C()(1, 2, ...)] == [['x', ...], [1, ...], [..., 1], ['call', 1, 2, ...]]" :C made))))
    (testing "a default that Python fills in is none"
      (is (= [["m" 1] "none"] (python "[C().m(1, d, d), C.s(d, d)]" :C made :d (python "signature(C.m).parameters['b'].default" :C made :signature (from "inspect" :signature)))))
      (is (= "TypeError: m() missing 1 required positional argument: 'b'"
             (message #(python "f(1, signature(f).parameters['b'].default, 3)" :f (pb/fn m ([a] [a]) ([a b c] [a b c])) :signature (from "inspect" :signature))))))
    (testing "a TypeError of its body is that"
      (is (= "TypeError: mine" (message #(python "C().m()" :C (pb/class "C" [] {:m (fn [_] (pb/raise (from "builtins" :TypeError) "mine"))})))))
      (is (= "TypeError: two() takes 1 positional argument but 2 were given"
             (message #(python "C().m()" :C (pb/class "C" [] {:m (fn [_] ((pb/->py (fn two [a] a)) 1 2))}))))))))

(defn last-map [_ x {:keys [a]}] [x a])

(deftest options-by-place-and-by-name
  (let [made (pb/class "Made" [] {:last (pb/fn [self x {:keys [a]}] [x a])
                                  :options (pb/fn [self x & {:keys [a]}] [x a])
                                  :bare (fn [self x & {:keys [a]}] [x a])
                                  :var #'last-map
                                  :function last-map
                                  :static (pb/static-method (pb/fn [x {:keys [a]}] [x a]))
                                  :of-class (pb/class-method (pb/fn [cls x & {:keys [a]}] [x a]))
                                  :__call__ (pb/fn [self x {:keys [a]}] [x a])})]
    (doseq [f ["last" "options" "bare" "var" "function" "static" "of_class" "__call__"]
            arguments ["1, {'a': 2}" "1, a=2"]]
      (testing (str f "(" arguments ")")
        (is (= [1 2] (python (str "C()." f "(" arguments ")") :C made)))))
    (doseq [f ["last" "options" "var" "function" "static" "of_class" "__call__"]]
      (is (= [1 2] (python (str "C()." f "(x=1, a=2)") :C made))))
    (is (= "TypeError: Made.last() takes 2 positional arguments but 4 were given" (message #(python "C().last(1, {}, 3)" :C made))))))

(deftest descriptors-and-class-hooks
  (let [seen (atom [])
        positive (pb/class "Positive" [] {:__set_name__ (fn [self owner name] (swap! seen conj [(pb/attr owner :__name__) name])
                                                          (pb/set-attr! self :key (str "_" name)))
                                          :__get__ (fn [self object _] (if object (pb/attr object (pb/attr self :key)) self))
                                          :__set__ (fn [self object value]
                                                     (when-not (pos? value) (throw (ex-info "must be positive" {})))
                                                     (pb/set-attr! object (pb/attr self :key) value))})
        sized (pb/class "Sized" [] {:size (positive)})
        registered (pb/class "Registered" [] {:__init_subclass__ (pb/fn [cls label] (swap! seen conj [(pb/attr cls :__name__) label]))
                                              :__class_getitem__ (fn [_ k] (str "item " k))})
        singleton (pb/class "Singleton" [] {:one nil
                                            :__new__ (fn [cls]
                                                       (when-not (pb/attr cls :one) (pb/set-attr! cls :one (pb/call (pb/super cls) :__new__ cls)))
                                                       (pb/attr cls :one))})
        x (sized)]
    (is (= [["Sized" "size"]] @seen))
    (pb/set-attr! x :size 4)
    (is (= 4 (pb/attr x :size)))
    (is (= "must be positive" (message #(pb/set-attr! x :size -1))))
    (pb/class "Child" [registered] {} :label "first")
    (is (= ["Child" "first"] (last @seen)))
    (is (= "item 3" (python "C[3]" :C registered)))
    (is (true? (python "C() is C()" :C singleton)))))

(deftest values-of-clojure-as-attributes
  (let [state (atom 0)
        made (pb/class "Made" [] {:state state, :table {:a-b [1 2]}, :bump (fn [self] (swap! (pb/attr self :state) inc))})]
    (is (identical? state (pb/attr made :state)))
    (is (= {:a-b [1 2]} (pb/attr made :table)))
    (pb/call (made) :bump)
    (is (= 1 @state))))

(defn greet "Greet politely." [_ whom] (str "Hello, " whom))

(deftest a-var-is-a-method-with-its-name-and-doc
  (let [made (pb/class "Greeter" [] {:greet #'greet})]
    (is (= ["Hello, Ann" "Greet politely." "(_, whom)"]
           (python "[C().greet('Ann'), C.greet.__doc__, str(__import__('inspect').signature(C.greet))]" :C made)))))

(deftest redefinition
  (let [define (fn [answer] (pb/class "Redefined" [] {:answer (fn [_] answer)
                                                      :again (fn [self] (str (pb/call (pb/super self) :__class__) answer))}))
        older ((define 1))
        newer ((define 2))]
    (is (= [1 2] [(pb/call older :answer) (pb/call newer :answer)]))
    (is (false? (python "type(x) is type(y)" :x older :y newer)))))

(deftest it-is-not-pickled
  (let [made (binding [*ns* (the-ns 'pybridge.class-test)] (pb/class "Unpickled" [] {}))]
    (is (re-find #"PicklingError: Can't pickle <class 'pybridge.class-test.Unpickled'>"
                 (message #(pb/call (pb/module "pickle") :dumps (made)))))))

(deftest a-class-goes-when-it-is-dropped
  (let [gone? (pb/run "
import gc, weakref
refs = []
def watch(C):
    refs.append(weakref.ref(C))
def gone():
    gc.collect()
    return all(r() is None for r in refs)
[watch, gone]")
        [watch gone] gone?]
    (dotimes [_ 3] (watch (pb/class "Dropped" [] {:m (fn [self] self) :p (pb/property (fn [_] 1))})))
    (is (loop [turns 50]
          (System/gc)
          (Thread/sleep 20)
          (cond (gone) true, (zero? turns) false, :else (recur (dec turns)))))))

(deftest what-a-method-throws
  (let [made (pb/class "Failing" [] {:fail (fn [_] (throw (ex-info "broken" {:n 1})))
                                     :divide (fn [_] (python "1 / 0"))})
        failure (try (pb/call (made) :fail) (catch ExceptionInfo e e))]
    (is (= {:n 1} (ex-data failure)))
    (is (= "ZeroDivisionError: division by zero" (message #(pb/call (made) :divide))))
    (is (not (string/includes? (:py/traceback (ex-data (try (pb/call (made) :divide) (catch ExceptionInfo e e)))) "_methods.py")))
    (is (= "fail" (python "[f.name for f in __import__('traceback').extract_tb(caught(x.fail).__traceback__) if f.name != 'caught'][0]"
                          :x (made) :caught (pb/run "
def caught(f):
    try:
        f()
    except Exception as error:
        return error
caught"))))))
