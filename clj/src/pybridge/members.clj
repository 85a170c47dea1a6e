(ns ^{:clj-reload/no-reload true, :clojure.tools.namespace.repl/load false} pybridge.members
  "What `pybridge.core/..` makes of the members that it is given."
  (:require [pybridge.names :as names]
            [pybridge.native.objects :as objects]))

(defn- refuse [& words]
  (throw (IllegalArgumentException. ^String (apply str "pb/..: " words))))

(defn- method-step
  "The code of a call: options begin at the first keyword that is written among the arguments."
  [[method-name & xs]]
  (when (re-find #"^-." (name method-name))
    (refuse "an attribute is written without parentheses: " method-name))
  (let [[arguments options] (split-with (complement keyword?) xs)
        names (take-nth 2 options)]
    (when (odd? (count options))
      (refuse "the option " (last options) " of " method-name " has no value; to pass a keyword as a value, write a string"))
    (when-let [wrong (first (remove keyword? names))]
      (refuse "expected an option of " method-name " in place of " (pr-str wrong) "; arguments come before options"))
    (when (and (seq names) (not (apply distinct? (map names/->python names))))
      (refuse "an option of " method-name " is given twice"))
    (if (seq options)
      `(objects/method-step ~(keyword method-name) [~@arguments] (array-map ~@options))
      `(objects/method-step ~(keyword method-name) [~@arguments]))))

(defn step
  "The code of one member access."
  [member]
  (cond
    (and (symbol? member) (re-find #"^-." (name member))) `(objects/attribute-step ~(keyword (subs (name member) 1)))
    (symbol? member) (method-step [member])
    (and (vector? member) (= 1 (count member))) `(objects/item-step ~(first member))
    (and (seq? member) (symbol? (first member))) (method-step member)
    :else (refuse "a member is -attribute, (method arguments… :option value) or [key], where several keys are one, [(pb/tuple i j)]; not "
                  (pr-str member))))
