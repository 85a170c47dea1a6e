(ns ^{:clj-reload/no-reload true, :clojure.tools.namespace.repl/load false} pybridge.native.text
  "Strings and names across the bridge. The GIL is held in all of this."
  (:require [pybridge.names :as names]
            [pybridge.native.env :refer [api new-reference]]
            [pybridge.native.platform :as platform :refer [peek-word poke-int with-memory]])
  (:import (clojure.lang Named)
           (java.nio ByteBuffer ByteOrder)
           (java.nio.charset StandardCharsets)
           (java.util.concurrent ConcurrentHashMap)
           (pybridge.native.env Env)))

(set! *warn-on-reflection* true)
(set! *unchecked-math* true)

(defn- ascii? [^String s]
  (let [n (.length s)]
    (loop [i 0] (cond (== i n) true (< (int (.charAt s i)) 128) (recur (inc i)) :else false))))

(defn cut
  "`text`, or its beginning and … where it is longer than `longest`."
  [^String text ^long longest]
  (if (> (count text) longest) (str (subs text 0 (- longest 2)) " …") text))

(def ^:private ^:const short-text "Bytes that are handed over in the memory of an Env." 1024)

(defmacro ^:private with-room
  "Evaluate `body` with `address` bound to `n` bytes that last as long."
  [[address env n] & body]
  `(let [n# (long ~n)]
     (if (<= n# (long short-text))
       (let [~address (.push ~(with-meta env {:tag `Env}) (inc (quot n# 8)))]
         (try ~@body (finally (.pop ~(with-meta env {:tag `Env}) ~address))))
       (with-memory [room# n#]
         (let [~address (long room#)] ~@body)))))

(def ^:private ^:const kept-room "Bytes of the memory that longer texts are handed over in." 1048576)

(def ^:private room "The address of that memory, which whoever has the GIL may use until Python runs." (delay (platform/allocate kept-room)))

(defmacro ^:private with-bytes
  "Evaluate `body`, which runs no Python, with `address` bound to where the content of the byte array `xs` lies as long."
  [[address env xs] & body]
  `(let [xs# ~xs, n# (alength ~(with-meta xs {:tag 'bytes}))]
     (if (< (long short-text) n# (long kept-room))
       (let [~address (long @room)]
         (platform/put-array ~address xs#)
         ~@body)
       (with-room [~address ~env n#]
         (platform/put-array ~address xs#)
         ~@body))))

(def ^:private ^:const looked-through "Characters up to which to look at each is the quickest." 48)

(defn- latin-1
  "The bytes of `s` in Latin-1; nil where it has other characters."
  ^bytes [^String s]
  (let [n (.length s)]
    (if (<= n (long looked-through))
      (loop [i 0]
        (cond
          (== i n) (.getBytes s StandardCharsets/ISO_8859_1)
          (< (int (.charAt s i)) 256) (recur (inc i))))
      (let [content (.getBytes s StandardCharsets/ISO_8859_1)] ; a ? in place of what is not Latin-1
        (when (.equals s (String. content StandardCharsets/ISO_8859_1)) content)))))

(defn- utf-16->python ^long [env ^String s]
  (let [content (.toCharArray s)
        size (* 2 (alength content))
        errors (platform/c-string "surrogatepass")]
    (with-room [address env (+ 8 size)]
      (poke-int address (if (= ByteOrder/LITTLE_ENDIAN (ByteOrder/nativeOrder)) -1 1))
      (platform/put-array (+ 8 address) content)
      (new-reference env (.PyUnicode_DecodeUTF16 (api env) (+ 8 address) size errors address)))))

(defn string->python
  "Any string, lone surrogates included, which UTF-8 would lose."
  ^long [env ^String s]
  (if-let [content (latin-1 s)]
    (let [^bytes content content, n (alength content)]
      (with-bytes [address env content]
        (new-reference env (.PyUnicode_DecodeLatin1 (api env) address n 0))))
    (utf-16->python env s)))

(defn bytes->python
  "A bytes with the content of `x`: a new reference."
  ^long [env ^bytes x]
  (let [n (alength x)]
    (with-bytes [address env x]
      (new-reference env (.PyBytes_FromStringAndSize (api env) address n)))))

(defn bytes->clojure
  "A copy of the content of the bytes at `pointer`, borrowed."
  ^bytes [env ^long pointer]
  (platform/get-bytes (.PyBytes_AsString (api env) pointer) (.PyBytes_Size (api env) pointer)))

(defn- refuse-halves [text]
  (throw (ex-info (str "the str " (cut (pr-str text) 60) " holds a character as two surrogates one after the other, which in Java are that "
                       "character; make them one: s.encode(\"utf-16\", \"surrogatepass\").decode(\"utf-16\")")
                  #:pybridge{:reason :conversion})))

(defn utf-8->clojure
  "The text of the str at `pointer`, borrowed; nil where it holds half a character, which UTF-8 cannot write."
  [^Env env ^long pointer]
  (let [size (.scratch env)
        text (.PyUnicode_AsUTF8AndSize (api env) pointer size)]
    (if (zero? text)
      (.PyErr_Clear (api env))
      (platform/text-at text (peek-word size)))))

(defn surrogates->clojure
  "The text of the str at `pointer`, borrowed, which holds half a character. One that Java cannot tell from another str is refused."
  [^Env env ^long pointer]
  (let [encoded (new-reference env (.PyUnicode_AsEncodedString (api env) pointer (platform/c-string "utf-16-le") (platform/c-string "surrogatepass")))
        chars (bytes->clojure env encoded)]
    (.Py_DecRef (api env) encoded)
    (let [found (.toString (.asCharBuffer (.order (ByteBuffer/wrap chars) ByteOrder/LITTLE_ENDIAN)))]
      (when-not (== (.codePointCount found 0 (.length found)) (.PyUnicode_GetLength (api env) pointer))
        (refuse-halves found))
      found)))

(defn string->clojure
  "The text of the str at `pointer`, borrowed. One that Java cannot tell from another str is refused."
  [env ^long pointer]
  (or (utf-8->clojure env pointer) (surrogates->clojure env pointer)))

(def ^:private ^ConcurrentHashMap interned (ConcurrentHashMap.))

(def ^:private ^:const most-kept "Names that programs have made." 10000)

(defn name->python
  "A keyword or symbol of the bridge's own as a str, kept for ever: borrowed."
  ^long [env ^Named x]
  (long (or (.get interned x)
            (let [text (names/->snake (names/full-name x))
                  pointer (if (and (ascii? text) (neg? (.indexOf text 0)))
                            (new-reference env (.PyUnicode_InternFromString (api env) (platform/c-string text)))
                            (string->python env text))]
              (.put interned x pointer)
              pointer))))

(defn kept-name
  "Any keyword or symbol as a str that is kept for ever: borrowed. Zero when enough are kept."
  ^long [env ^Named x]
  (if (< (.size interned) (long most-kept)) (name->python env x) 0))

(defn named->python
  "A keyword or symbol as a str: a new reference."
  ^long [env ^Named x]
  (let [kept (kept-name env x)]
    (if (zero? kept)
      (string->python env (names/->snake (names/full-name x)))
      (do (.Py_IncRef (api env) kept) kept))))
