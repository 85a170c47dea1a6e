(ns pybridge.property-test
  "Values made at random cross and come back as the table says."
  (:require [clojure.test :refer [deftest]]
            [clojure.test.check.generators :as gen]
            [pybridge.core :as pb]
            [pybridge.holds :refer [holds]]
            [pybridge.names :as names]))

(def ^:private same (delay (pb/run "lambda x: x")))

(defn- there-and-back [x] (@same x))

(def ^:private any-string
  "Strings of any UTF-16 code units, lone surrogates and NUL among them."
  (gen/fmap #(apply str (map char %)) (gen/vector (gen/one-of [(gen/choose 0 127) (gen/choose 0 0xffff) (gen/choose 0xd800 0xdfff)]))))

(def ^:private any-number
  (gen/one-of [gen/large-integer gen/size-bounded-bigint gen/double (gen/elements [Long/MAX_VALUE Long/MIN_VALUE ##Inf ##-Inf -0.0 9223372036854775808N])]))

(def ^:private counterpart
  "Values of java.time, java.math, java.util and java.nio.file that Python has too."
  (let [date (gen/fmap #(java.time.LocalDate/ofEpochDay %) (gen/large-integer* {:min -719162 :max 2932896}))
        time (gen/fmap #(java.time.LocalTime/ofNanoOfDay (* 1000 (long %))) (gen/large-integer* {:min 0 :max 86399999999}))
        date-time (gen/fmap (fn [[d t]] (java.time.LocalDateTime/of ^java.time.LocalDate d ^java.time.LocalTime t)) (gen/tuple date time))
        offset (gen/fmap #(java.time.ZoneOffset/ofTotalSeconds %) (gen/choose -64800 64800))
        zone (gen/fmap #(java.time.ZoneId/of %) (gen/elements ["Europe/Berlin" "America/New_York" "Asia/Kolkata" "Australia/Lord_Howe" "UTC"]))
        in-this-century (gen/fmap #(java.time.Instant/ofEpochSecond %) (gen/large-integer* {:min 0 :max 2000000000}))]
    (gen/one-of
     [date time date-time
      (gen/fmap (fn [[^java.time.LocalDateTime t ^java.time.ZoneOffset o]] (java.time.OffsetDateTime/of t o)) (gen/tuple date-time offset))
      (gen/fmap (fn [[^java.time.Instant t ^java.time.ZoneId z]] (.atZone t z)) (gen/tuple in-this-century zone))
      (gen/fmap #(java.time.Duration/ofNanos (* 1000 (long %))) (gen/large-integer* {:min -9000000000000000 :max 9000000000000000}))
      (gen/fmap (fn [[n scale]] (BigDecimal. (biginteger n) (int scale))) (gen/tuple gen/size-bounded-bigint gen/small-integer))
      gen/uuid
      (gen/fmap #(java.nio.file.Path/of % (make-array String 0)) (gen/not-empty gen/string-alphanumeric))])))

(def ^:private plain
  "What comes back as it went: numbers, strings and nested vectors and maps with keys that are no names, or keywords that Python can write."
  (gen/recursive-gen
   (fn [inner]
     (gen/one-of [(gen/vector inner)
                  (gen/map (gen/one-of [gen/large-integer (gen/fmap #(str "1 " %) any-string) (gen/fmap #(keyword (str "k" (abs %))) gen/small-integer)]) inner)]))
   (gen/one-of [gen/large-integer (gen/double* {:NaN? false}) any-string gen/boolean (gen/return nil) counterpart])))

(defn- alike?
  "Equal, with the same class of number."
  [x y]
  (cond
    (and (vector? x) (vector? y)) (and (= (count x) (count y)) (every? true? (map alike? x y)))
    (and (map? x) (map? y)) (and (= (keys x) (keys y)) (every? #(alike? (x %) (y %)) (keys x)))
    (double? x) (and (double? y) (.equals ^Double x y))
    (decimal? x) (and (decimal? y) (.equals ^BigDecimal x y))
    :else (and (= x y) (= (class x) (class y)))))

(deftest plain-data-round-trips
  (holds 150 [x plain] (alike? x (there-and-back x))))

(deftest strings-round-trip
  (holds 150 [s any-string] (= s (there-and-back s)))
  (holds 150 [s any-string] (= (.codePointCount ^String s 0 (count s)) ((pb/run "len") s))))

(deftest numbers-round-trip
  (holds 150 [n any-number] (let [back (there-and-back n)] (or (= n back) (and (NaN? (double n)) (NaN? (double back)))))))

(deftest arithmetic-agrees
  (let [add (pb/run "lambda x, y: x + y"), multiply (pb/run "lambda x, y: x * y")]
    (holds 150 [x gen/size-bounded-bigint, y gen/large-integer] (and (= (+' x y) (add x y)) (= (*' x y) (multiply x y))))))

(deftest bytes-round-trip
  (holds 150 [xs gen/bytes] (java.util.Arrays/equals ^bytes xs ^bytes (there-and-back xs))))

(deftest sets-of-keys-round-trip
  (let [element (gen/one-of [gen/large-integer any-string (gen/vector gen/small-integer) (gen/set gen/small-integer)])]
    (holds 150 [xs (gen/set element)] (= xs (there-and-back xs)))))

(deftest arrays-keep-their-numbers
  (holds 150 [xs (gen/vector (gen/double* {:NaN? false}))] (= xs @(pb/->py (double-array xs))))
  (holds 150 [xs (gen/vector gen/large-integer)] (= xs @(pb/->py (long-array xs))))
  (holds 150 [xs (gen/vector gen/boolean)] (= xs @(pb/->py (boolean-array xs)))))

(deftest names-round-trip
  (holds 150 [words (gen/not-empty (gen/vector (gen/not-empty (gen/fmap #(apply str \a %) (gen/vector gen/char-alphanumeric))) 1 4))]
    (let [k (keyword (apply str (interpose "-" words)))]
      (= k (names/->keyword (there-and-back k))))))

(deftest positional-arguments-arrive-in-order
  (let [listed (pb/run "lambda *xs: list(xs)")]
    (holds 150 [xs (gen/vector gen/large-integer 0 40)] (= xs (apply listed xs)))))

(deftest a-callback-receives-what-was-sent
  (let [call (pb/run "lambda f, *xs: f(*xs)")]
    (holds 150 [x plain] (alike? x (call identity x)))))
