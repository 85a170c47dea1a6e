"""Several workers under one launcher: their lines, how they end, and that none is left (pybridge/cli/launcher.py)."""

from __future__ import annotations

import signal

import pytest
from launched import Launched, until


@pytest.fixture
def launched(tmp_path):
    """A function that starts a launcher; it and its workers are gone after the test."""
    started = []

    def start(code: str, **options: object) -> Launched:
        started.append(Launched(tmp_path, code, **options))
        return started[-1]

    yield start
    for each in started:
        each.process.kill()
        each.end()


def test_each_line_has_its_workers_number_and_the_order_is_theirs(launched):
    run = launched(
        """
for i in range(500):
    print(rank, i)
    print(rank, -i, file=sys.stderr)
"""
    )
    assert run.end() == 0
    for rank in range(2):
        assert run.of(rank) == [b"%d %d\n" % (rank, i) for i in range(500)]
        label = b"[%d] " % rank
        errors = [line for line in run.err if line.startswith(label)]
        assert errors == [b"[%d] %d %d\n" % (rank, rank, -i) for i in range(500)]
    assert (len(run.out), len(run.err)) == (1000, 1000)


def test_lines_come_whole_whatever_is_in_them(launched):
    run = launched(
        r"""
if rank == 0:
    os.write(1, b"\xff\x00 \r\n\n\x0b")
    wait_for("go")
    os.write(1, b"\x85\n" + 3_000_000 * b"x" + b"\nno end")
    os.write(2, b"no end")
else:
    print("said")
"""
    )
    run.wait_for(b"said\n", 1)
    until(lambda: len(run.out) == 3, "the whole lines come at once")
    run.go("go")
    assert run.end() == 0
    assert run.of(0) == [b"\xff\x00 \r\n", b"\n", b"\x0b\x85\n", 3_000_000 * b"x" + b"\n", b"no end\n"]
    assert run.err == [b"[0] no end\n"]


def test_workers_have_no_standard_input_and_no_terminal(launched):
    run = launched("print(repr(sys.stdin.read()), os.getsid(0) == os.getpid())")
    assert run.end() == 0
    assert run.out[0].endswith(b"] '' True\n")


@pytest.mark.parametrize(
    "ends, status, says",
    [
        ("sys.exit(3)", 3, []),
        ("os.kill(os.getpid(), signal.SIGKILL)", 137, [b"pybridge: worker 1 was killed by SIGKILL\n"]),
        ("os.kill(os.getpid(), 35)", 163, [b"pybridge: worker 1 was killed by signal 35\n"]),
    ],
    ids=["exit", "killed", "unnamed"],
)
def test_the_first_to_fail_gives_the_status(launched, ends, status, says):
    """The others may see to their own end meanwhile."""
    run = launched(
        f"""
if rank == 1:
    pathlib.Path("new").write_text(str(os.getpid()))
    os.rename("new", "process")
    wait_for("ready")
    print("last words")
    {ends}
pathlib.Path("ready").touch()
wait_for("process")
wait_for_the_end(int(pathlib.Path("process").read_text()))
print("noticed")
sys.exit(4)
""",
        count=3,
    )
    assert run.end() == status
    assert run.err == says
    assert sorted(run.out) == [b"[0] noticed\n", b"[1] last words\n", b"[2] noticed\n"]


def test_one_that_hangs_is_killed_once_another_has_failed(launched):
    run = launched(
        """
hold(rank)
print("ready")
wait_for("go" if rank == 0 else "never")
sys.exit(3)
""",
        grace=0.2,
    )
    run.wait_for(b"ready\n", 2)
    run.go("go")
    assert run.end() == 3
    assert run.err == [
        b"pybridge: worker 1 is killed, as it has not ended within 0.2 seconds\n",
    ]
    assert run.is_free("1")


def test_one_that_ends_well_ends_nobody(launched):
    run = launched("if rank == 0: sys.exit(0)\nprint('ready')\nwait_for('go')\nprint('done')", grace=0)
    run.wait_for(b"ready\n", 1)
    run.go("go")
    assert run.end() == 0
    assert run.out == [b"[1] ready\n", b"[1] done\n"]


def test_a_process_that_a_worker_leaves_behind_keeps_nobody_waiting(launched):
    run = launched(
        """
hold(rank)
os.set_inheritable(held, True)
left = "import pathlib, time\\nwhile not pathlib.Path('go').exists(): time.sleep(0.01)"
subprocess.Popen([sys.executable, "-c", left], close_fds=False)
print("said")
"""
    )
    assert run.end() == 0
    assert run.out.count(b"[0] said\n") == run.out.count(b"[1] said\n") == 1
    assert not run.is_free("0")
    run.go("go")
    until(lambda: run.is_free("0") and run.is_free("1"), "they end")


COUNTING = """
heard = []

def hear(number, _):
    heard.append(number)
    print("interrupted")

print(signal.getsignal(signal.SIGINT) is signal.default_int_handler)
signal.signal(signal.SIGINT, hear)
hold(rank)
print("ready")
wait_for("go")
print(len(heard))
"""


@pytest.mark.parametrize("before", ["", "trap '' INT; "], ids=["in the foreground", "in the background"])
def test_ctrl_c_interrupts_each_worker_once(launched, before):
    run = launched(COUNTING, count=3, before=before)
    run.wait_for(b"ready\n", 3)
    run.press_ctrl_c()
    run.wait_for(b"interrupted\n", 3)
    run.go("go")
    assert run.end() == 130
    for rank in range(3):
        assert run.of(rank) == [b"True\n", b"ready\n", b"interrupted\n", b"1\n"]
    assert run.err == []


def test_ctrl_c_is_an_exception_in_a_worker_that_prepares_for_nothing(launched):
    run = launched("print('ready')\nwait_for('go')")
    run.wait_for(b"ready\n", 2)
    run.press_ctrl_c()
    assert run.end() == 130
    assert sum(line.endswith(b"] KeyboardInterrupt\n") for line in run.err) == 2


def test_a_second_ctrl_c_kills(launched):
    run = launched(COUNTING)
    run.wait_for(b"ready\n", 2)
    run.press_ctrl_c()
    run.wait_for(b"interrupted\n", 2)
    run.press_ctrl_c()
    assert run.end() == 130
    assert run.is_free("0") and run.is_free("1")
    assert b"] 1\n" not in b"".join(run.out)


def test_ctrl_c_kills_those_that_do_not_end_in_time(launched):
    run = launched(COUNTING, grace=0.2)
    run.wait_for(b"ready\n", 2)
    run.press_ctrl_c()
    assert run.end() == 130
    assert sorted(run.err) == [
        b"pybridge: worker %d is killed, as it has not ended within 0.2 seconds\n" % rank for rank in range(2)
    ]
    assert run.is_free("0") and run.is_free("1")


def test_a_request_to_end_reaches_all(launched):
    run = launched("hold(rank)\nprint('ready')\nwait_for('go')")
    run.wait_for(b"ready\n", 2)
    run.process.send_signal(signal.SIGTERM)
    assert run.end() == 143
    assert run.err == []
    assert run.is_free("0") and run.is_free("1")


BUSY = {
    "sleeping": "join_workers()\nprint('ready')\ntime.sleep(600)",
    "in C with the interpreter's lock": "join_workers()\nprint('ready')\nimport re; re.match('(a*)*b', 64 * 'a')",
    "by a thread": "vars(fcntl).pop('F_SETSIG', None)\njoin_workers()\nprint('ready')\ntime.sleep(600)",
    "not yet joined": "print('ready')\nwait_for('go')\njoin_workers()\ntime.sleep(600)",
    "with a process": "join_workers()\nos.set_inheritable(held, True)\n"
    "subprocess.Popen([sys.executable, '-c', 'print(\"ready\", flush=True); import time; time.sleep(600)'], "
    "close_fds=False)\ntime.sleep(600)",
}


@pytest.mark.parametrize("code", BUSY.values(), ids=BUSY)
def test_none_is_left_when_the_launcher_is_killed(launched, code):
    run = launched(f"hold(rank)\n{code}")
    run.wait_for(b"ready\n", 2)
    run.process.kill()
    run.go("go")
    until(lambda: run.is_free("0") and run.is_free("1"), "they are gone")
    assert run.end() == -signal.SIGKILL


def test_what_a_worker_starts_knows_nothing_of_the_launcher(launched):
    run = launched(
        """
descriptor = int(os.environ[LAUNCHER])
os.fstat(descriptor)
join_workers()
look = f"import os\\nprint({LAUNCHER!r} in os.environ)\\nos.fstat({descriptor})"
ended = subprocess.run([sys.executable, "-c", look], close_fds=False, capture_output=True, text=True)
print(ended.stdout.strip(), "Bad file descriptor" in ended.stderr, "tensorflow" in sys.modules)
"""
    )
    assert run.end() == 0
    assert sorted(run.out) == [b"[0] False True False\n", b"[1] False True False\n"]


def test_workers_end_when_nobody_reads_their_lines(launched):
    run = launched("hold(rank)\nprint('ready')\nwhile True: print('more')", grace=600)
    run.wait_for(b"ready\n", 2)
    run.stop_reading()
    assert run.end() == 1
    assert run.err == []
    assert run.is_free("0") and run.is_free("1")
