import hashlib
import json
import subprocess
import threading
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import pytest

from briefing.app.rounds.days import DayState, edition_reason, edition_task
from briefing.app.rounds.runs import RoundTask, StepHandler
from briefing.cli import DONE, FAILED, IN_PART, WRONG_USE, run
from briefing.core.model import Ending, FetchRecord, Outcome, Source, Step
from briefing.core.schedule import Timetable
from briefing.settings import load
from briefing.setup import daily
from briefing.setup.clock import now
from briefing.store import editions, runs, sources
from tests import mailroom
from tests.app.rounds.test_three_days import begin
from tests.daytime import COMMAND
from tests.mail.relays import real
from tests.mailroom import BRIEFING, opened, reader
from tests.newsserver import Exchange, NewsServer
from tests.publishing import FIRST, Desk
from tests.small_day import Said, told
from tests.store.ready import act
from tests.waiting import PATIENCE, get, wait_for
from tests.web.running import running

#: The steps of a day on which no week in review is due.
DAILY = (Step.COLLECT, Step.PUBLISH, Step.DELIVER, Step.BOUNCES)
#: Two readers whose time has come by now.
READERS = (reader("ann@readers.example"), reader("bo@readers.example", zone=mailroom.EARLY))


def hour(**by: float) -> str:
    """Return a time of the day from now, as settings have it."""
    return f"{now() + timedelta(**by):%H:%M}"


def desk(folder: Path, *, port: int = 1, name: str = "Ostra Desk", more: str = "") -> str:
    """Write settings and a store with reports, readers and a source that answers."""
    folder.mkdir(exist_ok=True)
    config = mailroom.config(folder, port=port, more=more)
    path = folder / "briefing.toml"
    path.write_text(path.read_text().replace("Ostra Desk", name))
    news = folder / "news"
    news.mkdir()
    (news / "fog.txt").write_text("Fog in Sund\n\nThe airport of Sund was closed by fog.\n")
    with mailroom.opened(folder) as store:
        mailroom.subscribe(store, *READERS)
        at = now()
        Desk(store).keep(
            *(replace(one, published=at) for one in FIRST), when=at - timedelta(minutes=1)
        )
        act(store, sources.add, Source(str(news), kind="folder"), at=at)
    return config


def in_time(folder: Path, *, port: int = 1, more: str = "") -> str:
    """Write a desk whose edition of today is due."""
    table = '[schedule]\nat = "00:00"\nzone = "UTC"\ngrace_hours = 24\n'
    return desk(folder, port=port, more=f"{table}{more}")


def test_run_collects_publishes_and_delivers_once(tmp_path: Path, capsys: Said) -> None:
    with real() as (port, taken):
        config = desk(tmp_path, port=port)
        out, err = told(capsys, "run", config)
        steps = [line.split(": ")[1] for line in out.splitlines()]
        assert steps == ["collect", "publish", "deliver", "bounces"]
        today = now().date()
        assert "Ostra Desk: publish: done; " in out
        assert f"ostra-desk/{today}: published" in out
        assert "Ostra Desk: deliver: done; 2 sent" in out
        assert {one.recipient for one in taken} == {one.address for one in READERS}
        assert "step=publish" in err
        # again: nothing is made or sent twice
        again = json.loads(told(capsys, "run", config, "--json")[0])
        assert [one["step"] for one in again] == ["collect", "bounces"]
        assert {one["ending"] for one in again} == {"done"}
        assert len(taken) == len(READERS)
    with mailroom.opened(tmp_path) as store, store.read() as tx:
        kept = runs.recent(tx, BRIEFING)
    assert [run.step for run in reversed(kept)] == [*DAILY, Step.COLLECT, Step.BOUNCES]
    assert all(run.ended for run in kept)


@pytest.mark.parametrize(
    ("schedule", "made"),
    [
        ({"at": hour(minutes=-20)}, True),
        ({"at": hour(minutes=-20), "grace_hours": 0}, False),
        ({"at": hour(hours=12)}, False),
    ],
)
def test_with_due_an_edition_is_made_only_at_its_time(
    tmp_path: Path, capsys: Said, schedule: Mapping[str, object], *, made: bool
) -> None:
    lines = "\n".join(f"{name} = {json.dumps(value)}" for name, value in schedule.items())
    config = desk(tmp_path, more=f"[schedule]\n{lines}\n")
    done = json.loads(told(capsys, "run", "--due", config, "--json", code=0 if not made else 1)[0])
    published = [one for one in done if one["step"] == "publish"]
    assert [one["late"] for one in published] == ([True] if made else [])
    # the relay does not answer: what is made is not sent
    failed = [one["step"] for one in done if one["ending"] == "failed"]
    assert failed == (["deliver"] if made else [])


def test_a_day_without_an_edition_has_none(tmp_path: Path, capsys: Said) -> None:
    today = now().date()
    near = [f'"{today + timedelta(days=number)}"' for number in (-1, 0, 1)]
    config = desk(tmp_path, more=f"[schedule]\nholidays = [{', '.join(near)}]\n")
    assert "publish" not in told(capsys, "run", config)[0]


def test_several_briefings_are_run_one_after_the_other(tmp_path: Path, capsys: Said) -> None:
    with real() as (port, taken):
        first = desk(tmp_path / "a", port=port)
        second = desk(tmp_path / "b", port=port, name="Asia Desk")
        out, _ = told(capsys, "run", first, second)
        assert [line.split(":")[0] for line in out.splitlines()] == [
            *["Ostra Desk"] * 4, *["Asia Desk"] * 4
        ]  # fmt: skip
        assert len(taken) == 2 * len(READERS)
        # one that is broken holds the other not up
        (tmp_path / "b" / "briefing.db").write_bytes(b"no store" * 1000)
        out, err = told(capsys, "run", second, first, code=IN_PART)
        assert "briefing: Asia Desk: " in err
        assert "Ostra Desk: collect: done" in out
        assert "briefing.db" in told(capsys, "run", second, code=FAILED)[1]


def test_a_briefing_named_in_settings_of_another_is_run_too(tmp_path: Path, capsys: Said) -> None:
    (tmp_path / "b").mkdir()
    first, second = tmp_path / "a.toml", tmp_path / "b" / "b.toml"
    first.write_text('name = "Ostra Desk"\nalso = ["b/b.toml"]\n')
    second.write_text('name = "Asia Desk"\n')
    plans = json.loads(told(capsys, "run", "--dry-run", "--json", "--config", str(first))[0])
    assert [plan["briefing"] for plan in plans] == ["ostra-desk", "asia-desk"]
    second.unlink()
    out, err = told(capsys, "run", "--dry-run", "--config", str(first), code=IN_PART)
    assert "Ostra Desk: collect" in out
    assert err.startswith(f"briefing: {second}: ")


def test_two_briefings_with_one_store_are_refused(tmp_path: Path, capsys: Said) -> None:
    one, two = tmp_path / "a.toml", tmp_path / "b.toml"
    one.write_text('name = "Ostra Desk"\n')
    two.write_text('name = "Asia Desk"\n')
    for command in ("run", "serve"):
        _, err = told(capsys, command, "--config", str(one), "--config", str(two), code=WRONG_USE)
        assert err.startswith("briefing: 'Asia Desk' and 'Ostra Desk' have one store")
        assert err.endswith("give each briefing a store of its own under [store]\n")


@pytest.mark.slow
def test_a_second_process_waits_for_what_the_first_collects(tmp_path: Path) -> None:
    """The only source answers when both run."""
    gate = threading.Event()
    with NewsServer() as news, real() as (relay, taken):
        begin(tmp_path, news, relay)
        path = tmp_path / "briefing.toml"
        told = path.read_text().replace("delay = 0.0\n", "delay = 0.0\ndeadline = 300\n")
        path.write_text(told.replace("[schedule]", "[publish]\noldest_hours = 0\n[schedule]"))
        (tmp_path / "time").write_text(now().isoformat())
        works = news.act_at("/feed")

        def wait(exchange: Exchange) -> None:
            gate.wait(PATIENCE)
            works(exchange)

        news.at("/feed", wait)
        command = [*COMMAND, "run", f"--config={path}", "--json"]

        def start() -> subprocess.Popen[str]:
            return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)  # noqa: S603  our own

        first = start()
        wait_for(lambda: news.count("/feed"))
        second = start()
        wait_for(lambda: ended(tmp_path, Step.COLLECT, Ending.BUSY), every=0.2)
        gate.set()
        one, two = (json.loads(each.communicate(timeout=PATIENCE)[0]) for each in (first, second))
        assert (first.returncode, second.returncode) == (0, 0)
        assert len(taken) == len({each.recipient for each in taken}) > 0
    assert (two[0]["step"], two[0]["ending"]) == ("collect", "busy")
    words = [each["words"] for each in (*one, *two) if each["step"] == "publish"]
    assert len([each for each in words if each.endswith(": published")]) == 1
    assert {each["ending"] for each in two if each["step"] == "publish"} <= {"done", "busy"}


def test_work_that_is_stopped_is_cut_where_nothing_is_lost_or_doubled(tmp_path: Path) -> None:
    with real() as (port, taken):
        settings = load(Path(desk(tmp_path, port=port).partition("=")[2]))
        with mailroom.opened(tmp_path) as store:
            run_log = daily.run_log_of(store, settings=settings)
            cut = daily.handlers_of(store, settings=settings, stop=lambda: True)
            whole = daily.handlers_of(store, settings=settings)

            def do(step: Step, handlers: Mapping[Step, StepHandler]) -> Ending | None:
                return run_log.record(RoundTask(step, now().date()), handlers[step])[0].ending

            assert do(Step.COLLECT, cut) is Ending.PART
            assert do(Step.COLLECT, whole) is Ending.DONE
            assert do(Step.PUBLISH, cut) is Ending.DONE
            assert do(Step.DELIVER, cut) is Ending.PART
            assert 1 <= len(taken) <= len(READERS)
            assert do(Step.DELIVER, whole) is Ending.DONE
        assert sorted(one.recipient for one in taken) == [one.address for one in READERS]


def ended(folder: Path, step: Step, how: Ending = Ending.DONE) -> bool:
    with mailroom.opened(folder) as store, store.read() as tx:
        return runs.last(tx, BRIEFING, step, ending=how) is not None


def test_serve_runs_the_round_and_ends_when_it_is_told_to(tmp_path: Path) -> None:
    with real() as (port, taken):
        due = now() - timedelta(minutes=5)
        config = desk(tmp_path, port=port, more=f'[schedule]\nat = "{due:%H:%M}"\n')
        with running(tmp_path, "--port=0", config, ends=(0,)) as there:
            wait_for(lambda: len(taken) == len(READERS))
            wait_for(lambda: all(ended(tmp_path, step) for step in DAILY), every=0.2)
            today = due.date()
            for path in ("healthz", ""):
                assert get(f"http://127.0.0.1:{there.port}/{path}").status_code == 200
        next_one = f"Ostra Desk: next edition {today + timedelta(days=1)}, at "
        assert next_one in (tmp_path / "said.txt").read_text()
        assert "deliver ended, done: 2 sent" in (tmp_path / "log.txt").read_text()
    with mailroom.opened(tmp_path) as store, store.read() as tx:
        kept = runs.recent(tx, BRIEFING)
        assert editions.on(tx, BRIEFING, today)
    assert all(run.ending is Ending.DONE for run in kept)
    assert {run.step for run in kept} == set(DAILY)


def test_without_the_round_pages_are_all_that_is_served(tmp_path: Path) -> None:
    config = desk(tmp_path, more=f'[schedule]\nat = "{hour(minutes=-5)}"\n')
    with running(tmp_path, "--port=0", "--no-round", config, ends=(0,)) as there:
        assert get(f"http://127.0.0.1:{there.port}/").status_code == 200
    assert "next edition" not in (tmp_path / "said.txt").read_text()
    with mailroom.opened(tmp_path) as store, store.read() as tx:
        assert runs.recent(tx, BRIEFING) == ()


TODAY = date(2026, 3, 12)
TABLE = Timetable(time(6, 30), "UTC", days=(0, 1, 2, 3, 4), holidays=frozenset({TODAY}))
OPEN = replace(TABLE, holidays=frozenset())
MADE = DayState(TODAY, made=True)


def at(hour: int, minute: int = 0, *, day: int = 12) -> datetime:
    return datetime(2026, 3, day, hour, minute, tzinfo=UTC)


def content(folder: Path) -> Mapping[str, str]:
    """Return what a folder holds; what a database puts beside itself while it is read set aside."""
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.rglob("*")
        if path.is_file() and not path.name.endswith((".lock", "-shm", "-wal"))
    }


def planned(capsys: Said, *words: str) -> dict[str, Any]:
    plans: list[dict[str, Any]] = json.loads(told(capsys, "run", "--dry-run", "--json", *words)[0])
    assert len(plans) == 1
    return plans[0]


@pytest.mark.parametrize(
    ("table", "state", "now", "only_due", "words"),
    [
        (OPEN, DayState(), at(5), True, "not due until 2026-03-12 06:30 UTC"),
        (OPEN, DayState(), at(7), True, "it was due at 2026-03-12 06:30 UTC"),
        (OPEN, DayState(), at(5), False, "a run without --due does not wait for its time"),
        (OPEN, DayState(), at(13), True, "the grace for 2026-03-12 ended 2026-03-12 12:30 UTC"),
        (OPEN, MADE, at(7), False, "the edition of 2026-03-12 is already made"),
        (OPEN, DayState(TODAY), at(7), True, "there was nothing to print for 2026-03-12"),
        (TABLE, DayState(), at(7), False, "2026-03-12 is one of schedule.holidays"),
        (OPEN, DayState(), at(7, day=14), False, "2026-03-14 is not in schedule.days"),
    ],
)
def test_a_round_says_why_it_makes_an_edition_or_none(
    table: Timetable,
    state: DayState,
    now: datetime,
    only_due: bool,  # noqa: FBT001  a case of many
    words: str,
) -> None:
    assert edition_reason(table, state, now=now, only_due=only_due).startswith(words)
    makes = edition_task(table, state, now=now, only_due=only_due) is not None
    assert makes == words.startswith(("it was due", "a run"))


def test_a_dry_run_says_what_the_run_does_unchanged(tmp_path: Path, capsys: Said) -> None:
    # the relay is a port at which nobody listens: a dry run asks nobody
    config = in_time(tmp_path)
    with opened(tmp_path) as store, store.write() as tx:
        at = now()
        sources.add(tx, Source("https://resting.example/feed"), at=at)
        later = at + timedelta(hours=1)
        waiting = FetchRecord(
            "https://resting.example/feed", at, Outcome.FAILED, "is down", retry_at=later
        )
        sources.record(tx, waiting)
    before = content(tmp_path)
    plan = planned(capsys, "--due", config)
    assert content(tmp_path) == before
    day = f"{now().date()}"
    assert plan["collect"] == {"due": 1, "resting": 1}
    assert (plan["publish"]["would"], plan["publish"]["day"]) == (True, day)
    assert (plan["deliver"]["would"], plan["bounces"]["would"]) == (False, True)
    out, _ = told(capsys, "run", "--dry-run", "--due", config)
    assert "Ostra Desk: collect: would fetch 1 source; 1 not due yet\n" in out
    assert f"Ostra Desk: publish: would make the edition of {day}" in out
    assert content(tmp_path) == before
    # what it says of mails is said when there are some
    assert "published" in told(capsys, "publish", config)[0]
    plan = planned(capsys, config)
    assert plan["publish"]["why"] == f"the edition of {day} is already made"
    assert plan["deliver"] == {
        "would": True,
        "due": len(READERS),
        "subscribers": len(READERS),
        "why": "",
    }
    assert run(["run", "--due", config, "--json"]) in {FAILED, IN_PART}
    done = [one["step"] for one in json.loads(capsys.readouterr().out)]
    assert done == [Step.COLLECT, Step.DELIVER, Step.BOUNCES]


def test_a_dry_run_makes_no_store_and_is_refused_as_the_run_is(
    tmp_path: Path, capsys: Said
) -> None:
    path = tmp_path / "briefing.toml"
    path.write_text('name = "Ostra Desk"\n')
    plan = planned(capsys, f"--config={path}")
    assert plan["collect"] == {"due": 0, "resting": 0}
    assert plan["deliver"]["why"] == "mail.sender is empty"
    assert [one.name for one in tmp_path.iterdir()] == ["briefing.toml"]
    path.write_text('name = "Ostra Desk"\n[[sections]]\nname = "climate"\n')
    _, wet = told(capsys, "run", f"--config={path}", code=FAILED)
    _, dry = told(capsys, "run", "--dry-run", f"--config={path}", code=FAILED)
    assert dry.splitlines()[-1] == wet.splitlines()[-1]
    assert "does not know section 'climate'" in dry
    assert run(["run", "--dry-run", f"--config={path}"]) != DONE
