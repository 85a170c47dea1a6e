"""What building a wheel does besides packing: it compiles pybridge's Clojure, for a quick start."""

from __future__ import annotations

import sys
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class CompiledClojure(BuildHookInterface):
    """Adds the jar with the classes; a checkout that is installed as it is makes its own by `pybridge prepare`."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        if version == "editable":
            return
        sys.path.insert(0, self.root)
        from pybridge.clojure import quickstart
        from pybridge.clojure.classpath import jars
        from pybridge.clojure.java import find_java
        from pybridge.errors import StartError

        try:
            jar = quickstart.compile_classes(find_java(), jars())
        except StartError as error:
            self.app.display_warning(f"Clojure will start more slowly: {error}")
        else:
            build_data["force_include"][str(jar)] = f"pybridge/_shipped/classes/{jar.name}"
