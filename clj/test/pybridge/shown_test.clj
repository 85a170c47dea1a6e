(ns pybridge.shown-test
  "What tools that show more than text find in a handle: kindly's metadata, and what datafy and nav give."
  (:require [clojure.datafy :refer [datafy nav]]
            [clojure.string :as string]
            [clojure.test :refer [are deftest is]]
            [pybridge.core :as pb]
            [pybridge.plot :as plot]
            [pybridge.tensors :as t])
  (:import (java.util Base64)))

(defn- shown
  "What kindly's tools show of `x`: they call the function that its metadata names."
  [x]
  (let [{:kindly/keys [kind options]} (meta x)]
    (when (= :kind/fn kind)
      ((:kindly/f options) x))))

(deftest a-figure-is-a-picture
  (let [[tag {:keys [src]} :as hiccup] (shown (plot/history {:loss [3.0 2.0 1.0]}))
        [head content] (string/split src #"," 2)]
    (is (= :img tag))
    (is (= {:kindly/kind :kind/hiccup} (meta hiccup)))
    (is (= "data:image/svg+xml;base64" head))
    (is (string/includes? (String. (.decode (Base64/getDecoder) ^String content) "UTF-8") "<svg"))))

(deftest a-tensor-is-a-table
  (is (= ["<table><caption>float32, shape (2, 2)</caption><tr><td>1.5</td><td>2.0</td></tr><tr><td>3.0</td><td>4.0</td></tr></table>"]
         (shown (t/tensor [[1.5 2] [3 4]] :dtype :float32))))
  (is (= {:kindly/kind :kind/html} (meta (shown (t/ones [3])))))
  (is (= ["<table><caption>int64, shape (2,)</caption><tr><td>1</td><td>2</td></tr></table>"]
         (shown (pb/call (pb/module "numpy") :array [1 2]))
         (shown (t/variable [1 2]))))
  (is (= "<td>&lt;b&gt;</td>" (re-find #"<td>.*?</td>" (first (shown (pb/call (pb/module "numpy") :array ["<b>"])))))))

(deftest a-large-tensor-is-shown-in-part
  (let [[html] (shown (t/zeros [1000 1000]))]
    (is (string/includes? html "float32, shape (1000, 1000)"))
    (is (= (+ 12 1) (count (re-seq #"<tr>" html))))
    (is (= (+ (* 12 13) 1) (count (re-seq #"<td>" html))))))

(deftest other-ranks-are-text
  (are [shape] (= [:pre (pr-str (t/zeros shape))] (shown (t/zeros shape)))
    []
    [1 1 2]))

(deftest what-says-how-it-is-shown-is-shown-so
  (let [frame (pb/run "__import__('pandas').DataFrame({'a': [1, 2]})")]
    (is (= [(pb/call frame :_repr_html_)] (shown frame) (pb/->hiccup frame)))))

(deftest others-have-no-metadata
  (are [x] (nil? (meta x))
    (pb/module "math")
    (pb/run "object()")
    (pb/->py {:a 1})))

(deftest any-object-is-hiccup
  (is (= [:pre "#py[[1, 2]]"] (pb/->hiccup [1 2]))))

(deftest nav-goes-into-an-object
  (let [data (datafy (t/ones [2 3]))
        [i shape] (first (keep-indexed #(when (= :shape %2) [%1 %2]) (:attributes data)))]
    (is (= [2 3] (pb/->clj (nav (:attributes data) i shape))))))
