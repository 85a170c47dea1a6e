;; Chapter 2's operations in plain Clojure: a matrix is a vector of rows, a row a vector of numbers. Results are doubles.
;; Nothing here calls Python.

(defn- refusal
  [reason operation & words]
  (ex-info (apply str operation ": " words) {:pybridge/reason reason}))

(defn- written
  "A shape as Python writes it: (2, 3), or (2,) with a single axis."
  [shape]
  (str "(" (string/join ", " shape) (when (= 1 (count shape)) ",") ")"))

(defn- many?
  "Does `x` hold elements: a vector, list or seq, an array, a Java list?"
  [x]
  (or (vector? x)
      (and (or (sequential? x) (instance? java.util.List x) (some-> (class x) .isArray)) (not (pb/py? x)))))

(defn- shape-of
  "How many elements there are along each axis, told by the first of each; [] for a number."
  [x]
  (loop [shape [], x x]
    (if (and (many? x) (< (count shape) 64)) ; a list may hold itself
      (recur (conj shape (count x)) (first x))
      shape)))

(defn- ragged [operation rows]
  (let [extents (distinct (map #(if (many? %) (str "a row of " (count %)) "a number") rows))]
    (refusal :shape operation "a ragged vector makes no matrix; side by side it holds " (string/join " and " extents))))

(defn- not-a-number [operation x]
  (cond
    (many? x) (ragged operation [0 x])
    (pb/py? x) (refusal :dtype operation "a vector of numbers is wanted; got an object of Python's: write @x for its numbers")
    :else (refusal :dtype operation "a vector holds numbers; got " (pr-str (if (or (nil? x) (string? x)) x (class x))))))

(defn- too-large [operation x kind]
  (refusal :dtype operation x " does not fit a " kind))

(defn- whole
  "A whole number as a long, which Clojure multiplies and adds exactly."
  [operation x]
  (cond
    (int? x) (long x)
    (boolean? x) (if x 1 0)
    (<= Long/MIN_VALUE x Long/MAX_VALUE) (long x)
    :else (throw (too-large operation x "long"))))

(defn- real
  "A number of any kind as a double."
  [operation x]
  (cond
    (double? x) x
    (boolean? x) (if x 1.0 0.0)
    (not (number? x)) (throw (not-a-number operation x))
    (and (infinite? (double x)) (not (float? x))) (throw (too-large operation x "double"))
    :else (double x)))

(defn- rows-of
  "The rows as vectors of as many numbers each: longs where all are whole, else doubles."
  [operation columns rows]
  (when-not (every? #(and (many? %) (= columns (count %))) rows)
    (throw (ragged operation rows)))
  (let [number (if (every? #(every? (some-fn integer? boolean?) %) rows) whole real)]
    (mapv (fn [row] (mapv #(number operation %) row)) rows)))

(defn- check-axes [operation x what axes]
  (let [shape (shape-of x)]
    (when-not (or (many? x) (number? x) (boolean? x))
      (throw (not-a-number operation x)))
    (when (not= axes (count shape))
      (throw (refusal :shape operation what "; got shape " (written shape))))
    shape))

(defn- matrix
  "`x` as a vector of rows."
  [operation x]
  (let [[_ columns] (check-axes operation x "a matrix has 2 axes, rows and columns" 2)]
    (rows-of operation columns x)))

(defn- row
  "The vector `x`."
  [operation x]
  (let [[length] (check-axes operation x "a vector has 1 axis" 1)]
    (first (rows-of operation length [x]))))

(defn- check-shapes
  [operation x y]
  (when (not= (shape-of x) (shape-of y))
    (throw (refusal :shape operation (written (shape-of x)) " and " (written (shape-of y))
                    " differ; give two matrices of one shape"))))

(defn- check-columns
  [operation m v]
  (let [[_ columns :as shape] (shape-of m)]
    (when (not= columns (count v))
      (throw (refusal :shape operation (written shape) " and " (written [(count v)]) " do not fit: "
                      columns " columns meet " (count v) " elements")))))

(defn- at
  "The number in row i, column j."
  [matrix i j]
  (nth (nth matrix i) j))

(defn- table
  "A matrix of the shape of `matrix`, whose number in row i, column j is (f i j)."
  [matrix f]
  (let [columns (range (count (first matrix)))]
    (mapv (fn [i] (mapv (fn [j] (double (f i j))) columns))
          (range (count matrix)))))

(defn- larger
  "Clojure's `max` of two numbers, but of 0.0 and -0.0 the first."
  ^double [^double a ^double b]
  (if (or (>= a b) (NaN? a)) a b))

(defn- dot
  "The sum of the products of the numbers of two vectors. Longs are multiplied and added exactly."
  [x y]
  (let [length (count x)]
    (if (and (int? (first x)) (int? (first y)))
      (loop [i 0, total (num 0)]
        (if (< i length)
          (recur (inc i) (+' total (*' (nth x i) (nth y i))))
          (double total)))
      (loop [i 0, total 0.0]
        (if (< i length)
          (recur (inc i) (+ total (* (double (nth x i)) (double (nth y i)))))
          total)))))

(defn naive-relu
  "Cut off what is below zero, one element at a time.

  x: a matrix.
  Returns a matrix of the same shape: max(x, 0) of each element, NaN of NaN.
  Throws when `x` is not a matrix.

  (naive/naive-relu [[1 -2] [-3 4]])
  ;; => [[1.0 0.0] [0.0 4.0]]"
  {:added "0.1"}
  [x]
  (let [x (matrix "naive-relu" x)]
    (table x (fn [i j] (larger (at x i j) 0.0)))))

(defn naive-add
  "Add two matrices, one element at a time.

  x: a matrix.
  y: a matrix of the same shape.
  Returns a matrix of that shape.
  Throws when one is not a matrix, or their shapes differ.

  (naive/naive-add [[1 2] [3 4]] [[10 20] [30 40]])
  ;; => [[11.0 22.0] [33.0 44.0]]"
  {:added "0.1"}
  [x y]
  (let [x (matrix "naive-add" x), y (matrix "naive-add" y)]
    (check-shapes "naive-add" x y)
    (table x (fn [i j] (+' (at x i j) (at y i j))))))

(defn naive-multiply
  "Multiply two matrices element by element, which is not their matrix product.

  x: a matrix.
  y: a matrix of the same shape.
  Returns a matrix of that shape.
  Throws when one is not a matrix, or their shapes differ.

  (naive/naive-multiply [[1 2] [3 4]] [[10 20] [30 40]])
  ;; => [[10.0 40.0] [90.0 160.0]]"
  {:added "0.1"}
  [x y]
  (let [x (matrix "naive-multiply" x), y (matrix "naive-multiply" y)]
    (check-shapes "naive-multiply" x y)
    (table x (fn [i j] (*' (at x i j) (at y i j))))))

(defn naive-maximum
  "Take the larger of two matrices at each place.

  x: a matrix.
  y: a matrix of the same shape.
  Returns a matrix of that shape, NaN where one of the two is.
  Throws when one is not a matrix, or their shapes differ.

  (naive/naive-maximum [[1 2] [3 4]] [[4 3] [2 1]])
  ;; => [[4.0 3.0] [3.0 4.0]]"
  {:added "0.1"}
  [x y]
  (let [x (matrix "naive-maximum" x), y (matrix "naive-maximum" y)]
    (check-shapes "naive-maximum" x y)
    (table x (fn [i j] (larger (at x i j) (at y i j))))))

(defn naive-add-matrix-and-vector
  "Add a vector to every row of a matrix: broadcasting, one element at a time.

  m: a matrix, shape (rows, columns).
  v: a vector of length columns.
  Returns a matrix of the shape of `m`.
  Throws when `m` is not a matrix, `v` is not a vector, or `v` has more elements than `m` has columns, or fewer.

  (naive/naive-add-matrix-and-vector [[1 2] [3 4]] [10 20])
  ;; => [[11.0 22.0] [13.0 24.0]]"
  {:added "0.1"}
  [m v]
  (let [m (matrix "naive-add-matrix-and-vector" m), v (row "naive-add-matrix-and-vector" v)]
    (check-columns "naive-add-matrix-and-vector" m v)
    (table m (fn [i j] (+' (at m i j) (nth v j))))))

(defn naive-vector-dot
  "Multiply two vectors and add up: the dot product.

  x: a vector.
  y: a vector of the same length.
  Returns the sum of the products of their elements.
  Throws when one is not a vector, or their lengths differ.

  (naive/naive-vector-dot [1 2 3] [4 5 6])
  ;; => 32.0"
  {:added "0.1"}
  [x y]
  (let [x (row "naive-vector-dot" x), y (row "naive-vector-dot" y)]
    (when (not= (count x) (count y))
      (throw (refusal :shape "naive-vector-dot" (written (shape-of x)) " and " (written (shape-of y)) " do not fit: "
                      (count x) " elements meet " (count y))))
    (dot x y)))

(defn naive-matrix-vector-dot
  "Multiply a matrix with a vector: the dot product of each row with it.

  m: a matrix, shape (rows, columns).
  v: a vector of length columns.
  Returns a vector of length rows.
  Throws when `m` is not a matrix, `v` is not a vector, or `v` has more elements than `m` has columns, or fewer.

  (naive/naive-matrix-vector-dot [[1 2] [3 4]] [10 1])
  ;; => [12.0 34.0]"
  {:added "0.1"}
  [m v]
  (let [m (matrix "naive-matrix-vector-dot" m), v (row "naive-matrix-vector-dot" v)]
    (check-columns "naive-matrix-vector-dot" m v)
    (mapv #(dot % v) m)))

(defn naive-matrix-dot
  "Multiply two matrices: the dot product of each row of the first with each column of the second.

  a: a matrix, shape (rows, shared).
  b: a matrix, shape (shared, columns).
  Returns a matrix of shape (rows, columns).
  Throws when one is not a matrix, or `a` has more columns than `b` has rows, or fewer.

  (naive/naive-matrix-dot [[1 2] [3 4]] [[1 2] [3 4]])
  ;; => [[7.0 10.0] [15.0 22.0]]"
  {:added "0.1"}
  [a b]
  (let [a (matrix "naive-matrix-dot" a), b (matrix "naive-matrix-dot" b), [_ shared] (shape-of a)]
    (when (not= shared (count b))
      (throw (refusal :shape "naive-matrix-dot" (written (shape-of a)) " and " (written (shape-of b))
                      " do not chain: " shared " columns meet " (count b) " rows")))
    (let [columns (apply mapv vector b)]
      (mapv (fn [row] (mapv #(dot row %) columns)) a))))
