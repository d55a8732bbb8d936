"""The command, with the real clock, its own box and everything else as it is."""

from __future__ import annotations

import gc
import os
import resource
import signal
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from briefing.cli import FAILED, IN_PART, INTERRUPTED, run
from briefing.store import open_store, sources
from tests.app.collect.newsroom import article, blurbs, whole
from tests.daytime import COMMAND
from tests.newsserver import NewsServer, drip, endless, refuse, say
from tests.waiting import PATIENCE, wait_for

pytestmark = pytest.mark.allow_hosts(["127.0.0.1"])
Said = pytest.CaptureFixture[str]

SETTINGS = """
name = "Harbor Desk"
[store]
at = "desk.db"
[collect]
delay = 0
deadline = {deadline}
allow_hosts = ["127.0.0.1"]
allow_ports = [{port}]
"""


@pytest.fixture
def news() -> Iterator[NewsServer]:
    with NewsServer() as server:
        yield server


def settings(news: NewsServer, folder: Path, *, deadline: float = 300) -> str:
    """Write settings that reach the server; return the words that name them."""
    path = folder / "briefing.toml"
    path.write_text(SETTINGS.format(port=news.port, deadline=deadline))
    return f"--config={path}"


def add(*addresses: str, config: str) -> None:
    for address in addresses:
        # To tell a language takes a model that takes a second to load.
        assert run(["sources", "add", "--kind=feed", "--language=en", address, config]) == 0


def test_one_round_is_told_in_a_line_and_each_failure_in_another(
    news: NewsServer, tmp_path: Path, capsys: Said
) -> None:
    config = settings(news, tmp_path)
    add(news.at("/whole", whole("Northwick", "Elmstad")), config=config)
    add(news.at("/blurbs", blurbs("/page")), config=config)
    news.at("/page", article("Overby"))
    broken = news.url("/broken")
    with closing(open_store("desk.db", folder=tmp_path)) as store, store.write() as tx:
        (first, *_) = sources.source_statuses(tx)
        sources.add(tx, type(first.source)(broken), at=first.added)
    capsys.readouterr()
    assert run(["collect", config]) == IN_PART
    out, err = capsys.readouterr()
    assert out == (
        "3 sources: 2 read, 1 failed; 3 items, 3 new reports, 0 new versions, 0 read late, "
        "0 vanished\n"
    )
    assert err.startswith(f"briefing: {broken}: not answered since ")
    assert err.endswith("UTC: 127.0.0.1: answers 404 (Not Found)\n")
    assert err.count("\n") == 1


def test_a_disk_without_room_is_one_line_and_the_next_run_has_everything(
    news: NewsServer, tmp_path: Path, capsys: Said, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Of a module that it compiles Python would keep the part that fits, for all tests after this.
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    config = settings(news, tmp_path)
    places = [f"Port{number}" for number in range(40)]
    add(news.at("/feed", whole(*places)), config=config)

    def without_room() -> None:
        # The index of SQLite's log has 32 kB; the log itself needs more than this.
        resource.setrlimit(resource.RLIMIT_FSIZE, (60_000, 60_000))

    done = started("collect", config, preexec_fn=without_room)
    remedy = "its disk does not read or write; check the disk and make room"
    told = f"briefing: {tmp_path}/desk.db: {remedy}\n"
    assert done.communicate(timeout=PATIENCE) == ("", told)
    assert done.returncode == FAILED
    capsys.readouterr()
    assert run(["collect", config]) == 0
    assert capsys.readouterr().out.startswith("1 source: 1 read; 40 items, 40 new reports, ")


def test_a_run_that_is_stopped_by_hand_says_so_in_one_line(
    news: NewsServer, tmp_path: Path, capsys: Said
) -> None:
    config = settings(news, tmp_path)
    add(*(news.at(f"/{n}", whole(f"Port{n}")) for n in range(9)), config=config)
    news.at("/8", drip("a feed that takes its time", every=1))
    # A shell that starts the tests in the background lets them, and all they start, ignore it.
    running = started("collect", config, preexec_fn=lambda: heed(signal.SIGINT))
    wait_for(lambda: news.count("/8"))
    running.send_signal(signal.SIGINT)
    assert running.communicate(timeout=PATIENCE) == (
        "",
        "briefing: interrupted; no file is half-written\n",
    )
    assert running.returncode == INTERRUPTED
    news.at("/8", whole("Port8"))
    capsys.readouterr()
    assert run(["collect", config]) == 0
    assert capsys.readouterr().out.startswith("9 sources: 9 read; 9 items, ")


def test_nothing_is_left_open(news: NewsServer, tmp_path: Path, capsys: Said) -> None:
    config = settings(news, tmp_path)
    add(news.at("/blurbs", blurbs("/page", "/none")), config=config)
    for path, act in (
        ("/slow", drip("never to its end", every=0.1)),
        ("/endless", endless()),
        ("/shut", say(b"")),
        ("/page", article("Overby")),
        ("/none", refuse(503)),
    ):
        news.at(path, act)
    assert run(["collect", config]) == 0
    before = leftovers()
    settings(news, tmp_path, deadline=0.3)
    # It is read however little time there is for an answer.
    (tmp_path / "papers").mkdir()
    assert run(["sources", "add", "--language=en", str(tmp_path / "papers"), config]) == 0
    with closing(open_store("desk.db", folder=tmp_path)) as store, store.write() as tx:
        (first, *_) = sources.source_statuses(tx)
        for path in ("/slow", "/endless", "/shut"):
            sources.add(tx, type(first.source)(news.url(path)), at=first.added)
    assert run(["collect", config]) == IN_PART
    gc.collect()  # a socket or file that was not closed would warn here, and warnings are errors
    wait_for(lambda: leftovers() == before)


def started(*words: str, preexec_fn: Callable[[], None] | None = None) -> subprocess.Popen[str]:
    """Start the command in a process of its own."""
    command = [*COMMAND, *words]
    return subprocess.Popen(  # noqa: S603  ourselves
        command,
        preexec_fn=preexec_fn,  # noqa: PLW1509  no thread of ours has a lock that it needs
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def heed(what: signal.Signals) -> None:
    """Let a signal do what it does unless somebody says otherwise."""
    signal.signal(what, signal.SIG_DFL)


def leftovers() -> tuple[set[str], int, set[str]]:
    """Return our threads but the server's, the count of open files but its own, and children."""
    threads = {one.name for one in threading.enumerate() if "process_request" not in one.name}
    held = [str(one.readlink()) for one in Path("/proc/self/fd").iterdir() if one.is_symlink()]
    children = Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()
    return threads, sum("socket:" not in one for one in held), set(children)
