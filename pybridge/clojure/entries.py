"""What an entry of a class path has, be it a folder or a jar."""

from __future__ import annotations

import os

__all__ = ["holds"]


def holds(entry: str, resource: str) -> bool:
    """Tell whether an entry of a class path has a resource; a name that ends with a slash is a folder's.

    >>> holds(os.devnull, "clojure/core.clj")
    False
    """
    if os.path.isdir(entry):
        return os.path.exists(os.path.join(entry, resource))
    import zipfile

    try:
        with zipfile.ZipFile(entry) as jar:
            names = jar.namelist()
    except (OSError, zipfile.BadZipFile):  # Java passes it over as well
        return False
    return resource in names or (resource.endswith("/") and any(name.startswith(resource) for name in names))
