(ns pybridge.golden
  "The golden cases of conversion, evaluated and compared, class by class, on Clojure's side of either host."
  (:require [clojure.string :as string]
            [pybridge.core :as pb])
  (:import (java.util Arrays)))

(set! *warn-on-reflection* true)

(def ^:private compiled
  (memoize (fn [code] (binding [*ns* (the-ns 'pybridge.golden)] (load-string (str "(fn [] " code "\n)"))))))

(defn value
  "The value of a case's Clojure, a new one each time."
  [code]
  ((compiled code)))

(defn- cut [x]
  (let [text (pr-str x)]
    (if (> (count text) 200) (str (subs text 0 200) " …") text)))

(declare difference-from)

(defn- first-difference [xs ys]
  (or (some not-empty (map difference-from xs ys)) ""))

(defn- entries
  "Keys and values of a map, in an order that depends on the keys alone."
  [m]
  (mapcat identity (sort-by (comp pr-str key) m)))

(defn- difference-from
  "How `x` differs from `wanted`; empty when it does not."
  [x wanted]
  (let [unlike (str (cut x) (when-not (= (class x) (class wanted)) (str " of " (class x))) ", expected " (cut wanted)
                    (when-not (= (class x) (class wanted)) (str " of " (class wanted))))
        both? (fn [kind?] (and (kind? x) (kind? wanted)))]
    (cond
      (or (both? vector?) (both? seq?)) (if (= (count x) (count wanted)) (first-difference x wanted) unlike)
      (both? map?) (if (= (count x) (count wanted)) (first-difference (entries x) (entries wanted)) unlike)
      (both? set?) (if (= x wanted) "" unlike)
      (not= (class x) (class wanted)) unlike
      (bytes? x) (if (Arrays/equals ^bytes x ^bytes wanted) "" unlike)
      (double? x) (if (.equals ^Double x wanted) "" unlike)
      (= x wanted) ""
      :else unlike)))

(defn difference
  "How `arrived` differs from the value of `code`, or from what that function asks for; empty when it does not."
  [arrived code]
  (let [wanted (value code)]
    (cond
      (not (fn? wanted)) (difference-from arrived wanted)
      (wanted arrived) ""
      :else (str (cut arrived) " does not satisfy " code))))

(defn- prints-as
  "Whether `arrived` is shown as `prints`."
  [arrived prints]
  (if (= (pr-str arrived) prints) "" (str "prints " (pr-str arrived) ", expected " prints)))

(defn handle-difference
  "How the handle `arrived` differs from what a `case` says of it: what it prints, what deref gives, what holds of it."
  [arrived {:keys [prints deref holds]}]
  (if-not (pb/py? arrived)
    (str (cut arrived) " is no handle")
    (string/join
     "; "
     (remove string/blank?
             [(if holds (difference arrived holds) "")
              (if prints (prints-as arrived prints) "")
              (if deref (difference-from @arrived (value deref)) "")]))))
