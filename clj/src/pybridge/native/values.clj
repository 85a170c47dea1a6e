(ns ^{:clj-reload/no-reload true, :clojure.tools.namespace.repl/load false} pybridge.native.values
  "To Python: the values that a Python helper makes, those that stream, and those for which a user has registered a conversion."
  (:require [pybridge.handle :as handle]
            [pybridge.native.call :as call]
            [pybridge.native.counterparts :as counterparts]
            [pybridge.native.gil :as gil]
            [pybridge.native.helpers :as helpers]
            [pybridge.native.to-python :as to-python :refer [Foreign]])
  (:import (java.io File)
           (java.math BigDecimal)
           (java.nio.file Path)
           (java.time Duration Instant LocalDate LocalDateTime LocalTime OffsetDateTime ZonedDateTime)
           (java.util Date Enumeration Iterator UUID)
           (java.util.stream BaseStream)
           (pybridge.handle Holder)))

(set! *warn-on-reflection* true)

(defn- counterpart->python [x env]
  (let [[helper arguments] (gil/without-gil env (counterparts/counterpart x))]
    (call/call env (helpers/helper env helper) arguments nil)))

(doseq [java-class [BigDecimal LocalDate LocalTime LocalDateTime OffsetDateTime ZonedDateTime Instant Date Duration UUID Path File]]
  (extend java-class Foreign {:foreign->python counterpart->python}))

(defn- stream->python
  "A Python iterator over what `iterator` gives, which is read as Python asks for it."
  [env ^Iterator iterator]
  (call/call env (helpers/helper env "SeqIterator") [(fn [] (if (.hasNext iterator) [(.next iterator)] []))] nil))

(extend-protocol Foreign
  Holder (foreign->python [x env] (to-python/->python env (handle/held x))) ; what stands for a Python object is that object
  Iterable (foreign->python [x _] x)
  Iterator (foreign->python [x env] (stream->python env x))
  Enumeration (foreign->python [x env] (stream->python env (gil/without-gil env (.asIterator ^Enumeration x))))
  BaseStream (foreign->python [x env] (stream->python env (gil/without-gil env (.iterator ^BaseStream x)))))
