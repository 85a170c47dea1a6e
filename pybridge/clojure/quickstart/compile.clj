;; Compiles the namespaces named after the first argument, a folder, into that folder. A namespace that another has loaded is
;; compiled by then, and doing it again would make its types anew.

(let [[folder & names] *command-line-args*]
  (binding [*compile-path* folder]
    (doseq [namespace (map symbol names)]
      (when-not (contains? (loaded-libs) namespace)
        (compile namespace))))
  (shutdown-agents))
