;;; What Emacs uses in this project.  -*- no-byte-compile: t -*-
((nil . ((cider-preferred-build-tool . clojure-cli)
         (cider-clojure-cli-aliases . ":dev:test"))))
