(ns pybridge.kept-test
  "Objects that are kept: the functions with a star, walking members, live containers, and what is refused in their place."
  (:require [clojure.pprint :as pprint]
            [clojure.test :refer [deftest is testing]]
            [pybridge.core :as pb]
            [pybridge.handle :as handle])
  (:import (clojure.lang ExceptionInfo)))

(defn- message [f]
  (try (f) nil (catch Exception failure (ex-message failure))))

(def ^:private builtins (delay (pb/module "builtins")))

(deftest the-star-keeps-the-object
  (doseq [[what kept] {"an attribute" (pb/attr* (pb/run "import types\ntypes.SimpleNamespace(xs=[1])") :xs)
                       "a call" (pb/call* @builtins :list [1])
                       "an item" (pb/item* (pb/->py [[1]]) 0)
                       "code" (pb/run* "[1]")
                       "a walk" (pb/..* (pb/->py {:a [1]}) (get "a"))}]
    (testing what
      (is (pb/py? kept))
      (pb/call kept :append 2)
      (is (= [1 2] (vec kept) (pb/->clj kept)) "what is done to it is done in Python")))
  (is (= "#py[3]" (pr-str (pb/run* "1 + 2"))))
  (is (pb/py? (pb/run* "None"))))

(deftest what-python-holds-is-changed
  (let [path (pb/attr* (pb/module "sys") :path), n (count path)]
    (pb/call path :append "/pybridge-kept-test")
    (is (= "/pybridge-kept-test" (last path) (nth path n) (peek (pb/attr (pb/module "sys") :path))))
    (pb/del-item! path n)
    (is (= n (count path) (count (pb/attr (pb/module "sys") :path)))))
  (let [_ (pb/run* "kept_dict = {'b': 1}")
        d (pb/run* "kept_dict")]
    (pb/set-item! d "a_b" [1 2])
    (is (= [1 2] (get d :a-b) (:a-b d) (get d "a_b") (pb/run "kept_dict['a_b']")))
    (is (= [nil :none] [(get d :missing) (get d :missing :none)]))
    (is (= [true false] [(contains? d :b) (contains? d :c)]))
    (is (= [:b 1] (find d :b)))
    (is (= {:b 1 :a-b [1 2]} (pb/->clj d) (select-keys d [:b :a-b])))
    (is (= [1 [1 2]] (let [{:keys [b a-b]} d] [b a-b])))
    (is (= ["b" "a_b"] (seq d)) "its elements are its keys, as in Python")
    (pb/del-item! d "b")
    (is (= 1 (count d)))
    (is (re-find #"Python's own object: change it with pb/set-item!" (message #(assoc! d :a 1)))))
  (let [x (pb/run "types.SimpleNamespace(a=1)")]
    (pb/del-attr! x :a)
    (is (false? (pb/call @builtins :hasattr x "a")))))

(deftest plain-data-is-refused-in-an-objects-place
  (doseq [[what f] {"an attribute of a vector" #(pb/attr [1 2] :append)
                    "a method of a vector" #(pb/call (pb/run "[1, 2]") :append 3)
                    "a method of a string" #(pb/call "abc" :upper)
                    "an item" #(pb/item {:a 1} :a)
                    "a copied tuple" #(pb/set-item! (pb/run "(1, 2)") 0 9)
                    "a copied dict" #(pb/set-attr! (pb/run "{}") :a 1)
                    "a number" #(pb/.. 1 (bit-length))
                    "nil" #(pb/attr nil :x)
                    "a date" #(pb/del-attr! (pb/run "import datetime\ndatetime.date(2024, 1, 1)") :year)
                    "an array" #(pb/del-item! (long-array 2) 0)}]
    (testing what
      (is (re-find #"^pb/\S+ needs a Python object, and .* is plain Clojure data, a copy that Python does not know: keep the object with pb/attr\*, pb/call\*, pb/item\* or pb/run\*, or make one with \(pb/->py …\)$"
                   (str (message f))))))
  (is (re-find #"^pb/call needs a Python object, and nil, which None becomes, is plain" (message #(pb/call nil :append 3))))
  (is (= "TypeError: 'tuple' object does not support item assignment" (message #(pb/set-item! (pb/run* "(1, 2)") 0 9)))))

(deftest walking
  (let [np (pb/module "numpy"), a (pb/call np :array [[3.0 0.0] [0.0 4.0]])]
    (is (= [4.0 3.0] @(pb/.. np -linalg (svd a :full_matrices false) -S) @(pb/.. np -linalg (svd a :full-matrices false) [1])))
    (is (= 7.0 (pb/.. a diagonal sum) (pb/.. a (diagonal) (sum))))
    (is (= [2 2] (pb/.. a -shape)))
    (is (pb/py? (pb/..* a -shape)))
    (is (= 2 (pb/.. a -shape (count 2)))))
  (is (= 4 (pb/.. (pb/run* "12") (bit-length)) (pb/.. (pb/run* "12") bit_length)) "names are written as everywhere")
  (is (= "a-b" (pb/.. (pb/->py "a b") (replace " " "-"))))
  (doseq [[form sentence] {'(pb/.. x (f :a)) #"the option :a of f has no value; to pass a keyword as a value, write a string"
                           '(pb/.. x (f :a 1 2 3)) #"expected an option of f in place of 2; arguments come before options"
                           '(pb/.. x (f :a-b 1 :a_b 2)) #"an option of f is given twice"
                           '(pb/.. x 1) #"a member is -attribute, \(method arguments… :option value\) or \[key\], where .*; not 1"}]
    (is (re-find sentence (try (macroexpand (cons `pb/.. (rest form))) (catch Throwable failure (str (ex-message (or (ex-cause failure) failure)))))))))

(deftest a-context-manager-gives-the-object-itself
  (pb/with [caught (pb/call (pb/module "warnings") :catch_warnings (pb/kw :record true))]
    (is (= 0 (count caught)))
    (pb/call (pb/module "warnings") :warn "one")
    (is (= 1 (count caught)))
    (is (= "one" (str (pb/attr (first caught) :message))))))

(deftest places-of-a-sequence-and-elements-of-a-set
  (doseq [xs [[] [5] [nil 7 [8]]], form ["" "tuple"], :let [kept (pb/run* (str form "(" (pb/call @builtins :repr (pb/->py xs)) ")"))]
          k [0 1 2 3 -1 :a "0" true nil 1.0]]
    (is (= [(get xs k) (get xs k :none) (contains? xs k)] [(get kept k) (get kept k :none) (contains? kept k)]) [xs form k]))
  (is (= 8 (get-in (pb/run* "[7, [8]]") [1 0])))
  (is (= [1 2] (let [{a 0, b 1} (pb/run* "[1, 2]")] [a b])))
  (is (= [3 2 nil] (map #(get (pb/run* "range(2, 5)") %) [1 0 3])))
  (doseq [kept ["{'a', (1, 2), 5}" "frozenset(['a', (1, 2), 5])" "{'a': 1, (1, 2): 2, 5: 3}.keys()"], :let [kept (pb/run* kept)]]
    (is (= ["a" "a" [1 2] 5 :none nil] [(get kept :a) (get kept "a") (get kept [1 2]) (get kept 5) (get kept 6 :none) (get kept 6)]))
    (is (= [true false] [(contains? kept 5) (contains? kept 6)])))
  (doseq [change [#(conj! (pb/run* "[1]") 2) #(disj! (pb/run* "{1}") 1) #(assoc! (pb/run* "{}") :a 1)]]
    (is (= "this is Python's own object: change it with pb/set-item!, pb/del-item! and its methods, or make Clojure data of it with pb/->clj"
           (message change))))
  (doseq [change [#(conj (pb/run* "[1]") 2) #(assoc (pb/run* "{}") :a 1) #(merge (pb/run* "{}") {:a 1}) #(disj (pb/run* "{1}") 1)]]
    (is (= "Clojure's own functions change no Python object: use pb/set-item!, pb/del-item! and its methods, or make Clojure data of it with pb/->clj"
           (handle/cast-hint (try (change) (catch Throwable failure failure)))))))

(deftest data-of-every-container
  (doseq [code ["{'a': 1}.keys()" "{'a': 1}.values()" "{'a': 1}.items()" "__import__('collections').deque([1])" "{1}" "range(2)"]]
    (is (not (pb/py? (pb/->clj (pb/run* code)))) code))
  (is (= [[1 2] [1 2] [0 1 2] ["a"] [1] [["a" 1]] #{1} {:a 1} {:x 1 :y [2]} [1 2] "red" 1 {:a {:b [1]}}]
         (map (comp pb/->clj pb/run*)
              ["__import__('collections').deque([1, 2])" "(1, 2)" "range(3)" "{'a': 1}.keys()" "{'a': 1}.values()" "{'a': 1}.items()"
               "frozenset({1})" "__import__('types').MappingProxyType({'a': 1})"
               "import dataclasses\n@dataclasses.dataclass\nclass P:\n    x: int\n    y: tuple\nP(1, (2,))"
               "__import__('collections').namedtuple('Point', 'x y')(1, 2)" "type('Name', (str,), {})('red')" "type('N', (int,), {})(1)"
               "__import__('collections').OrderedDict(a=__import__('collections').defaultdict(list, b=[1]))"])))
  (pb/module "tensorflow") ; which takes a mock for a tensor
  (let [mock (pb/run "import unittest.mock\nunittest.mock.MagicMock()")]
    (is (= mock (pb/->clj mock)) "what answers every attribute is no tensor"))
  (let [math (pb/module "math")] (is (identical? math (pb/->clj math)))))

(deftest data-in-data
  (let [p "__import__('collections').namedtuple('P', 'x y')(1, 2)"
        code (str "{'b': range(2), 'c': [__import__('collections').OrderedDict(z={" p "})], 'a_b': [__import__('numpy').arange(2)]}")]
    (doseq [x [(pb/run code) (pb/run* code)]]
      (let [found (pb/->clj x)]
        (is (= {:b [0 1] :c [{:z #{[1 2]}}]} (dissoc found :a-b)))
        (is (= [:b :c :a-b] (keys found)))
        (is (pb/py? (first (:a-b found))) "an array inside is dereferenced by itself"))))
  (let [array (pb/run "__import__('numpy').arange(2)"), math (pb/module "math")]
    (is (= [{:r [0 1]} #{[0 1 2]} array math] (pb/->clj [{:r (pb/run "range(2)")} #{(pb/run "range(3)")} array math])))
    (doseq [x [[1 {:a #{2}}] {} nil "a" 1 math {:a array} (list 1 2)]]
      (is (identical? x (pb/->clj x)) "what is plain stays as it is")))
  (is (= (quote (+ 1 2)) (pb/->clj (quote (+ 1 2)))))
  (is (= {:x 1} (pb/->clj (first (pb/->clj (pb/run "import dataclasses\n@dataclasses.dataclass(frozen=True)\nclass A:\n    x: int\n[A(1)]"))))))
  (is (= "elements of a set are equal as data: {:x 1}; leave the set as it is, or convert its elements one by one"
         (message #(pb/->clj (pb/run "B = dataclasses.dataclass(frozen=True)(type('B', (), {'__annotations__': {'x': int}}))\n{A(1), B(1)}"))))))

(deftest data-of-many-siblings-in-deep-data
  (let [siblings (vec (repeatedly 300 #(vector (pb/run* "range(2)"))))
        found (pb/->clj (nth (iterate vector siblings) 60))]
    (is (= (repeat 300 [[0 1]]) (nth (iterate first found) 60)))))

(deftest strings-by-another-name
  (pb/run "import collections
class Rope(collections.abc.Sequence):
    def __init__(self, text): self.text = text
    def __len__(self): return len(self.text)
    def __getitem__(self, i): return Rope(self.text[i])
    def __eq__(self, other): return isinstance(other, Rope) and self.text == other.text
    def __str__(self): return self.text
class Tree(collections.abc.Sequence):
    def __init__(self, *parts): self.parts = parts
    def __len__(self): return len(self.parts)
    def __getitem__(self, i): return self.parts[i]")
  (is (= ["abc" "" ["x"] "rope" [[] [[]]]]
         (map pb/->clj (pb/run "[collections.UserString('abc'), collections.UserString(''), collections.UserList([collections.UserString('x')]), Rope('rope'), Tree(Tree(), Tree(Tree()))]")))))

(deftest what-holds-itself-is-refused-by-depth
  (pb/run "import collections, dataclasses, types
@dataclasses.dataclass
class Held:
    x: object
def loop(x, put):
    put(x)
    return x
def deep(n, make):
    x = 1
    for _ in range(n): x = make(x)
    return x")
  (doseq [code ["collections.deque(), lambda x: x.append(x)" "collections.deque(), lambda x: x.extend([x, x, 1])"
                "collections.UserList(), lambda x: x.append(x)" "collections.UserDict(), lambda x: x.update(a=x)"
                "Held(1), lambda x: setattr(x, 'x', x)" "collections.OrderedDict(), lambda x: x.update(a=x.values())"
                "collections.ChainMap({}), lambda x: x.update(a=x)" "{}, lambda x: x.update(a=x.items())" "{}, lambda x: x.update(a=types.MappingProxyType(x))"
                "[], lambda x: x.append(collections.UserList([x]))" "[], lambda x: x.append(x)" "type('L', (list,), {})(), lambda x: x.append((x,))"]]
    (is (= "ConversionError: data nested more than 500 levels deep does not cross the bridge, nor does data that holds itself; flatten it"
           (message #(pb/->clj (pb/run* (str "loop(" code ")")))))
        code))
  (doseq [make ["lambda x: collections.deque([x])" "lambda x: collections.OrderedDict(a=x)" "lambda x: [x]" "lambda x: Held(x)"]]
    (is (= 1 (nth (iterate #(if (map? %) (val (first %)) (first %)) (pb/->clj (pb/run* (str "deep(500, " make ")")))) 500)) make)
    (is (re-find #"nested more than 500 levels deep" (str (message #(pb/->clj (pb/run* (str "deep(501, " make ")")))))) make))
  (let [same (pb/run "lambda x: x")]
    (doseq [x [(reify Iterable (iterator [this] (.iterator ^Iterable [this])))
               (let [xs (java.util.ArrayList.)] (.add xs xs) xs)
               (let [xs (object-array 1)] (aset xs 0 xs) xs)
               (let [xs (java.util.TreeMap.)] (.put xs 1 xs) xs)]]
      (is (re-find #"^data nested more than 500 levels deep" (str (message #(same x))))))
    (is (= #{[1 [2]]} (same #{(reify Iterable (iterator [_] (.iterator ^Iterable [1 [2]])))})))))

(deftest one-shot-iterators
  (let [it (pb/run "iter([1, 2, 3])")]
    (is (= [1 2 1 3] [(first it) (nth it 1) (nth it 0) (nth it 2)]))
    (is (= [1 2 3] (vec (seq it)) (reduce conj [] it)) "what was read is there to be read again")
    (is (not (empty? it))))
  (is (empty? (pb/run "iter([])")))
  (is (nil? (not-empty (pb/run "iter([])"))))
  (is (= 6 (reduce + (pb/run "iter([1, 2, 3])")) (reduce + 0 (pb/run "(x for x in [1, 2, 3])"))))
  (is (= 0 (reduce + (pb/run "iter([])"))))
  (is (= :third (reduce (fn [n _] (if (= n 2) (reduced :third) (inc n))) 0 (pb/run "__import__('itertools').count()"))))
  (is (= "this has 10000000000 elements, more than Clojure counts to; ask Python: (pb/call x :__len__)"
         (message #(count (pb/run "range(10**10)"))))))

(deftest value-equality
  (let [stamp #(pb/call (pb/module "pandas") :Timestamp %)]
    (is (= (stamp "2024-01-01") (stamp "2024-01-01")))
    (is (= 1 (count (hash-set (stamp "2024-01-01") (stamp "2024-01-01")))))
    (is (= {(stamp "2024-01-01") 2} (frequencies [(stamp "2024-01-01") (stamp "2024-01-01")])))
    (is (= [(stamp "2023-01-01") (stamp "2024-01-01")] (sort [(stamp "2024-01-01") (stamp "2023-01-01")])))
    (is (= [[(stamp "2024-01-01") 1]] (pb/call @builtins :list (pb/call* (pb/->py {(stamp "2024-01-01") 1}) :items))) "such keys go back"))
  (let [array #(pb/call (pb/module "numpy") :zeros 2), frame #(pb/run "__import__('pandas').DataFrame({'a': [1]})")]
    (is (not= (array) (array)))
    (is (not= (frame) (frame)))
    (is (not= (pb/run* "[1]") (pb/run* "[1]"))))
  (is (= [#{1} #{1 2}] (map pb/->clj (sort [(pb/run* "{1, 2}") (pb/run* "{1}")]))))
  (is (zero? (compare (pb/run* "{1, 2}") (pb/run* "frozenset([2, 1])"))))
  (is (= "Python orders sets by what they hold, and neither of #py[{2}] and #py[{1}] holds the other; sort by something else, such as count"
         (message #(sorted-set (pb/run* "{1}") (pb/run* "{2}")))))
  (is (thrown-with-msg? ExceptionInfo #"TypeError: '<' not supported between" (sort [(pb/run "object()") (pb/run "object()")]))))

(deftype Celsius [degrees])
(defrecord Point [x y])

(defmulti ^:private described class)

(deftest conversions-of-ones-own
  (let [celsius (pb/run "class Celsius:\n    def __init__(self, degrees): self.degrees = degrees\nCelsius")
        same (pb/run "lambda x: x")
        celsius-maker #(pb/run "lambda degrees: Celsius(degrees)")]
    (pb/add-conversion! Celsius (fn [^Celsius x] (celsius (.-degrees x))))
    (pb/add-conversion! celsius (fn [x] (Celsius. (pb/attr x :degrees))))
    (pb/add-conversion! Point (fn [{:keys [x y]}] (pb/tuple x y)))
    (try
      (is (= 21.5 (.-degrees ^Celsius (same (Celsius. 21.5)))))
      (is (= [21.5] (map #(.-degrees ^Celsius %) (same [(Celsius. 21.5)]))))
      (is (= [1 2] (same (->Point 1 2))))
      (is (= 21.5 (.-degrees ^Celsius (pb/call (celsius-maker) :__call__ 21.5))) "made in Python, it comes converted")
      (finally
        (run! pb/remove-conversion! [Celsius celsius Point])))
    (is (pb/py? (celsius 1)))
    (let [x (Celsius. 1)] (is (identical? x (same x)))))
  (pb/add-conversion! Celsius identity)
  (is (re-find #"the conversion of a pybridge.kept_test.Celsius gave another one" (message #(pb/->py (Celsius. 1)))))
  (pb/remove-conversion! Celsius)
  (is (re-find #"values of java.lang.Comparable cross" (message #(pb/add-conversion! Comparable str))))
  (is (re-find #"values of java.lang.Long cross as the table says" (message #(pb/add-conversion! Long str))))
  (doseq [code ["type(None)" "bool" "int" "float" "str" "bytes" "list" "tuple" "set" "frozenset" "dict"]]
    (is (re-find #"^values of \w+ cross as the table says; register a conversion for a class of your own$"
                 (str (message #(pb/add-conversion! (pb/run code) identity))))
        code))
  (doseq [type [Celsius (pb/run "Celsius")], x [:notafn {} #{} [] 'name nil 1 (promise) (pb/run "range(2)")]]
    (is (= (str "a conversion is a function of one value, not " (pr-str x) "; write (fn [x] …)") (message #(pb/add-conversion! type x)))))
  (doseq [type [Celsius (pb/run "Celsius")], x [(comp str str) #'message described (pb/run "lambda x: x")]]
    (is (nil? (pb/add-conversion! type x)))
    (pb/remove-conversion! type))
  (is (re-find #"a conversion is registered for a Java class or a Python class, not for 1" (message #(pb/add-conversion! 1 str)))))

(deftest printing
  (let [frame (pb/run "__import__('pandas').DataFrame({'a': [1, 2]})")
        file (java.io.File/createTempFile "pybridge" ".txt")]
    (is (= "   a\n0  1\n1  2" (str frame) (print-str frame)))
    (is (= "   a\n0  1\n1  2\n" (with-out-str (println frame))))
    (spit file frame)
    (is (= (str frame) (slurp file)))
    (is (= "#py[\n   a\n0  1\n1  2]" (pr-str frame)) "a table begins on a line of its own")
    (is (= "{:frame #py[\n   a\n0  1\n1  2]}\n" (with-out-str (pprint/pprint {:frame frame}))))
    (is (= "#py[\n0    1\ndtype: int64]" (pr-str (pb/run "__import__('pandas').Series([1])"))))))

(deftest indented-code
  (is (= 3 (pb/run "  x = 1\n  x + 2") (pb/run "x = 1
                x + 2") (pb/run "if True:\n    x = 1\nx + 2")))
  (is (= "  kept\n" (pb/run "'''  kept\n'''")))
  (is (re-find #"^IndentationError" (message #(pb/run "if True:\nx = 1")))))

(deftest indented-code-keeps-its-literals
  (doseq [[code value] {"x = 'a\tb'\n    x" "a\tb"
                        "    s = '''a\n       \n    b'''\n    s" "a\n       \n    b"
                        "s = '''l1\n         l2'''\n         s" "l1\n         l2"
                        "    z = 4\n# a comment's column counts for nothing\n    z" 4
                        "  x = [1,\n2]\n  x" [1 2]
                        "  x = 1 + \\\n2\n  x" 3
                        "def f():\n          return '''\n'''\n      f()" "\n"}]
    (is (= value (pb/run code)) code))
  (is (re-find #"line 3, in <module>" (:py/traceback (ex-data (is (thrown? ExceptionInfo (pb/run "x = 1\n     # two\n     1 / 0"))))))))

(deftest code-is-read-without-the-bridges-own-future
  (is (= (pb/attr @builtins :int) (get (pb/run "def g(b: int): pass\ng.__annotations__") :b)))
  (is (= (pb/attr @builtins :int)
         (pb/run "import dataclasses\n@dataclasses.dataclass\nclass Row:\n    n: int\ndataclasses.fields(Row)[0].type")))
  (is (= {:b "int"} (pb/run "from __future__ import annotations\ndef g(b: int): pass\ng.__annotations__")))
  (is (= (pb/attr @builtins :int) (get (pb/run "def g(b: int): pass\ng.__annotations__") :b)) "the next code speaks for itself"))

(deftest big-endian-buffers
  (doseq [dtype [">i4" ">f8" "<i2" ">i8"]]
    (let [x (pb/call (pb/call (pb/module "numpy") :array [1 -2 3]) :astype dtype)]
      (is (= [1.0 -2.0 3.0] (map double @(pb/->py (pb/buffer x)))) dtype))))
