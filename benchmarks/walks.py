"""How far a reader of the code goes: files and rooms that take part in six pieces of work."""

from __future__ import annotations

import io
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from types import FrameType
from typing import Any

from briefing.cli import run
from briefing.mail.tokens import Purpose
from tests import mailroom
from tests.mail.relays import Faulty
from tests.web.served import served

_ROOT = Path(__file__).parents[1]
_PACKAGE = f"{_ROOT / 'briefing'}/"
_EXAMPLES = _ROOT / "examples"
_DAY = date(2026, 3, 12)
#: Flag of the code of a function; the bodies of modules and classes are without it.
_FUNCTION = 0x1


@dataclass(slots=True)
class _Walk:
    """What ran: files by name, and the pairs of rooms between which there were calls."""

    files: set[str] = field(default_factory=set)
    calls: set[tuple[str, str]] = field(default_factory=set)

    def see(self, frame: FrameType, event: str, _: object) -> None:
        """Note a call, as a profile function."""
        if event != "call" or not (to := _file(frame)):
            return
        self.files.add(to)
        caller = frame.f_back
        while caller is not None and not _file(caller):
            caller = caller.f_back
        if caller is not None and _room(_file(caller)) != _room(to):
            self.calls.add((_room(_file(caller)), _room(to)))


def _file(frame: FrameType) -> str:
    """Return the file of a function of ours; empty for any other code."""
    code = frame.f_code
    ours = code.co_flags & _FUNCTION and code.co_filename.startswith(_PACKAGE)
    return code.co_filename.removeprefix(_PACKAGE) if ours else ""


def _room(file: str) -> str:
    return file.partition("/")[0]


@contextmanager
def _watched() -> Iterator[_Walk]:
    """Watch this thread and all that begin meanwhile."""
    walk = _Walk()
    threading.setprofile(walk.see)
    sys.setprofile(walk.see)
    try:
        yield walk
    finally:
        sys.setprofile(None)
        threading.setprofile(None)


def _row(case: str, walk: _Walk) -> dict[str, Any]:
    return {"case": case, "files": len(walk.files), "room changes": len(walk.calls)}


def _command(case: str, *words: object) -> dict[str, Any]:
    with redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()), _watched() as walk:
        code = run([str(word) for word in words])
    if code:
        raise RuntimeError(f"briefing {words[0]} ended with {code}")
    return _row(case, walk)


def _page(case: str, ask: Callable[[Any], Any]) -> dict[str, Any]:
    with TemporaryDirectory() as folder, _watched() as walk, served(Path(folder)) as web:
        ready = web.path(Purpose.LEAVE, web.add())
        walk.files.clear()
        walk.calls.clear()
        answer = ask((web, ready))
        if answer.status_code != 200:
            raise RuntimeError(f"{case}: {answer.status_code}")
        return _row(case, _Walk(set(walk.files), set(walk.calls)))


def bench() -> list[dict[str, Any]]:
    """Count what takes part in each piece of work, a page having been made before."""
    with TemporaryDirectory() as name, Faulty().running() as relay:
        folder = Path(name)
        settings = folder / "briefing.toml"
        settings.write_text('name = "Ostra Desk"\n[publish]\noldest_hours = 0\n')
        option = f"--config={settings}"
        page = (
            "make",
            _EXAMPLES / _DAY.isoformat(),
            option,
            f"--date={_DAY}",
            "-o",
            folder / "a.pdf",
        )
        _command("first", *page)
        rows = [_command("make", *page)]
        _command("sources", "sources", "add", _EXAMPLES / _DAY.isoformat(), option)
        rows.append(_command("collect", "collect", option))
        rows.append(_command("publish", "publish", f"--date={_DAY}", option))
        room = folder / "room"
        room.mkdir()
        mailroom.publish(room, mailroom.ANN, mailroom.BO)
        rows.append(_command("deliver", "deliver", mailroom.config(room, port=relay.port)))
    rows.append(_page("unsubscribe", lambda web: web[0].act(web[1], "leave")))
    rows.append(_page("search", lambda web: web[0].get("/archive?words=frigate")))
    return rows
