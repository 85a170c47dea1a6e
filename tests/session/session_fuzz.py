"""Messages to a session, drawn from a seed: some are right, some are wrong in a way that the next one survives.

`make fuzz` sends PYBRIDGE_FUZZ_MESSAGES sequences of them, 10,000 unless it is given; from a seed:

    python tests/session/session_fuzz.py 1234 100
"""

from __future__ import annotations

import json
import os
import random
import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

from session_client import Session, running

ODD = [
    "",
    "é☃𝄞",
    "\u202e\u0000\x1b[0m",
    "\x1epybridge-flushed0000000000000000",
    "a" * 5000,
    "'\"\\",
    "\ufeff\r\n",
    "½²٣",
]
NOT_TEXTS: list[Any] = [None, True, 0, -1, 1.5, 10**300, [], [[]], {}, {"a": None}, ["x"]]
PYTHON = ["1 + 1", "x = 1", "1 / 0", "print('é' * 100)", "(", "raise SystemExit(3)", "input()", "[[1, 2], [3, 4]]", ""]
CLOJURE = ["(+ 1 1)", "(def y 1)", "(/ 1 0)", '(println "é")', "(", "(read-line)", "[[1 2] [3 4]]", "(range)", ""]
WAITS = {"python": "import time; time.sleep(1000)", "clojure": "(Thread/sleep 1000000)"}
IDS: list[Any] = [0, -1, 1.5, 10**18, "", "a", "é☃", "x" * 1000, 2**70]
NO_IDS = [b"true", b"[]", b'{"a": 1}', b'"\\ud800"', b'"%s"' % (b"x" * 1001), b"NaN", b"1e999", b"9" * 5000]
NO_JSON = [b"", b"{", b"\xff\xfe", b"[" * 5000, b'{"id": 1,}', b"\x00" * 10, b'{"a": "\xed\xa0\x80"']
NO_FRAMES = [b"GET / HTTP/1.1\r\n\r\n", b"\r\n", b"Content-Length: -5\r\n\r\n", b"Content-Length: x\r\nA: b\r\n\r\n"]


class Sequence:
    """Sends messages, and knows which answers they are to have."""

    def __init__(self, session: Session, seed: int) -> None:
        self._session, self._random = session, random.Random(seed)
        self._asked: list[Any] = []  # the ids, one for each answer; None for what has no id that could be said again
        self._sent: list[bytes] = []

    def check(self) -> None:
        """Send some messages, then ask for something, and compare the answers with those that were to come."""
        for _ in range(self._random.randint(1, 8)):
            kinds = self._block, self._block, self._look, self._waits, self._control, self._wrong, self._frame
            self._random.choice(kinds)()
        probe = f"probe {self._random.random()}"
        self._say({"jsonrpc": "2.0", "id": probe, "method": "evaluate", "params": {"code": "6 * 7"}})
        answers: list[Any] = []
        last = None
        while len(answers) < len(self._asked) or last is None:
            message = self._session.message()
            assert message is not None, ("the session has ended", self._sent)
            if "method" in message:
                continue
            answers.append(message["id"])
            last = message if message["id"] == probe else last
        assert sorted(map(repr, answers)) == sorted(map(repr, self._asked)), self._sent
        assert last["result"]["value"] == 42, self._sent

    def _write(self, *bodies: bytes) -> None:
        self._sent += bodies
        for body in bodies:
            self._session.write(body)

    def _say(self, message: dict[str, Any]) -> None:
        if "id" in message:
            self._asked.append(message["id"])
        self._write(json.dumps(message, ensure_ascii=self._random.random() < 0.5).encode())

    def _request(self, method: str, params: Any) -> None:
        message = {"jsonrpc": "2.0", "method": method, "params": params}
        if self._random.random() < 0.8:  # or else it wants no answer
            message["id"] = self._random.choice(IDS) if self._random.random() < 0.3 else self._random.randrange(10**9)
        self._say(message)

    def _some(self, likely: list[Any]) -> Any:
        drawn = self._random.random()
        return self._random.choice(likely if drawn < 0.8 else ODD if drawn < 0.9 else NOT_TEXTS)

    def _block(self) -> None:
        language = self._some(["python", "clojure"])
        params = {"language": language, "code": self._some(CLOJURE if language == "clojure" else PYTHON)}
        for name in ("picture", "token", "keep", "values", "folder", "at", "pretty", "whole", "above"):
            if self._random.random() < 0.08:
                params[name] = self._some(["png", "a", "/"])
        self._request("evaluate", params)

    def _look(self) -> None:
        method, name = self._random.choice([("complete", "code"), ("describe", "name")])
        self._request(
            method, {"language": self._some(["python", "clojure"]), name: self._some(["pri", "map", "x.", "("])}
        )

    def _waits(self) -> None:
        """A block that waits till it is interrupted, wherever the interrupt finds it."""
        language, token = self._random.choice(list(WAITS.items())), f"waits {self._random.random()}"
        self._request("evaluate", {"language": language[0], "code": language[1], "token": token})
        self._say({"id": self._random.randrange(10**9), "method": "interrupt", "params": {"token": token}})

    def _control(self) -> None:
        method = self._random.choice(["interrupt", "reply", "initialize", "nonsense"])
        self._request(method, self._some([{"token": "a"}, {"token": "a", "text": "b"}, {"token": [1]}, {"text": 5}]))

    def _wrong(self) -> None:
        self._asked.append(None)
        drawn = self._random.random()
        if drawn < 0.4:
            self._write(b'{"method": "initialize", "id": %s}' % self._random.choice(NO_IDS))
        elif drawn < 0.7:
            self._write(self._random.choice(NO_JSON))
        else:
            self._write(self._random.choice([b"[]", b'[{"id": 1, "method": "initialize"}]', b"null", b"5", b'"x"']))

    def _frame(self) -> None:
        self._asked.append(None)
        frame = self._random.choice(NO_FRAMES)
        self._sent.append(frame)
        self._session.process.stdin.write(frame)


def main() -> None:
    seed = int(sys.argv[1] if len(sys.argv) > 1 else os.environ.get("PYBRIDGE_FUZZ_SEED") or 1)
    count = int(sys.argv[2] if len(sys.argv) > 2 else os.environ.get("PYBRIDGE_FUZZ_MESSAGES") or 10_000)
    with running() as session:
        for number in range(seed, seed + count):
            try:
                Sequence(session, number).check()
            except BaseException:
                print(f"run it again: python tests/session/session_fuzz.py {number} 1", file=sys.stderr)
                raise
    print(f"{count:,} sequences of messages, from seed {seed}: each answered as it is to be")


if __name__ == "__main__":
    main()
