(ns ^{:clj-reload/no-reload true, :clojure.tools.namespace.repl/load false} pybridge.native.counterparts
  "Values of java.time, java.math, java.util and java.nio.file that have a counterpart in Python, as plain data and back:
  `pybridge.clojure.support._counterparts` is the other half."
  (:import (clojure.lang Ratio)
           (java.io File)
           (java.math BigDecimal BigInteger)
           (java.nio.file FileSystems InvalidPathException Path)
           (java.time DateTimeException Duration Instant LocalDate LocalDateTime LocalTime OffsetDateTime ZoneId ZoneOffset ZonedDateTime)
           (java.util Date UUID)))

(set! *warn-on-reflection* true)

(def ^:private ^:const nanos-in-micro 1000)

(defn- local-date [[year month day]]
  (LocalDate/of (int year) (int month) (int day)))

(defn- local-time [[hour minute second micros]]
  (LocalTime/of (int hour) (int minute) (int second) (int (* (long micros) (long nanos-in-micro)))))

(defn- zoned
  "The ZonedDateTime of a local time in the zone called `zone`, the later one of two if `fold` is 1; nil where there are no two, or Java
  knows no such zone or reckons another offset than Python."
  [^LocalDateTime local zone fold offset]
  (try
    (let [zone (ZoneId/of zone)
          earlier (.withEarlierOffsetAtOverlap (ZonedDateTime/of local zone))
          later (.withLaterOffsetAtOverlap earlier)
          found (if (= 1 fold) later earlier)]
      (when (and (or (= 0 fold) (not= earlier later))
                 (= local (.toLocalDateTime found)) (= (long offset) (.getTotalSeconds (.getOffset found))))
        found))
    (catch DateTimeException _ nil)))

(defn- date-time [{:keys [date time zone offset fold]}]
  (let [local (LocalDateTime/of ^LocalDate (local-date date) ^LocalTime (local-time time))]
    (cond
      zone (zoned local zone fold offset)
      offset (when (<= (abs (long offset)) 64800) (OffsetDateTime/of local (ZoneOffset/ofTotalSeconds (int offset))))
      :else local)))

(defn- path
  "The Path that is written as `text`; nil of a name that is no text in this system's encoding, and of one that Java writes another way,
  such as //host."
  [^String text]
  (try
    (let [found (Path/of text (make-array String 0))]
      (when (= text (str found)) found))
    (catch InvalidPathException _ nil)))

(def ^:private ^:const digits-at-once 2000)

(defn- integer
  "The integer that is written in digits, by halves: Java's own reading takes the square of their number."
  ^BigInteger [^String digits]
  (let [n (.length digits)]
    (if (<= n (long digits-at-once))
      (BigInteger. digits)
      (let [low (quot n 2)]
        (.add (.multiply (integer (subs digits 0 (- n low))) (.pow BigInteger/TEN low))
              (integer (subs digits (- n low))))))))

(defn- decimal
  "The BigDecimal of what Python writes of a Decimal."
  [^String text]
  (if (<= (.length text) (long digits-at-once))
    (BigDecimal. text)
    (let [[_ sign whole fraction exponent] (re-matches #"(-?)(\d+)(?:\.(\d*))?(?:E([+-]\d+))?" text)
          digits (integer (str whole fraction))
          scale (- (count fraction) (if exponent (parse-long exponent) 0))]
      (BigDecimal. (if (= "-" sign) (.negate digits) digits) (int scale)))))

(defn from-parts
  "The Java value of what the helper `parts` gives for a Python object that crosses as `crossing`; nil where there is none."
  [crossing parts]
  (when (some? parts)
    (case crossing
      :date (local-date parts)
      :time (local-time parts)
      :datetime (date-time parts)
      :timedelta (let [[days seconds micros] parts]
                   (.plusNanos (.plusSeconds (Duration/ofDays days) seconds) (* (long micros) (long nanos-in-micro))))
      :decimal (decimal parts)
      :fraction (let [[numerator denominator] parts]
                  (if (= 1 denominator) (bigint numerator) (Ratio. (biginteger numerator) (biginteger denominator)))) ; in lowest terms
      :uuid (UUID/fromString parts)
      :path (path parts))))

(defn- refuse [x why]
  (throw (ex-info (str "the " (.getSimpleName (class x)) " " x " " why) #:pybridge{:reason :conversion, :class (class x)})))

(defn- micros
  "Whole microseconds of the nanoseconds of `x`, which is all that Python holds."
  [x ^long nanos]
  (when-not (zero? (rem nanos (long nanos-in-micro)))
    (refuse x (str "has nanoseconds, and Python's times hold microseconds: cut it with (.truncatedTo "
                   (if (instance? Date x) "(.toInstant x)" "x") " java.time.temporal.ChronoUnit/MICROS)")))
  (quot nanos (long nanos-in-micro)))

(defn- date-parts [x ^LocalDate date]
  (when-not (<= 1 (.getYear date) 9999)
    (refuse x "is beyond Python's years, 1 to 9999"))
  [(.getYear date) (.getMonthValue date) (.getDayOfMonth date)])

(defn- time-parts [x ^LocalTime time]
  [(.getHour time) (.getMinute time) (.getSecond time) (micros x (.getNano time))])

(defn- date-time-parts [x ^LocalDateTime local]
  (into (date-parts x (.toLocalDate local)) (time-parts x (.toLocalTime local))))

(defn- offset-date-time [x ^OffsetDateTime instant]
  ["aware_datetime" [(date-time-parts x (.toLocalDateTime instant)) (.getTotalSeconds (.getOffset instant))]])

(defn- offset-with-prefix?
  "Is a zone one of Java's own names for an offset, such as UTC+01:00?"
  [^ZoneId zone]
  (boolean (re-find #"^(UTC|GMT|UT)[+-]|^UT$" (.getId zone))))

(defn- zoned-date-time [^ZonedDateTime x]
  (let [zone (.getZone x)]
    (cond
      (instance? ZoneOffset zone) (offset-date-time x (.toOffsetDateTime x))
      (offset-with-prefix? zone)
      (refuse x (str "is in a zone that only Java has, the offset " (.getOffset x) " under the name " zone ": pass (.toOffsetDateTime x)"))
      :else
      (let [later? (and (not= x (.withEarlierOffsetAtOverlap x)) (= x (.withLaterOffsetAtOverlap x)))]
        ["zoned_datetime" [(date-time-parts x (.toLocalDateTime x)) (.getId zone) (if later? 1 0) (.getTotalSeconds (.getOffset x))]]))))

(defn- instant [x ^Instant at]
  (when-not (<= -62135596800 (.getEpochSecond at) 253402300799)
    (refuse x "is beyond Python's years, 1 to 9999"))
  (offset-date-time x (.atOffset at ZoneOffset/UTC)))

(defn- date [^Date x]
  (try
    (instant x (.toInstant x))
    (catch UnsupportedOperationException _ ; java.sql's dates and times of day
      (refuse x (str "of " (.getName (class x)) " is no instant; pass its (.toLocalDate x) or (.toLocalTime x)")))))

(def ^:private ^:const seconds-in-day 86400)

(defn- duration [^Duration x]
  (let [days (Math/floorDiv (.getSeconds x) (long seconds-in-day))]
    (when-not (<= -999999999 days 999999999)
      (refuse x "is longer than Python's timedelta holds, 999999999 days"))
    (let [rest (.minusDays x days)]
      ["timedelta" [days (.getSeconds rest) (micros x (.getNano rest))]])))

(defn- file-path [^Path x]
  (if (= (.getFileSystem x) (FileSystems/getDefault))
    ["path" [(str x)]]
    (refuse x "is in a file system of Java's own, which Python cannot reach; copy it to a file")))

(defprotocol Counterpart
  "Java values that have a counterpart in Python."
  (counterpart [x] "[helper arguments]: the function of `pybridge.clojure.support` that makes it, and plain data for that."))

(extend-protocol Counterpart
  BigDecimal (counterpart [x] ["decimal" [(str x)]])
  LocalDate (counterpart [x] ["date" (date-parts x x)])
  LocalTime (counterpart [x] ["time" (time-parts x x)])
  LocalDateTime (counterpart [x] ["datetime" (date-time-parts x x)])
  OffsetDateTime (counterpart [x] (offset-date-time x x))
  ZonedDateTime (counterpart [x] (zoned-date-time x))
  Instant (counterpart [x] (instant x x))
  Date (counterpart [x] (date x))
  Duration (counterpart [x] (duration x))
  UUID (counterpart [x] ["uuid" [(str x)]])
  Path (counterpart [x] (file-path x))
  File (counterpart [x] ["path" [(str x)]]))
