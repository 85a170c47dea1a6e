(defn call-with-tape
  "Call `body` with a tape that records while it runs; its value. `with-tape` reads better.

  (let [x (t/variable 3.0)]
    @(autodiff/call-with-tape {} (fn [tape] (autodiff/differentiate tape (t/square x) x))))
  ;; => 6.0"
  [options body]
  (pb/call-with (runtime/invoke :autodiff/tape [] options) body))

(defmacro with-tape
  "Evaluate `body` while the tape bound to the symbol `tape` records; its value. `options` as `tape` takes them.

  (let [x (t/variable 3.0)]
    (autodiff/with-tape [tape]
      @(autodiff/differentiate tape (t/square x) x)))
  ;; => 6.0"
  {:added "0.1", :arglists '([[tape] & body] [[tape options] & body])}
  [[tape options] & body]
  `(call-with-tape ~options (fn [~tape] ~@body)))
