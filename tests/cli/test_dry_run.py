import hashlib
import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import pytest

from briefing.app.rounds.days import DayState, edition_reason, edition_task
from briefing.cli import DONE, FAILED, IN_PART, run
from briefing.core.model import FetchRecord, Outcome, Source, Step
from briefing.core.schedule import Timetable
from briefing.setup.clock import now
from briefing.store import sources
from tests.cli.test_editions import in_time
from tests.cli.test_round import READERS
from tests.mailroom import opened
from tests.small_day import Said, told

TODAY = date(2026, 3, 12)
TABLE = Timetable(time(6, 30), "UTC", days=(0, 1, 2, 3, 4), holidays=frozenset({TODAY}))
OPEN = replace(TABLE, holidays=frozenset())


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
        (
            OPEN,
            DayState(TODAY, made=True),
            at(7),
            False,
            "the edition of 2026-03-12 is already made",
        ),
        (
            OPEN,
            DayState(TODAY),
            at(7),
            True,
            "there was nothing to print for 2026-03-12 at its time",
        ),
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
    assert edition_reason(table, state, now=now, only_due=only_due) == words
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


def test_a_dry_run_of_a_desk_without_a_store_makes_none(tmp_path: Path, capsys: Said) -> None:
    path = tmp_path / "briefing.toml"
    path.write_text('name = "Ostra Desk"\n')
    plan = planned(capsys, f"--config={path}")
    assert plan["collect"] == {"due": 0, "resting": 0}
    assert plan["deliver"]["why"] == "mail.sender is empty"
    assert [one.name for one in tmp_path.iterdir()] == ["briefing.toml"]


def test_a_dry_run_is_refused_as_the_run_is(tmp_path: Path, capsys: Said) -> None:
    path = tmp_path / "briefing.toml"
    path.write_text('name = "Ostra Desk"\n[[sections]]\nname = "climate"\n')
    _, wet = told(capsys, "run", f"--config={path}", code=FAILED)
    _, dry = told(capsys, "run", "--dry-run", f"--config={path}", code=FAILED)
    assert dry.splitlines()[-1] == wet.splitlines()[-1]
    assert "does not know section 'climate'" in dry
    assert run(["run", "--dry-run", f"--config={path}"]) != DONE
