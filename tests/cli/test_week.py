"""The week in review by the commands that an operator gives: made once, mailed once, proved."""

import json
from datetime import timedelta
from pathlib import Path

from briefing.cli import FAILED, WRONG_USE
from briefing.core.model import Step
from briefing.setup.clock import now
from briefing.store import audit, editions, runs
from tests import mailroom
from tests.cli.test_editions import in_time, today
from tests.cli.test_release import add_operators
from tests.cli.test_release import desk as signed_desk
from tests.cli.test_round import READERS
from tests.mail.relays import Taken, real
from tests.mailroom import BRIEFING
from tests.small_day import Said, told


def names_of_files(taken: list[Taken]) -> list[str]:
    """Return the names of the PDFs that were mailed."""
    parts = [part for one in taken for part in one.mail.iter_attachments()]
    return sorted(str(part.get_filename()) for part in parts)


def test_it_is_made_and_mailed_once_beside_the_edition(tmp_path: Path, capsys: Said) -> None:
    with real() as (port, taken):
        config = in_time(tmp_path, port=port)
        told(capsys, "publish", config)
        page = tmp_path / "week.pdf"
        out, _ = told(capsys, "publish", "--week", config, "-o", f"{page}")
        assert out.startswith(f"ostra-desk_week/{today()}: published; 1 edition, 2 stories, ")
        assert page.read_bytes().startswith(b"%PDF")
        out, _ = told(capsys, "publish", "--week", config, "--json", "-")
        assert json.loads(out)["week"]["editions"] == [f"{BRIEFING}/{today()}"]
        told(capsys, "deliver", config)
        book = tmp_path / "week.epub"
        told(capsys, "publish", "--week", config, "--epub", f"{book}")
        assert b"application/epub+zip" in book.read_bytes()
        told(capsys, "run", config)
        own = [f"{name}-{today()}.pdf" for name in ("ostra-desk", "ostra-desk_week")]
        assert names_of_files(taken) == sorted([*own, *own])
        assert {one.recipient for one in taken} == {one.address for one in READERS}
        assert any(one.mail["Subject"].startswith("Ostra Desk, The week, ") for one in taken)


def test_the_round_makes_and_mails_it_once_on_its_day(tmp_path: Path, capsys: Said) -> None:
    weekday = f"{now():%a}".lower()
    with real() as (port, taken):
        config = in_time(tmp_path, port=port, more=f'week = "{weekday} 00:00"\n')
        out, _ = told(capsys, "run", config, "--due")
        assert "week: done; 3 documents, 2 stories, 2 printed, " in out
        assert "week" not in told(capsys, "run", config, "--due")[0]
        dry = ("run", config, "--due", "--dry-run")
        why = f"the week in review to {today()} is already made"
        assert f"week: none: {why}\n" in told(capsys, *dry)[0]
        plan = json.loads(told(capsys, *dry, "--json")[0])
        assert plan[0]["week"] == {"would": False, "day": None, "late": False, "why": why}
        own = [f"{name}-{today()}.pdf" for name in ("ostra-desk", "ostra-desk_week")]
        assert names_of_files(taken) == sorted([*own, *own])
        told(capsys, "publish", "--week", config)
        with mailroom.opened(tmp_path) as store, store.read() as tx:
            (by_hand, by_round) = runs.recent(tx, BRIEFING, step=Step.WEEK)
            acts = [act for act in audit.recent(tx) if act.what == "week"]
        assert by_round.words == f"{BRIEFING}_week/{today()}: published"
        assert by_hand.words == f"{BRIEFING}_week/{today()}: already published"
        assert [act.about for act in acts] == [today()]


def test_it_is_listed_proved_and_withdrawn_by_its_week(tmp_path: Path, capsys: Said) -> None:
    config = in_time(tmp_path)
    told(capsys, "publish", config)
    told(capsys, "publish", "--week", config)
    for more in ((), ("--week",)):
        listed = json.loads(told(capsys, "editions", "list", config, "--json", *more)[0])
        assert [one["number"] for one in listed] == [1]
        assert "verified" in told(capsys, "verify", today(), config, *more)[0]
    assert f"_week/{today()}" in told(capsys, "editions", "show", today(), "--week", config)[0]
    _, err = told(capsys, "editions", "withdraw", today(), config)
    assert f"briefing editions withdraw {today()} --week" in err
    out, _ = told(capsys, "editions", "withdraw", today(), "--week", config, "--reason", "early")
    assert out == f"ostra-desk_week/{today()}: withdrawn; 2 deliveries canceled\n"
    _, err = told(capsys, "editions", "withdraw", today(), "--week", config, code=WRONG_USE)
    assert "nothing is left to do" in err
    with mailroom.opened(tmp_path) as store, store.read() as tx:
        assert editions.last(tx, f"{BRIEFING}_week") is None
    told(capsys, "publish", config)
    assert f"_week/{today()}-2: published" in told(capsys, "publish", "--week", config)[0]


def test_who_asks_for_what_cannot_be_is_told_what_to_do(tmp_path: Path, capsys: Said) -> None:
    config = in_time(tmp_path)
    _, err = told(capsys, "publish", "--week", config, code=FAILED)
    first = now().date() - timedelta(days=6)
    assert f"nothing to print: no edition of {first} to {today()} is published" in err
    tomorrow = f"{now().date() + timedelta(days=1)}"
    _, err = told(capsys, "publish", "--week", "--date", tomorrow, config, code=WRONG_USE)
    assert f"the week that ends on {tomorrow} is not over" in err
    _, err = told(capsys, "publish", "--week", "--force", config, code=WRONG_USE)
    assert "--week takes no --force" in err
    file = tmp_path / "edition.json"
    _, err = told(capsys, "verify", f"{file}", "--week", config, code=WRONG_USE)
    assert "not with a file" in err


def test_it_waits_for_its_release_as_an_edition_does(tmp_path: Path, capsys: Said) -> None:
    with real() as (port, taken):
        config = signed_desk(tmp_path, port=port)
        add_operators(capsys, config, tmp_path)
        told(capsys, "publish", config)
        sign = ("editions", "release", today(), config, "--operator")
        for name in ("ann", "ben"):
            told(capsys, *sign, name, f"--password-file={tmp_path / name}")
        out, _ = told(capsys, "publish", "--week", config)
        assert f"ostra-desk_week/{today()}: waits for its release" in out
        asked = taken[-1]
        assert asked.mail["Subject"].startswith("[Ostra Desk] To release: the week in review to ")
        assert "https://news.desk.example/admin/release?week=1\r\n" in asked.text()
        assert "it waits for its release" in told(capsys, "verify", today(), "--week", config)[0]
        told(capsys, *sign, "ann", f"--password-file={tmp_path / 'ann'}", "--week")
        told(capsys, "deliver", config)
        assert f"ostra-desk_week-{today()}.pdf" not in names_of_files(taken)
        # an edition that it is made of is withdrawn: what was signed is true no more
        told(capsys, "editions", "withdraw", today(), config)
        _, err = told(
            capsys, *sign, "ben", f"--password-file={tmp_path / 'ben'}", "--week", code=FAILED
        )
        assert f"no draft of {today()} waits" in err
