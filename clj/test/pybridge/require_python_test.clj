(ns pybridge.require-python-test
  "Python modules as namespaces: their vars, how those are called, what libspecs say."
  (:require [clojure.java.io :as io]
            [clojure.repl :as repl]
            [clojure.string :as string]
            [clojure.test :refer [deftest is testing]]
            [pybridge.core :as pb])
  (:import (java.nio.file Files)
           (java.nio.file.attribute FileAttribute)))

(defn- evaluated
  "The value of the last of `forms`, evaluated in a namespace of their own."
  [& forms]
  (let [space (create-ns (gensym "pybridge.require-python-user"))]
    (try
      (binding [*ns* space]
        (refer 'clojure.core)
        (require '[pybridge.core :as pb])
        (last (mapv eval forms)))
      (finally (remove-ns (ns-name space))))))

(defn- message [& forms]
  (try (apply evaluated forms) nil (catch Exception failure (ex-message failure))))

(defn- meta-of [path var-name]
  (evaluated `(pb/require-python '~path))
  (meta (ns-resolve (symbol (str "pybridge.py." path)) var-name)))

(defn- publics [path] (ns-publics (symbol (str "pybridge.py." path))))

(defn- write-module
  "Write Python modules, path -> code, to a new folder where Python finds them."
  [files]
  (let [folder (.toFile (Files/createTempDirectory "pybridge" (make-array FileAttribute 0)))]
    (doseq [[path code] files]
      (io/make-parents (io/file folder path))
      (spit (io/file folder path) code))
    (pb/call (pb/module "site") :addsitedir (str folder))
    folder))

(deftest functions
  (evaluated '(pb/require-python '[numpy :as np]))
  (let [linspace @(ns-resolve 'pybridge.py.numpy 'linspace)
        expected (pb/run "import numpy\nnumpy.linspace(0, 1, num=5, endpoint=False).tolist()")]
    (is (= expected @(linspace 0 1 :num 5 :endpoint false) @(linspace 0 1 5 false) @(apply linspace 0 1 [:num 5 :endpoint false])))
    (is (= expected @(linspace 0 1 (pb/kw :num 5) (pb/kw :endpoint false)) @(linspace (pb/kw :num 5) 0 1 :endpoint false)))
    (is (= expected @(evaluated '(pb/require-python '[numpy :as np]) '(np/linspace 0 1 :num 5 :endpoint false)))))
  (is (= (pb/run "import math\nmath.hypot(3, 4)") (evaluated '(pb/require-python 'math) '(math/hypot 3 4)))
      "the module's own name is an alias")
  (is (= [3 2 1] (evaluated '(pb/require-python '[builtins :as python]) '(python/sorted [2 3 1] :reverse true)))))

(deftest values-and-options
  (testing "a map is a value, wherever it is"
    (is (= "{\"reverse\": true}" (evaluated '(pb/require-python 'json) '(json/dumps {:reverse true}))))
    (is (= "{\n \"a\": 1\n}" (evaluated '(pb/require-python 'json) '(json/dumps {:a 1} :indent 1)))))
  (testing "any number of arguments"
    (is (= (range 30)
           (evaluated '(pb/require-python '[builtins :as python])
                      '(python/list (apply python/map python/max [(range 30) (range 30)])))))
    (is (= 29 (evaluated '(pb/require-python '[builtins :as python]) '(apply python/max (range 30))))))
  (testing "what cannot be an option"
    (let [failure #(message '(pb/require-python '[builtins :as python]) %)]
      (is (= (str "builtins.sorted: :reverse has no value; from the first keyword on, the arguments are options. "
                  "To pass it as a value, write \"reverse\"")
             (failure '(python/sorted [1] :reverse))))
      (is (re-find #"^builtins.sorted: :key has no value" (failure '(python/sorted [1] :key (pb/kw :reverse true)))))
      (is (= "builtins.sorted: the option :reverse is given twice"
             (failure '(python/sorted [1] :reverse true :reverse false))
             (failure '(python/sorted [1] (pb/kw :reverse true) :reverse false))))
      (is (= "builtins.dict: the option :a_b is given twice" (failure '(python/dict :a-b 1 :a_b 2))))
      (is (= (str "builtins.sorted: expected an option, got [1]; from the first keyword on, the arguments are options. "
                  "Arguments by place come before them")
             (failure '(python/sorted :reverse true [1]))))
      (is (re-find #"^TypeError: .*no_such" (failure '(python/sorted [1] :no-such 1)))))))

(deftest classes
  (is (= 1/3 (evaluated '(pb/require-python 'fractions) '(fractions/Fraction 1 3))))
  (is (= 1/2 (evaluated '(pb/require-python 'fractions) '(pb/call fractions/Fraction :from-float 0.5))))
  (is (= "Fraction" (evaluated '(pb/require-python 'fractions) '(pb/attr fractions/Fraction :__name__))))
  (testing "Python gets the class and the function themselves"
    (is (true? (evaluated '(pb/require-python 'types '[builtins :as python])
                          '(python/isinstance (types/SimpleNamespace :a 1) types/SimpleNamespace))))
    (is (= 3.0 (evaluated '(pb/require-python 'functools 'math) '((functools/partial math/sqrt 9)))))
    (is (true? (evaluated '(pb/require-python '[operator :refer [is_]] 'math) '(is_ math/sqrt (pb/attr (pb/module "math") :sqrt)))))
    (is (= [1 2 3] (evaluated '(pb/require-python '[numpy :as np]) '@(np/apply-along-axis np/sort 0 [3 1 2])))))
  (testing "equal to its handle, and printed like it"
    (let [here (evaluated '(pb/require-python 'math) 'math/sqrt), handle (pb/attr (pb/module "math") :sqrt)]
      (is (and (= here handle) (= handle here)))
      (is (= (hash handle) (hash here)))
      (is (= "<built-in function sqrt>" (str handle) (str here)))
      (is (= "#py[<built-in function sqrt>]" (pr-str handle) (pr-str here)))))
  (is (= [] (.call ^Callable (evaluated '(pb/require-python '[builtins :as python]) 'python/list)))))

(deftest keras-layers
  (is (= [3 "relu"]
         (evaluated '(pb/require-python '[keras.layers :as layers])
                    '(let [dense (layers/Dense 3 :activation "relu")]
                       [(pb/attr dense :units) (pb/attr (pb/attr dense :activation) :__name__)]))))
  (is (string/includes? (:doc (meta-of 'keras.layers 'Dense)) "densely-connected")))

(deftest values
  (is (= Math/PI (evaluated '(pb/require-python '[numpy :as np]) 'np/pi)))
  (is (= [true nil] (evaluated '(pb/require-python '[numpy :as np]) '[np/True_ np/newaxis])))
  (is (= (pb/attr (pb/module "numpy") :__version__) (evaluated '(pb/require-python '[numpy :as np]) 'np/__version__)))
  (is (= (pb/module "numpy.linalg") (evaluated '(pb/require-python '[numpy :as np]) 'np/linalg)))
  (is (= 1.0 (evaluated '(pb/require-python '[numpy.linalg :as la]) '(la/norm [1 0]))))
  (is (true? (evaluated '(pb/require-python 'sys) '((pb/run "import sys\nlambda xs: xs is sys.path") sys/path)))
      "a list is not copied"))

(deftest names
  (testing "Python's spelling, and Clojure's"
    (is (= [true false] (evaluated '(pb/require-python '[numpy :as np]) '[(np/array_equal [1] [1]) (np/array-equal [1] [2])])))
    (is (identical? (ns-resolve 'pybridge.py.numpy 'array_equal) (ns-resolve 'pybridge.py.numpy 'array-equal))))
  (testing "nothing of Clojure's is in the namespace"
    (is (every? #(and (var? %) (= "pybridge.py.builtins" (namespace (symbol %))))
                (do (evaluated '(pb/require-python '[builtins :as python])) (vals (ns-map 'pybridge.py.builtins)))))
    (is (= 6 (evaluated '(pb/require-python '[builtins :as python]) '(python/sum [1 2 3])) (evaluated '(reduce + [1 2 3])))))
  (testing "nor does it meet one of ours"
    (is (= 1.0 (evaluated '(pb/require-python '[pybridge.losses])
                          '(require 'pybridge.losses)
                          '(pb/->clj (pybridge.losses/accuracy [1] [1])))))
    (is (evaluated '(pb/require-python 'pybridge.losses) '(nil? (get (ns-aliases *ns*) 'pybridge.losses)))
        "nor has it the name of one that can be required")))

(deftest documentation
  (doseq [[path var-name arglists]
          '[[numpy linspace ([start stop] [start stop & {:keys [num endpoint retstep dtype axis device]}])]
            [builtins sum ([iterable] [iterable & {:keys [start]}])]
            [builtins getattr ([object name] [object name default])]
            [builtins range ([stop] [start stop] [start stop step])]
            [builtins ValueError ([& arguments])]
            [math copysign ([x y])]
            [math hypot ([& coordinates])]
            [collections namedtuple ([typename field-names] [typename field-names & {:keys [rename defaults module]}])]]]
    (is (= arglists (:arglists (meta-of path var-name))) var-name))
  (is (nil? (:arglists (meta-of 'math 'pi))))
  (is (= "math.pi, of type float." (:doc (meta-of 'math 'pi))))
  (is (= "numpy/linspace" (:python (meta-of 'numpy 'linspace))))
  (let [printed (with-out-str (#'repl/print-doc (meta-of 'json 'dumps)))]
    (is (string/starts-with? printed "-------------------------\npybridge.py.json/dumps\n([obj] [obj & {:keys [skipkeys"))
    (is (string/includes? printed "\n  json.dumps(obj, *, skipkeys=False,"))
    (is (string/includes? printed "\n  Serialize ``obj`` to a JSON formatted ``str``."))
    (is (string/includes? printed "\n  If ``skipkeys`` is true then"))))

(def ^:private shapes "
'''Shapes.'''
from __future__ import annotations
import fractions
def area_of(width, height=1, *, unit='m'):
    '''The area.

        An indented line.
    Another.
    '''
    return width * height
def undocumented(x, /, y): return x - y
def needs_name(*, which, **more): return which
class Bad:
    __signature__ = property(lambda self: 1 / 0)
    def __call__(self): return 'called'
class BadRepr:
    def __repr__(self): raise RuntimeError('no repr')
def odd_default(x=BadRepr()): return 1
bad = Bad()
_hidden = 1
__author__ = 'someone'
_listed = 2
nothing = None
table = {'a b': 1, 'a': 2}
__all__ = ['area_of', '_listed', 'missing']
")

(deftest a-module-of-ones-own
  (write-module {"pybridge_shapes.py" shapes})
  (is (= 6 (evaluated '(pb/require-python '[pybridge-shapes :as shapes]) '(shapes/area-of 2 :height 3))))
  (is (= '#{area-of area_of undocumented needs-name needs_name Bad BadRepr odd-default odd_default bad __author__ _listed nothing table
            fractions __name__ __doc__ __file__ __cached__ __package__}
         (set (keys (publics "pybridge_shapes")))))
  (is (= '([width] [width & {:keys [height unit]}]) (:arglists (meta-of 'pybridge_shapes 'area-of))))
  (is (= "pybridge_shapes.area_of(width, height=1, *, unit='m')\n\n  The area.\n\n      An indented line.\n  Another."
         (:doc (meta-of 'pybridge_shapes 'area-of))))
  (is (= "pybridge_shapes.undocumented(x, /, y)" (:doc (meta-of 'pybridge_shapes 'undocumented))))
  (is (= '([& {:keys [which] :as more}]) (:arglists (meta-of 'pybridge_shapes 'needs_name))))
  (is (= "called" (evaluated '(pb/require-python 'pybridge_shapes) '(pybridge_shapes/bad))))
  (is (= "pybridge_shapes.odd_default(…)" (:doc (meta-of 'pybridge_shapes 'odd_default))))
  (is (= ["someone" 2] (evaluated '(pb/require-python 'pybridge_shapes)
                                  '[pybridge_shapes/__author__ (pb/item pybridge_shapes/table "a")]))))

(deftest loaded-later
  (write-module {"pybridge_lazy/__init__.py" "
import importlib
loaded = []
def __getattr__(name):
    if name == 'heavy': loaded.append(name); return importlib.import_module('pybridge_lazy.heavy')
    if name == 'twice': loaded.append(name); return lambda x, times=2: x * times
    if name == 'broken': raise RuntimeError('not to be had')
    raise AttributeError(name)
def __dir__(): return ['heavy', 'twice', 'broken', 'loaded']
"
                 "pybridge_lazy/heavy.py" "def f(x): return x + 1\n"})
  (let [loaded #(pb/->clj (pb/attr (pb/module "pybridge_lazy") :loaded))]
    (evaluated '(pb/require-python '[pybridge-lazy :as lazy]))
    (is (= [] (loaded)) "requiring it loads none of it")
    (is (= "pybridge_lazy.twice, which Python loads on first use." (:doc (meta-of 'pybridge_lazy 'twice))))
    (is (= [6 9] (pb/with-scope (evaluated '(pb/require-python '[pybridge-lazy :as lazy]) '[(lazy/twice 3) (lazy/twice 3 :times 3)]))))
    (is (= 10 (evaluated '(pb/require-python '[pybridge-lazy :as lazy]) '(lazy/twice 5))) "a scope does not end it")
    (is (= ["twice"] (loaded)))
    (is (= 4 (evaluated '(pb/require-python '[pybridge-lazy :as lazy]) '(pb/call lazy/heavy :f 3))))
    (is (= "RuntimeError: not to be had" (message '(pb/require-python '[pybridge-lazy :as lazy]) '(lazy/broken))))))

(deftest in-a-scope
  (write-module {"pybridge_scoped.py" "import math\nroot = math.sqrt\nxs = [1]\n"})
  (pb/with-scope (evaluated '(pb/require-python 'pybridge_scoped)))
  (is (= 3.0 (evaluated '(pb/require-python 'pybridge_scoped) '(pybridge_scoped/root 9))))
  (is (= 1 (evaluated '(pb/require-python 'pybridge_scoped) '(pb/item pybridge_scoped/xs 0)))))

(deftest reload
  (let [folder (write-module {"pybridge_changing.py" "def f(): return 1\ndef gone(): return 1\n"})
        file (io/file folder "pybridge_changing.py")]
    (is (= 1 (evaluated '(pb/require-python '[pybridge-changing :as changing]) '(changing/f))))
    (let [f (get (publics "pybridge_changing") 'f)]
      (spit file "def f(): return 2\ndef added_since(): return 3\nglobals().pop('gone', None)\n")
      (is (= 1 (evaluated '(pb/require-python '[pybridge-changing :as changing]) '(changing/f))) "requiring it again changes nothing")
      (is (= [2 3] (evaluated '(pb/require-python '[pybridge-changing :as c :reload]) '[(c/f) (c/added-since)])))
      (is (identical? f (get (publics "pybridge_changing") 'f)) "the var is the same")
      (is (nil? (get (publics "pybridge_changing") 'gone)))
      (spit file "def f(): return 4.5\n")
      (is (= 4.5 (evaluated '(pb/require-python 'pybridge-changing :reload) '(pybridge-changing/f)))))
    (pb/run "import pybridge_changing\npybridge_changing.set_by_hand = 7")
    (is (= 7 (evaluated '(pb/require-python '[pybridge-changing :as changing]) 'changing/set-by-hand))
        "what the module has got since is there")))

(deftest refers
  (is (= [[0.0 1.0] true true]
         (evaluated '(pb/require-python '[numpy :as np :refer [linspace array-equal array_equal]])
                    '[@(linspace 0 1 2) (array-equal [1] [1]) (array_equal [1] [1])])))
  (is (= 2.0 (evaluated '(pb/require-python '[math :refer [sqrt] :rename {sqrt root}]) '(root 4))))
  (testing "over a name of clojure.core, with its warning"
    (let [warnings (java.io.StringWriter.)]
      (is (= 3 (binding [*err* warnings] (evaluated '(pb/require-python '[builtins :refer [max]]) '(max [1 3 2])))))
      (is (re-find #"^WARNING: max already refers to: #'clojure.core/max" (str warnings)))))
  (testing "all of a module"
    (is (= 2.0 (evaluated '(pb/require-python '[math :refer :all]) '(sqrt 4))))
    (is (nil? (evaluated '(pb/require-python '[math :refer :all :exclude [sqrt]]) '(resolve 'sqrt))))
    (write-module {"pybridge_starred.py" shapes})
    (is (= [true true true false false]
           (evaluated '(pb/require-python '[pybridge-starred :refer :*])
                      '(mapv (comp some? resolve) '[area-of area_of _listed undocumented __author__]))))
    (is (nil? (evaluated '(pb/require-python '[pybridge-starred :refer :all]) '(resolve '__author__)))))
  (testing "a submodule that has to be imported"
    (write-module {"pybridge_package/__init__.py" "", "pybridge_package/part_one.py" "x = 1\n"})
    (is (= 1 (evaluated '(pb/require-python '[pybridge-package :refer [part-one]]) '(pb/attr part-one :x))))
    (write-module {"pybridge_listing/__init__.py" "__all__ = ['part']\n", "pybridge_listing/part.py" "x = 1\n"})
    (is (= 1 (evaluated '(pb/require-python '[pybridge-listing :as listing]) '(pb/attr listing/part :x)))))
  (testing "names that are not there"
    (is (re-find #"^require-python: the Python module numpy has no lin-space; did you mean linspace"
                 (message '(pb/require-python '[numpy :refer [lin-space]]))))
    (is (= (str "require-python: _private is private in math, which has vars of its public names only: "
                "(pb/attr (pb/module \"math\") \"_private\")")
           (message '(pb/require-python '[math :refer [_private]]))))
    (is (= "require-python: the Python module math has no qqq" (message '(pb/require-python '[math :refer [qqq]]))))
    (is (= "require-python: :rename has sqrt, which :refer does not name"
           (message '(pb/require-python '[math :refer [sin] :rename {sqrt root}])))))
  (testing "a special form cannot be referred"
    (is (re-find #"^require-python: var is a special form of Clojure, so numpy's can only be called through an alias"
                 (message '(pb/require-python '[numpy :refer [var]]))))
    (is (= 0.25 (evaluated '(pb/require-python '[numpy :as np]) '(np/var [1 2]))))))

(deftest several-modules
  (is (= ["b" 2.0 "[]"] (evaluated '(pb/require-python '(os [path :as p]) 'math '[json])
                                   '[(p/basename "a/b") (math/sqrt 4) (json/dumps [])])))
  (is (= 2 (evaluated '(pb/require-python '(concurrent [futures :as futures]))
                      '(pb/with [pool (futures/ThreadPoolExecutor :max-workers 1)]
                         (pb/call (pb/call pool :submit (pb/attr (pb/module "operator") :add) 1 1) :result)))))
  (testing "a class"
    (is (= "B" (evaluated '(pb/require-python '(builtins [str :as python.str])) '(python.str/upper "b"))))
    (is (some? (evaluated '(pb/require-python 'csv.DictWriter) 'csv.DictWriter/writerow))))
  (testing "a var of the module itself"
    (is (= (pb/module "math") (evaluated '(pb/require-python '[math :as m :bind-ns]) 'm)))
    (is (nil? (evaluated '(pb/require-python '[math :as m :bind-ns false]) '(resolve 'm))))))

(deftest malformed
  (is (= "require-python: expected a module's name, as in 'numpy or '[numpy :as np], got \"numpy\"" (message '(pb/require-python "numpy"))))
  (is (= "require-python: unknown option :only in [math :only [sin]]; there are :as :refer :exclude :rename :reload :bind-ns"
         (message '(pb/require-python '[math :only [sin]]))))
  (is (= "require-python: :as takes a symbol, as in [numpy :as np :refer [linspace]]; got [math :as]"
         (message '(pb/require-python '[math :as]))))
  (is (= (str "require-python: :refer takes a vector of names, :all, or :* for what Python's import * binds, "
              "as in [numpy :as np :refer [linspace]]; got [math :refer sin]")
         (message '(pb/require-python '[math :refer sin]))))
  (is (= "require-python: unknown flag :verbose; the one that may follow the libspecs is :reload"
         (message '(pb/require-python 'math :verbose))))
  (is (= "require-python: :bind-ns needs a name without dots for its var; add :as to os.path"
         (message '(pb/require-python '[os.path :bind-ns]))))
  (is (re-find #"^ModuleNotFoundError: No module named 'no_such_module' in .*; install there the package that brings it"
               (message '(pb/require-python 'no-such-module))))
  (is (re-find #"^ModuleNotFoundError: os has no submodule or class 'pth'; did you mean .*path" (message '(pb/require-python 'os.pth))))
  (is (= "TypeError: math.pi is of type float; only a module or a class can be a namespace"
         (message '(pb/require-python 'math.pi))))
  (testing "an error inside the module passes as it is"
    (write-module {"pybridge_failing.py" "import no_such_dependency\n"})
    (is (= "ModuleNotFoundError: No module named 'no_such_dependency'" (message '(pb/require-python 'pybridge_failing))))
    (is (nil? (find-ns 'pybridge.py.pybridge_failing)))))
