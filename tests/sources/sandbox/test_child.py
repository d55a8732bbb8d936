import json
import os
import socket
import subprocess
import sys
from contextlib import closing, suppress
from multiprocessing import Pipe
from pathlib import Path
from typing import Any

import pytest

from briefing.core.errors import InputError
from briefing.sources.sandbox.child import BEGIN, answer, die_with, load, refuse, serve
from tests.examples import examples
from tests.sources.sandbox.invented import many


def asked(task: str, body: bytes) -> bytes:
    head = {"task": task, "about": {"url": "https://news.example/feed"}, "seconds": 10}
    return json.dumps(head).encode() + b"\n" + body


def test_requests_are_answered_and_refusals_and_errors_are_told_apart() -> None:
    (here, there), guards = Pipe(), []
    with here, there:
        # What a pipe holds is sent before anybody reads it.
        here.send_bytes(asked("feed", many(1)))
        here.send_bytes(asked("feed", b"\n"))
        with suppress(EOFError), closing(socket.socket(fileno=os.dup(here.fileno()))) as writing:
            writing.shutdown(socket.SHUT_WR)
            serve(there, guard=lambda: guards.append("shut"))
        begun, first, again, second = (here.recv_bytes() for _ in range(4))
    assert (begun, again) == (BEGIN, BEGIN)
    assert json.loads(first)["entries"][0]["guid"] == "g0"
    assert json.loads(second) == {"error": "not a feed but an empty response"}
    assert guards == ["shut"]

    def refused(body: bytes, *, about: dict[str, str]) -> dict[str, Any]:
        raise InputError("no")

    def broken(body: bytes, *, about: dict[str, str]) -> dict[str, Any]:
        raise RecursionError

    assert json.loads(answer(refused, b"", about={})) == {"error": "no"}
    assert json.loads(answer(broken, b"", about={})) == {"fault": "RecursionError"}


@examples("opened")
def test_the_child_cannot_write_a_file(opened: tuple[Any, ...]) -> None:
    with pytest.raises(PermissionError):
        refuse("open", opened)


def test_the_child_may_do_its_work_and_has_no_way_out() -> None:
    refuse("open", ("a.py", "r", os.O_RDONLY | os.O_CLOEXEC))
    refuse("open", (3, "rb", None))
    refuse("import", ("lxml",))
    reading_end, line = os.pipe()
    die_with(reading_end)
    os.close(reading_end)
    os.close(line)
    for task in ["page", "feed", "links", "pdf"]:
        assert load(task).__module__.startswith("briefing.sources.sandbox.")
    for event in ["socket.connect", "socket.__new__", "subprocess.Popen", "os.fork", "os.remove"]:
        with pytest.raises(PermissionError, match=f"{event} is not allowed here"):
            refuse(event, ())


@examples("line")
def test_a_process_that_refuses_has_no_way_out(line: str, tmp_path: Path) -> None:
    shut = "import sys; from briefing.sources.sandbox import child; sys.addaudithook(child.refuse)"
    ran = subprocess.run(  # noqa: S603
        [sys.executable, "-c", f"{shut}; {line}"],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
    )
    assert "PermissionError" in ran.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_process_ends_when_its_lifeline_does() -> None:
    code = (
        "from briefing.sources.sandbox import child; child.die_with(0); print(flush=True); 9**9**9"
    )
    reading_end, line = os.pipe()
    child = subprocess.Popen(  # noqa: S603
        [sys.executable, "-c", code], stdin=reading_end, stdout=subprocess.PIPE
    )
    with child:
        os.close(reading_end)
        assert child.stdout is not None
        child.stdout.readline()
        os.close(line)
        assert child.wait(300) != 0
