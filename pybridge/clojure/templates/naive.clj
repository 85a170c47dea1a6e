;; Chapter 2's operations in plain Clojure: a matrix is a vector of rows, a row a vector of numbers. Nothing here calls
;; Python.

(defn- shape-error
  [message]
  (ex-info message {:reason :shape}))

(defn- written
  "A shape as Python writes it: (2, 3), or (2,) with a single axis."
  [shape]
  (str "(" (apply str (interpose ", " shape)) (when (= 1 (count shape)) ",") ")"))

(defn- shape-of
  "How many elements there are along each axis of nested vectors; [] for a number."
  [operation x]
  (cond
    (number? x) []
    (sequential? x) (let [shapes (set (map #(shape-of operation %) x))]
                      (when (< 1 (count shapes))
                        (throw (shape-error (str operation ": a vector whose rows differ in length is not a matrix"))))
                      (into [(count x)] (first shapes)))
    :else (throw (shape-error (str operation ": nested vectors of numbers are wanted; got " (pr-str (class x)))))))

(defn- checked-shape
  "The shape of `x`, which has to have this many axes."
  [operation x axes]
  (let [shape (shape-of operation x)]
    (when (not= axes (count shape))
      (throw (shape-error (str operation ": shape " (written shape) " is not a " (if (= axes 2) "matrix" "vector")
                               "; it has " (count shape) " axes, not " axes))))
    shape))

(defn- matrix-shape [operation x] (checked-shape operation x 2))

(defn- vector-length [operation x] (first (checked-shape operation x 1)))

(defn- common-shape
  "The shape of two matrices, which have to have the same."
  [operation x y]
  (let [shape (matrix-shape operation x), other (matrix-shape operation y)]
    (when (not= shape other)
      (throw (shape-error (str operation ": " (written shape) " and " (written other)
                               " differ; give two matrices of one shape"))))
    shape))

(defn- check-columns
  "See that a matrix has as many columns as a vector has elements."
  [operation [rows columns] length]
  (when (not= columns length)
    (throw (shape-error (str operation ": " (written [rows columns]) " and " (written [length]) " do not fit: "
                             columns " columns meet " length " elements")))))

(defn- element
  "The number in row i, column j."
  [matrix i j]
  (double (nth (nth matrix i) j)))

(defn- table
  "A matrix whose number in row i, column j is (f i j)."
  [[rows columns] f]
  (vec (for [i (range rows)]
         (vec (for [j (range columns)]
                (f i j))))))

(defn naive-relu
  "Cut off what is below zero, one element at a time.

  x: a matrix.
  Returns a matrix of the same shape: max(x, 0) of each element.
  Throws when `x` is no matrix.

  (naive/naive-relu [[1 -2] [-3 4]])
  ;; => [[1.0 0.0] [0.0 4.0]]"
  {:added "0.1"}
  [x]
  (table (matrix-shape "naive-relu" x)
         (fn [i j] (max (element x i j) 0.0))))

(defn naive-add
  "Add two matrices, one element at a time.

  x: a matrix.
  y: a matrix of the same shape.
  Returns a matrix of that shape.
  Throws when one is no matrix, or their shapes differ.

  (naive/naive-add [[1 2] [3 4]] [[10 20] [30 40]])
  ;; => [[11.0 22.0] [33.0 44.0]]"
  {:added "0.1"}
  [x y]
  (table (common-shape "naive-add" x y)
         (fn [i j] (+ (element x i j) (element y i j)))))

(defn naive-multiply
  "Multiply two matrices element by element, which is not their matrix product.

  x: a matrix.
  y: a matrix of the same shape.
  Returns a matrix of that shape.
  Throws when one is no matrix, or their shapes differ.

  (naive/naive-multiply [[1 2] [3 4]] [[10 20] [30 40]])
  ;; => [[10.0 40.0] [90.0 160.0]]"
  {:added "0.1"}
  [x y]
  (table (common-shape "naive-multiply" x y)
         (fn [i j] (* (element x i j) (element y i j)))))

(defn naive-maximum
  "Take the larger of two matrices at each place.

  x: a matrix.
  y: a matrix of the same shape.
  Returns a matrix of that shape.
  Throws when one is no matrix, or their shapes differ.

  (naive/naive-maximum [[1 2] [3 4]] [[4 3] [2 1]])
  ;; => [[4.0 3.0] [3.0 4.0]]"
  {:added "0.1"}
  [x y]
  (table (common-shape "naive-maximum" x y)
         (fn [i j] (max (element x i j) (element y i j)))))

(defn naive-add-matrix-and-vector
  "Add a vector to every row of a matrix: broadcasting, one element at a time.

  m: a matrix, shape (rows, columns).
  v: a vector of length columns.
  Returns a matrix of the shape of `m`.
  Throws when `m` is no matrix, `v` is no vector, or `v` has not an element per column.

  (naive/naive-add-matrix-and-vector [[1 2] [3 4]] [10 20])
  ;; => [[11.0 22.0] [13.0 24.0]]"
  {:added "0.1"}
  [m v]
  (let [shape (matrix-shape "naive-add-matrix-and-vector" m)]
    (check-columns "naive-add-matrix-and-vector" shape (vector-length "naive-add-matrix-and-vector" v))
    (table shape
           (fn [i j] (+ (element m i j) (double (nth v j)))))))

(defn naive-vector-dot
  "Multiply two vectors and add up: the dot product.

  x: a vector.
  y: a vector of the same length.
  Returns the sum of the products of their elements.
  Throws when one is no vector, or their lengths differ.

  (naive/naive-vector-dot [1 2 3] [4 5 6])
  ;; => 32.0"
  {:added "0.1"}
  [x y]
  (let [length (vector-length "naive-vector-dot" x), other (vector-length "naive-vector-dot" y)]
    (when (not= length other)
      (throw (shape-error (str "naive-vector-dot: " (written [length]) " and " (written [other]) " do not fit: "
                               length " elements meet " other))))
    (loop [i 0, total 0.0]
      (if (< i length)
        (recur (inc i) (+ total (* (double (nth x i)) (double (nth y i)))))
        total))))

(defn naive-matrix-vector-dot
  "Multiply a matrix with a vector: the dot product of each row with it.

  m: a matrix, shape (rows, columns).
  v: a vector of length columns.
  Returns a vector of length rows.
  Throws when `m` is no matrix, `v` is no vector, or `v` has not an element per column.

  (naive/naive-matrix-vector-dot [[1 2] [3 4]] [10 1])
  ;; => [12.0 34.0]"
  {:added "0.1"}
  [m v]
  (check-columns "naive-matrix-vector-dot" (matrix-shape "naive-matrix-vector-dot" m)
                 (vector-length "naive-matrix-vector-dot" v))
  (vec (for [row m]
         (naive-vector-dot row v))))

(defn naive-matrix-dot
  "Multiply two matrices: the dot product of each row of the first with each column of the second.

  a: a matrix, shape (rows, shared).
  b: a matrix, shape (shared, columns).
  Returns a matrix of shape (rows, columns).
  Throws when one is no matrix, or the columns of `a` are not as many as the rows of `b`.

  (naive/naive-matrix-dot [[1 2] [3 4]] [[1 2] [3 4]])
  ;; => [[7.0 10.0] [15.0 22.0]]"
  {:added "0.1"}
  [a b]
  (let [[rows shared :as shape] (matrix-shape "naive-matrix-dot" a)
        [others columns :as other] (matrix-shape "naive-matrix-dot" b)]
    (when (not= shared others)
      (throw (shape-error (str "naive-matrix-dot: " (written shape) " and " (written other) " do not chain: "
                               shared " columns meet " others " rows"))))
    (table [rows columns]
           (fn [i j] (naive-vector-dot (nth a i) (map #(nth % j) b))))))
