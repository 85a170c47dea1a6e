"""Keras's scopes end with an interrupt that comes where Keras has opened one and not yet seen to its end."""

from __future__ import annotations

import sys
from typing import Any

__all__ = ["scopes_kept"]

SCOPES = frozenset(
    (  # of `keras.src.backend.common.global_state`, each set for as long as a `with` or a call lasts
        *("autocast_scope", "current_call_ctx", "custom_objects_scope_dict", "in_tf_graph_scope", "name_scope_stack"),
        *("remat_scope_stack", "safe_mode_saving", "shared_objects/id_to_config_map", "shared_objects/id_to_obj_map"),
        *("stateless_scope", "symbolic_scope", "tracking_on", "use_legacy_config"),
    )
)


class scopes_kept:
    """Have an exception leave Keras's scopes as they are now.

    With a layer's call that never ended, each later one would count as a part of it: it would train where it is only
    called, and what the call held would stay for ever. With tracking that stays off, models would have no weights.
    """

    __slots__ = ("_before",)

    def __enter__(self) -> None:
        self._before = {name: _copied(value) for name, value in _state().items() if name in SCOPES}

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is not None:
            state = _state()
            for name in SCOPES:
                state.pop(name, None)
            state |= self._before


def _state() -> dict[str, Any]:
    """What Keras knows of this thread; nothing before it is loaded."""
    tracker = getattr(sys.modules.get("keras.src.backend.common.global_state"), "GLOBAL_STATE_TRACKER", None)
    return {} if tracker is None else tracker.__dict__  # of a threading.local: this thread's own


def _copied(value: Any) -> Any:
    return value.copy() if isinstance(value, (list, dict)) else value
