"""What building a wheel does besides packing: it compiles pybridge's Clojure, and says what the wheel is made of."""

from __future__ import annotations

import hashlib
import os
import sys
import uuid
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from cyclonedx.model import HashAlgorithm, HashType, Property
from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component, ComponentScope, ComponentType
from cyclonedx.output.json import JsonV1Dot6
from hatchling.builders.hooks.plugin.interface import BuildHookInterface
from hatchling.builders.utils import get_reproducible_timestamp
from packageurl import PackageURL
from packaging.requirements import Requirement

SHIPPED = "pybridge/_shipped/classes"


class CompiledClojure(BuildHookInterface):
    """Adds the jar with the classes, for a quick start, and the bill of materials.

    A checkout that is installed as it is makes the jar by `pybridge prepare`.
    """

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        if version == "editable":
            return
        sys.path.insert(0, self.root)
        from pybridge.clojure import quickstart
        from pybridge.clojure.classpath import jars
        from pybridge.clojure.java import find_java
        from pybridge.errors import StartError

        compiled = None
        try:
            compiled = quickstart.compile_classes(find_java(), jars())
        except StartError as error:
            self.app.display_warning(f"Clojure will start more slowly: {error}")
        else:
            build_data["force_include"][str(compiled)] = f"{SHIPPED}/{compiled.name}"
        bill = Path(self.directory, f"{self.metadata.core.name}.cdx.json")
        bill.parent.mkdir(parents=True, exist_ok=True)
        bill.write_text(self._bill_of_materials(compiled), encoding="utf-8")
        build_data["sbom_files"].append(os.path.relpath(bill, self.root))

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:
        Path(self.directory, f"{self.metadata.core.name}.cdx.json").unlink(missing_ok=True)

    def _bill_of_materials(self, compiled: Path | None) -> str:
        """CycloneDX of the wheel: what it requires, the jars it fetches at first use, and the classes in it."""
        core = self.metadata.core
        bom = Bom(serial_number=uuid.uuid5(uuid.NAMESPACE_URL, f"pkg:pypi/{core.name}@{self.metadata.version}"))
        bom.metadata.timestamp = datetime.fromtimestamp(get_reproducible_timestamp(), UTC)
        bom.metadata.component = _component("pypi", "", core.name, self.metadata.version)
        for requirement in map(Requirement, core.dependencies):
            component = _component("pypi", "", requirement.name)
            component.properties.add(Property(name="python:requires", value=str(requirement)))
            bom.components.add(component)
        for line in Path(self.root, "pybridge", "clojure", "jars.sha256").read_text(encoding="utf-8").splitlines():
            digest, path = line.split()
            *group, artifact, version, _ = path.split("/")
            component = _component("maven", ".".join(group), artifact, version, digest)
            component.scope = ComponentScope.OPTIONAL if artifact == "test.check" else ComponentScope.REQUIRED
            bom.components.add(component)
        if compiled:
            digest = hashlib.sha256(compiled.read_bytes()).hexdigest()
            hashes = [HashType(alg=HashAlgorithm.SHA_256, content=digest)]
            name = f"{SHIPPED}/{compiled.name}"
            bom.components.add(Component(type=ComponentType.FILE, name=name, bom_ref=name, hashes=hashes))
        bom.register_dependency(bom.metadata.component, bom.components)
        return JsonV1Dot6(bom).output_as_string(indent=1)


def _component(kind: str, group: str, name: str, version: str | None = None, sha256: str = "") -> Component:
    url = PackageURL(kind, group or None, name, version)
    hashes = [HashType(alg=HashAlgorithm.SHA_256, content=sha256)] if sha256 else []
    return Component(
        type=ComponentType.LIBRARY,
        group=group or None,
        name=name,
        version=version,
        purl=url,
        bom_ref=url.to_string(),
        hashes=hashes,
    )
