"""Before anything is begun: what would keep the next edition from readers is said, and refused.

Each set-up is broken in one way and put before the commands themselves: ``doctor`` names it, and
``run`` and ``serve`` refuse it with the same line, or say it where it keeps no edition back.
"""

import json
import os
import signal
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest

from briefing.app.doctor import (
    REQUIRED,
    Finding,
    Level,
    Use,
    blockers,
    examine,
    good,
    line,
    service,
    warnings,
)
from briefing.app.rounds.alerting import Alerting
from briefing.cli import FAILED, IN_PART, WRONG_USE, run
from briefing.core.errors import PreflightError
from briefing.core.model import Source, SourceStatus, Step
from briefing.core.schedule import Timetable
from briefing.settings import Settings
from briefing.setup import checks
from briefing.setup.checks import Preflight, open_checked
from briefing.setup.clock import now
from briefing.setup.parts import model_bytes
from briefing.store import runs, sources
from briefing.store.jobs import Backlog
from tests import mailroom
from tests.listener import Listener, listening
from tests.mailroom import ANN, replaced
from tests.small_day import Said
from tests.store.ready import act
from tests.waiting import PATIENCE, get, mount, small_disk
from tests.web.running import running

NOW = datetime(2026, 3, 4, 5, 0, tzinfo=UTC)
DKIM = '[[mail.dkim]]\ndomain = "desk.example"\nselector = "b2026"\nkey_file = "b2026.pem"\n'


def desk(folder: Path, *, more: str = "") -> Path:
    """Write settings and a sound store with a source and a reader."""
    mailroom.config(folder, more=more)
    with mailroom.opened(folder) as store:
        mailroom.subscribe(store, ANN)
        act(store, sources.add, Source("https://news.example/feed"), at=now())
    return folder


def told_by(hook: Listener) -> str:
    """Return settings by which alerts go to a webhook of this machine."""
    collect = f'[collect]\nallow_hosts = ["127.0.0.1"]\nallow_ports = [{hook.port}]'
    return f'[alerts]\nwebhook = "{hook.url}"\n{collect}\n'


@contextmanager
def ended_in_time() -> Iterator[None]:
    """Let no command serve for ever that should have refused to."""
    before = signal.getsignal(signal.SIGTERM)
    timer = threading.Timer(600, lambda: os.kill(os.getpid(), signal.SIGINT))
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        signal.signal(signal.SIGTERM, before)


def said_by(capsys: Said, *words: str) -> tuple[int, str]:
    """Return how a command ended, and all that it said."""
    capsys.readouterr()
    with ended_in_time():
        code = run(words)
    out, err = capsys.readouterr()
    return code, out + err


def lines_with(said: str, begin: str, words: str) -> list[str]:
    return [
        one.removeprefix(begin)
        for one in said.splitlines()
        if one.startswith(begin) and words in one
    ]


def section(folder: Path) -> None:
    replaced(folder, "[publish]", '[[sections]]\nname = "climate"\n[publish]')


def top(line_: str) -> Callable[[Path], object]:
    return lambda folder: (folder / "briefing.toml").write_text(
        f"{line_}\n{(folder / 'briefing.toml').read_text()}"
    )


def end(lines_: str) -> Callable[[Path], object]:
    return lambda folder: (folder / "briefing.toml").write_text(
        f"{(folder / 'briefing.toml').read_text()}\n{lines_}\n"
    )


def section_without_words(folder: Path) -> None:
    section(folder)
    top('classifier = "keywords"')(folder)


def key_that_is_none(folder: Path) -> None:
    (folder / "b2026.pem").write_text("no key")
    end(DKIM)(folder)


def damaged_model(folder: Path) -> None:
    (folder / "own.model").write_bytes(b"no model at all" * 50)
    top(f'model = "{folder / "own.model"}"')(folder)


def other_database(folder: Path) -> None:
    (folder / "briefing.db").unlink()
    with closing(sqlite3.connect(folder / "briefing.db")) as db, db:
        db.execute("CREATE TABLE till (price REAL)")


def folder_for_store(folder: Path) -> None:
    (folder / "briefing.db").unlink()
    (folder / "briefing.db").mkdir()


def file_for_folder(folder: Path) -> None:
    (folder / "kept").write_text("no folder")
    end('[store]\nat = "kept/briefing.db"')(folder)


def holidays(folder: Path) -> None:
    first = now().date() - timedelta(days=2)
    days = ", ".join(str(first + timedelta(days=number)) for number in range(400))
    end(f"[schedule]\nholidays = [{days}]")(folder)


def open_secrets(folder: Path) -> None:
    (folder / "briefing.secrets").write_text("A" * 43 + "=\n")
    (folder / "briefing.secrets").chmod(0o644)


#: Ways in which a set-up is broken, and the begin of what is said, the name of its check first.
TABLE: dict[str, tuple[Callable[[Path], object], str]] = {
    "a section that the classifier does not know": (section,
        "classifier: classifier 'linear' does not know section 'climate'; it knows "),
    "a section without words": (section_without_words,
        "classifier: classifier 'keywords' does not know section 'climate'"),
    "a model that is not there": (top('model = "none.model"'),
        "classifier: none.model: cannot be read (No such file or directory)"),
    "a model that is damaged": (damaged_model, "classifier: "),
    "an unknown classifier": (top('classifier = "liner"'),
        "classifier: unknown classifier 'liner'; did you mean 'linear'?"),
    "an unknown ranker": (top('ranker = "saliense"'),
        "ranker: unknown ranker 'saliense'; did you mean 'salience'?"),
    "an unknown theme": (end('[page]\ntheme = "clasic"'),
        "theme: unknown theme 'clasic'; did you mean 'classic'?"),
    "a paper that the theme has not": (end('[page]\npaper = "A9"'),
        "theme: unknown paper 'A9'"),
    "a store of something else": (other_database, "store: "),
    "a store that is damaged": (lambda f: (f / "briefing.db").write_bytes(b"x" * 9000),
        "store: "),
    "a folder in the store's place": (folder_for_store, "store: "),
    "a store in a folder that is none": (file_for_folder, "store: "),
    "a store in a folder that is not there": (end('[store]\nat = "deep/briefing.db"'),
        "store: "),
    "holidays for a year": (holidays,
        "schedule: no edition within a year: every day is a holiday; remove dates from"),
    "a relay in the open": (lambda f: replaced(f, '"127.0.0.1"', '"relay.example"'),
        "relay: relay 'relay.example': without TLS mail and password travel"),
    "a key that is missing": (end(DKIM), "signing: "),
    "a key that is none": (key_that_is_none, "signing: "),
    "a password that is missing": (
        lambda f: replaced(f, "connections", 'user = "desk"\npassword_file = "p"\nconnections'),
        "relay: "),
    "secrets that others may read": (open_secrets, "secrets: "),
    "a sender that is no address": (lambda f: replaced(f, "news@desk.example", "news"),
        "sender: mail.sender: "),
    "links that lead everybody home": (
        lambda f: replaced(f, "https://news.desk.example", "http://localhost:8000"),
        "links: web.address: http://localhost:8000 leads readers of mails to their own"),
    "an alert to no address": (end('[alerts]\nmail = "ann"'), "alerts: alerts.mail: "),
    "a webhook that may not be reached": (
        end('[alerts]\nwebhook = "http://10.1.2.3/hook"'), "alerts: alerts.webhook: "),
    "an unknown zone": (end('[schedule]\nzone = "Europe/Geneva"'),
        'must be a time zone such as "Europe/Zurich"; did you mean "Europe/Zurich"?'),
    "a sender without a relay": (lambda f: replaced(f, '"127.0.0.1"', '""'),
        "mail.host: is empty; must be text in quotation marks, not empty"),
    "a setting that does not exist": (end("[publish.more]\na = 1"), "publish."),
}  # fmt: skip


#: Those that the commands refuse as wrong use: what the file of settings says is none.
WRONG = {"an unknown zone", "a sender without a relay", "a setting that does not exist"}
#: Of each check the last of these.
SERVED = {words.partition(":")[0]: case for case, (_, words) in TABLE.items()}


@pytest.mark.parametrize("case", TABLE)
def test_what_is_broken_is_named_and_refused(tmp_path: Path, capsys: Said, case: str) -> None:
    breaks, words = TABLE[case]
    breaks(desk(tmp_path))
    config = f"--config={tmp_path / 'briefing.toml'}"
    code, said = said_by(capsys, "doctor", config)
    assert code == FAILED
    (seen,) = lines_with(said, "broken  ", words)[:1] or [said]
    # Both refuse what one function names: to serve, once for each of its checks.
    serves = [("serve", "--port", "0")] if case in SERVED.values() else []
    for command in [("run",), *serves]:
        code, said = said_by(capsys, *command, config)
        assert code == (WRONG_USE if case in WRONG else FAILED), said
        same = lines_with(said, "briefing: ", words)
        assert [one.removeprefix("settings: ") for one in same] == [seen.removeprefix("settings: ")]
        assert "served at" not in said
    with_store = not (tmp_path / "briefing.db").is_dir()
    if with_store and words != "store: ":
        with mailroom.opened(tmp_path) as store, store.read() as tx:
            assert sources.source_statuses(tx)[0].visited is None


def warned(said: str, words: str) -> list[str]:
    return [one for one in said.splitlines() if "warning" in one and words in one]


def test_without_sources_doctor_fails_and_run_does_its_best(tmp_path: Path, capsys: Said) -> None:
    config = f"--config={desk(tmp_path) / 'briefing.toml'}"
    with mailroom.opened(tmp_path) as store, store.write() as tx:
        sources.remove(tx, "https://news.example/feed")
    words = "sources: no sources yet; add one: briefing sources add ADDRESS"
    code, said = said_by(capsys, "doctor", config)
    assert code == FAILED
    assert f"broken  {words}" in said.splitlines()
    code, said = said_by(capsys, "run", config)
    # what was due is an edition, and nobody was there to tell of the day
    assert code == FAILED
    assert warned(said, words)


def test_a_clock_before_the_last_run_is_said_by_all(tmp_path: Path, capsys: Said) -> None:
    config = f"--config={desk(tmp_path) / 'briefing.toml'}"
    with mailroom.opened(tmp_path) as store, store.write() as tx:
        runs.begin(tx, mailroom.BRIEFING, Step.COLLECT, at=now() + timedelta(days=1))
        sources.remove(tx, "https://news.example/feed")
    words = "is before the last run, "
    assert lines_with(said_by(capsys, "doctor", config)[1], "warning ", words)
    assert warned(said_by(capsys, "run", config)[1], words)


def test_a_disk_with_too_little_space_is_refused(tmp_path: Path, capsys: Said) -> None:
    with small_disk(tmp_path / "small", megabytes=40) as mounted:
        if not mounted:
            pytest.skip("no small disk can be mounted here")
        config = f"--config={desk(tmp_path / 'small') / 'briefing.toml'}"
        assert "broken  disk: 0.0 GB free; make room" in said_by(capsys, "doctor", config)[1]
        for command in ("run", "serve"):
            assert said_by(capsys, command, config) == (
                FAILED, "briefing: disk: 0.0 GB free; make room\n"
            )  # fmt: skip
        assert mount("-o", "remount,ro", str(tmp_path / "small"))
        code, said = said_by(capsys, "serve", config)
        assert code == FAILED
        assert said.startswith("briefing: store: ")


def test_all_that_is_broken_is_said_at_once_a_line_each(tmp_path: Path, capsys: Said) -> None:
    section(desk(tmp_path))
    end('[page]\ntheme = "clasic"')(tmp_path)
    replaced(tmp_path, "news@desk.example", "news")
    code, said = said_by(capsys, "run", f"--config={tmp_path / 'briefing.toml'}")
    assert code == FAILED
    assert [one.split(": ")[1] for one in said.splitlines() if one.startswith("briefing: ")] == [
        *("classifier", "theme", "sender")
    ]


def test_make_refuses_what_cannot_be_made_before_it_reads(tmp_path: Path, capsys: Said) -> None:
    section(desk(tmp_path))
    words = ("make", "none.txt", "-o", "a.pdf", f"--config={tmp_path / 'briefing.toml'}")
    code, said = said_by(capsys, *words)
    assert code == WRONG_USE
    assert said.startswith("briefing: classifier: classifier 'linear' does not know section")


def test_of_several_briefings_a_broken_one_silences_no_other(tmp_path: Path) -> None:
    """It is said, answered with 503, told by its own alerts, and in the exit code."""
    folders = {name: tmp_path / name for name in ("sound", "broken", "unread")}
    with listening() as hook:
        for name, folder in folders.items():
            folder.mkdir()
            desk(folder)
            replaced(folder, "Ostra Desk", f"{name.title()} Desk")
            replaced(folder, 'address = "https://news.desk.example"', 'address = ""')
        section(folders["broken"])
        end(told_by(hook))(folders["broken"])
        (folders["unread"] / "briefing.toml").write_text("papers = 1")
        configs = [f"--config={one / 'briefing.toml'}" for one in folders.values()]
        with running(tmp_path, "--port=0", *configs, ends=(IN_PART,)) as there:
            address = f"http://127.0.0.1:{there.port}"
            sound = get(f"{address}/sound-desk/")
            assert (sound.status_code, "Sound Desk" in sound.text) == (200, True)
            closed = get(f"{address}/broken-desk/readyz")
            assert closed.status_code == 503
            assert closed.text.startswith("This briefing is unavailable.")
            ready = httpx2.get(
                f"{address}/sound-desk/readyz", trust_env=False, timeout=PATIENCE
            ).text
            checks = {one["check"]: one for one in map(json.loads, ready.splitlines())}
            assert checks["classifier"]["ready"]
            assert checks["schedule"]["words"].startswith("next edition ")
    err = (tmp_path / "log.txt").read_text()
    assert "briefing: Broken Desk: classifier: classifier 'linear' does not know" in err
    assert "unread/briefing.toml: line 1: papers: unknown setting; did you mean page.paper?" in err
    (posted,) = hook.posted
    (told,) = json.loads(posted.body)["alerts"]
    assert (told["kind"], told["key"]) == ("preflight", "check of classifier")
    assert "the next edition cannot be made or sent: classifier: " in told["words"]


def test_what_breaks_while_served_is_told_in_time_and_when_it_is_mended(tmp_path: Path) -> None:
    (tmp_path / "own").write_bytes(model_bytes(Settings()))
    top(f'model = "{tmp_path / "own"}"')(desk(tmp_path))
    settings, heard = mailroom.settings(tmp_path), list[str]()
    with mailroom.opened(tmp_path) as store:
        look = Preflight(
            lambda: settings,
            store=store,
            load=lambda: mailroom.settings(tmp_path),
            fresh=timedelta(0),
        )
        alerting = Alerting(
            store,
            mailroom.BRIEFING,
            settings.timetable,
            {"ear": lambda notices: heard.extend(one.message for one in notices)},
            now,
            broken=lambda: {one.name: line(one) for one in blockers(look(), use=Use.SERVE)},
        )
        alerting()
        assert not blockers(look(), use=Use.SERVE)
        assert heard == []
        (tmp_path / "own").unlink()
        end("[page]\ntheme = 5")(tmp_path)
        alerting()
        alerting()
        first = "the next edition cannot be made or sent: "
        assert heard[0].startswith(f"{first}settings: ")
        assert "page.theme: is 5; must be text" in heard[0]
        assert (
            heard[1]
            == f"{first}classifier: {tmp_path / 'own'}: cannot be read (No such file or directory)"
        )
        assert len(heard) == 2
        (tmp_path / "own").write_bytes(model_bytes(Settings()))
        replaced(tmp_path, "[page]\ntheme = 5", "[page]\npaper = 'Letter'")
        alerting()
        assert {one.split(": passes again")[0] for one in heard[2:]} == {
            "check of settings",
            "check of classifier",
        }
        assert "changed since briefing was started" in next(
            one.words for one in look() if one.name == "settings"
        )


def test_a_store_that_cannot_be_opened_is_told_once_and_ends_nothing(tmp_path: Path) -> None:
    with listening() as hook:
        desk(tmp_path, more=told_by(hook))
        (tmp_path / "briefing.db").write_bytes(b"x" * 9000)
        for _ in range(2):
            with pytest.raises(PreflightError):
                open_checked(mailroom.settings(tmp_path), use=Use.RUN)
    (posted,) = hook.posted
    assert [one["key"] for one in json.loads(posted.body)["alerts"]] == ["check of store"]


class TestWhatIsSeen:
    def table(self, **changes: Any) -> Timetable:  # noqa: ANN401
        return replace(Timetable(time(6, 30), "UTC"), **changes)

    def test_the_next_edition_sources_and_people_are_told(self) -> None:
        assert service.schedule(self.table(), now=NOW).words == (
            "next edition 2026-03-04, at 2026-03-04 06:30 UTC"
        )
        week = Timetable(time(17), "UTC", days=(4,), step=Step.WEEK)
        assert service.schedule(self.table(week=week), now=NOW).words.endswith(
            "06:30 UTC; next week in review 2026-03-06, at 2026-03-06 17:00 UTC"
        )
        far = frozenset(NOW.date() + timedelta(days=number) for number in range(20))
        assert service.schedule(self.table(holidays=far), now=NOW).mark is Level.NOTE
        assert service.schedule(self.table(grace=timedelta()), now=NOW).mark is Level.NOTE
        assert service.schedule(self.table(zone="Moon/Base"), now=NOW).mark is Level.BROKEN
        assert service.schedule(self.table(days=()), now=NOW).mark is Level.BROKEN
        source = Source("https://news.example/feed")
        good = SourceStatus(source, NOW, answered=NOW)
        bad = SourceStatus(source, NOW, failing_since=NOW, failures=1, reason="refused")
        assert service.sources([good]).words == "1 source; the last answered 2026-03-04 05:00 UTC"
        assert service.sources([SourceStatus(source, NOW)]).words == "1 source; none fetched yet"
        assert service.sources([good, bad]).words.startswith("2 sources, 1 failing; ")
        assert service.sources([bad, bad]).words == "no response from 2 sources: refused"
        paused = replace(bad, paused=NOW)
        assert service.sources([good, paused]).words.startswith("1 source; ")
        assert service.sources([paused]).words == "all sources are paused"
        assert service.readers(0).mark is service.operators(0).mark is Level.NOTE
        assert service.readers(1).words == "1 active subscriber"
        assert service.operators(2).words == "2 operators"

    def test_jobs_that_wait_for_long_are_told(self) -> None:
        old = NOW - timedelta(minutes=10)
        none = {Step.PUBLISH: Backlog()}
        assert service.jobs(none, now=NOW).words == "none waits"
        young = {Step.DELIVER: Backlog(3, 1, old + timedelta(seconds=1))}
        assert service.jobs(none | young, now=NOW).words == "4 jobs left to do"
        few = {Step.DELIVER: Backlog(3, 1, old)}
        found = service.jobs(none | few, now=NOW)
        assert line(found) == (
            ": deliver: 3 jobs waiting, the oldest since 2026-03-04 04:50 UTC; "
            "start more workers: briefing worker --only deliver"
        )
        assert found.mark is Level.NOTE
        found = service.jobs(few | {Step.COLLECT: Backlog(1, 0, old)}, now=NOW)
        assert found.words.startswith("no worker handles collect: 1 job waiting, the oldest since ")
        assert (found.mark, found.advice) == (Level.BROKEN, "start one: briefing worker")

    def test_workers_need_a_store_on_a_server(self, tmp_path: Path) -> None:
        mailroom.config(tmp_path, more='[engine]\nkind = "procrastinate"')
        (found,) = examine({"engine": checks.service_checks(mailroom.settings(tmp_path))["engine"]})
        assert found.words.startswith('engine.kind: "procrastinate" needs a store on PostgreSQL')
        assert blockers([found], use=Use.RUN) == (found,)

    def test_times_have_passed(self) -> None:
        hour = timedelta(hours=1)
        assert service.timestamps(NOW, edition=NOW, others={"a run": NOW}).mark is Level.GOOD
        assert service.timestamps(NOW, edition=NOW + hour, others={}).mark is Level.BROKEN
        seen = service.timestamps(NOW, edition=None, others={"a run": NOW + hour, "b": NOW})
        assert (seen.mark, "is before a run, 2026-03-04 06:00" in seen.words) == (Level.NOTE, True)


def test_what_keeps_a_round_from_its_work_is_not_what_keeps_pages_from_theirs() -> None:
    findings = [
        Finding(Level.BROKEN, "no edition", "change it", name="schedule"),
        Finding(Level.BROKEN, "no sources yet", "", name="sources"),
        Finding(Level.NOTE, "nobody", "", name="readers"),
        Finding(Level.GOOD, "sound", "", name="store"),
    ]
    assert blockers(findings, use=Use.SERVE) == tuple(findings[:1])
    assert blockers(findings, use=Use.PAGES) == ()
    assert warnings(findings, use=Use.SERVE) == tuple(findings[1:3])
    assert line(findings[0]) == "schedule: no edition; change it"
    assert REQUIRED[Use.MAKE] < REQUIRED[Use.RUN]


def test_a_page_that_takes_too_long_is_broken() -> None:
    hangs = threading.Event()
    seen = checks._in_time(lambda: good(str(hangs.wait(60))), seconds=0.05)
    hangs.set()
    assert (seen.mark, seen.words) == (Level.BROKEN, "no page was laid out within 0 seconds")
