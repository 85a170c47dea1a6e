"""A Jupyter kernel with the extension, and what came of its cells."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from jupyter_client.manager import KernelManager

WITHIN = 120


@dataclass
class Ran:
    """What came of a cell: what it printed, what it showed by MIME type, and its error."""

    printed: str = ""
    shown: dict[str, str] = field(default_factory=dict)
    error: dict | None = None


class Kernel:
    """A client of a kernel of its own, which has loaded the extension."""

    def __init__(self, folder: Path) -> None:
        self.manager = KernelManager(kernel_name="python3", transport="ipc", ip=str(folder / "kernel"))
        self.manager.start_kernel()
        self.client = self.manager.client()
        self.client.start_channels()
        self.client.wait_for_ready(timeout=WITHIN)
        assert self.run("%load_ext pybridge.session") == Ran()

    def run(self, code: str, when_it_says: str = "", do: Callable[[], None] = lambda: None) -> Ran:
        """Run a cell; `do` something once it has printed `when_it_says`."""
        request = self.client.execute(code)
        ran, done = Ran(), not when_it_says
        while True:
            message = self.client.get_iopub_msg(timeout=WITHIN)
            if message["parent_header"].get("msg_id") != request:
                continue
            content = message["content"]
            match message["msg_type"]:
                case "stream":
                    ran.printed += content["text"]
                case "execute_result" | "display_data":
                    ran.shown = content["data"]
                case "error":
                    ran.error = content
                case "status" if content["execution_state"] == "idle":
                    assert done
                    self._reply(request)
                    return ran
            if not done and when_it_says in ran.printed:
                done = True
                do()

    def complete(self, code: str) -> list[str]:
        """What the end of `code` can become, as whole cells."""
        found = self._reply(self.client.complete(code, len(code)))["content"]
        return [code[: found["cursor_start"]] + name for name in found["matches"]]

    def _reply(self, request: str) -> dict:
        """What is answered to a request; one that is slow to be ready still answers the questions whether it is."""
        while (message := self.client.get_shell_msg(timeout=WITHIN))["parent_header"].get("msg_id") != request:
            pass
        return message

    def end(self) -> None:
        self.client.stop_channels()
        self.manager.shutdown_kernel(now=True)
        self.manager.cleanup_resources()
