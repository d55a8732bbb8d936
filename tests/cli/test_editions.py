import json
from pathlib import Path

import pytest

from briefing.cli import DONE, FAILED, IN_PART, WRONG_USE
from briefing.setup.clock import now
from briefing.store import audit, deliveries, editions
from tests import mailroom
from tests.cli.test_round import READERS, desk
from tests.mail.relays import Taken, real
from tests.mailroom import BRIEFING
from tests.small_day import Said, told

FAR = "2062-11-25"
#: What is said of an edition that is dated ahead.
AHEAD = f"edition of {FAR}: dated later than the next scheduled edition; check the clock, or "
REMEDY = f"withdraw it: briefing editions withdraw {FAR}"


def today() -> str:
    return f"{now().date()}"


def in_time(folder: Path, *, port: int = 1, more: str = "") -> str:
    """Write a desk whose edition of today is due."""
    table = '[schedule]\nat = "00:00"\nzone = "UTC"\ngrace_hours = 24\n'
    return desk(folder, port=port, more=f"{table}{more}")


def ids(taken: list[Taken]) -> set[str]:
    return {one.id for one in taken}


def doctors_line(config: str, capsys: Said, code: int) -> str:
    out, _ = told(capsys, "doctor", config, code=code)
    return next(line for line in out.splitlines() if " editions: " in line)


@pytest.mark.slow
def test_a_later_edition_keeps_none_of_today_from_being_made(tmp_path: Path, capsys: Said) -> None:
    with real() as (port, taken):
        config = in_time(tmp_path, port=port)
        assert "published" in told(capsys, "publish", config, "--date", FAR, "--force")[0]
        out, err = told(capsys, "run", config, code=IN_PART)
        assert f"ostra-desk/{today()}: published" in out
        assert "deliver: done; 2 sent" in out
        assert err.rstrip().endswith(f"briefing: Ostra Desk: {AHEAD}{REMEDY}")
        assert doctors_line(config, capsys, FAILED) == f"broken  editions: {AHEAD}{REMEDY}"
        # again: no second edition, and nothing is sent twice
        out, err = told(capsys, "run", config, code=IN_PART)
        assert "publish" not in out
        assert AHEAD in err
        assert len(taken) == len(READERS)


def test_a_withdrawn_edition_frees_its_reports_and_its_day(tmp_path: Path, capsys: Said) -> None:
    with real() as (port, taken):
        config = in_time(tmp_path, port=port)
        told(capsys, "publish", config, "--date", FAR, "--force")
        out, _ = told(capsys, "editions", "withdraw", FAR, config, "--reason", "a wrong\nyear")
        assert out == (
            f"ostra-desk/{FAR}: withdrawn; 2 deliveries canceled; its reports are available to the "
            "next edition\n"
        )
        _, err = told(capsys, "editions", "withdraw", FAR, config, code=WRONG_USE)
        assert "by command: a wrong year; nothing is left to do" in err
        out, err = told(capsys, "run", config)
        assert (AHEAD in err, len(taken)) == (False, len(READERS))
        assert doctors_line(config, capsys, DONE).startswith("ok ")
        found = json.loads(told(capsys, "editions", "list", config, "--json")[0])
        assert [(one["date"], one["number"]) for one in found] == [(FAR, 1), (today(), 2)]
        # the reports of the withdrawn one are printed in that of today
        assert found[1]["documents"] >= found[0]["documents"] > 0
        assert found[0]["deliveries"] == {"skipped": 2}
        assert found[0]["withdrawn"]["reason"] == "a wrong year"
        assert found[1]["withdrawn"] is None
        # its proof is kept
        assert "verified; withdrawn" in told(capsys, "verify", FAR, config)[0]
        shown = told(capsys, "editions", "show", FAR, config)[0]
        assert "deliveries: 2 skipped" in shown
        assert "by command: a wrong year" in shown
    with mailroom.opened(tmp_path) as store, store.read() as tx:
        (act,) = [one for one in audit.recent(tx) if one.what == "withdraw edition"]
        assert act.who == "command"
        assert act.about == f"ostra-desk/{FAR}: a wrong year"


@pytest.mark.slow
def test_readers_are_told_once_and_get_the_replacement(tmp_path: Path, capsys: Said) -> None:
    with real() as (port, taken):
        config = in_time(tmp_path, port=port)
        told(capsys, "run", config)
        out, _ = told(
            capsys, "editions", "withdraw", today(), config, "--tell-readers", "--reason", "wrong"
        )
        assert "0 deliveries canceled; 2 notices to readers queued" in out
        pages, notices = ids(taken), len(taken)
        assert "2 sent" in told(capsys, "deliver", config)[0]
        assert "nothing to send: no edition" in told(capsys, "deliver", config)[0]
        sent = taken[notices:]
        assert {one.recipient for one in sent} == {one.address for one in READERS}
        assert sent[0].mail.get_content_type() == "text/plain"
        assert sent[0].mail["Subject"].startswith("Withdrawn: Ostra Desk, ")
        assert "Reason: wrong" in sent[0].text()
        assert "Unsubscribe: https://news.desk.example/unsubscribe/" in sent[0].text()
        # the edition that replaces it is another one, with mails of its own
        assert f"{BRIEFING}/{today()}-2: published" in told(capsys, "publish", config)[0]
        told(capsys, "deliver", config)
        assert len(taken) == 3 * len(READERS)
        assert len(ids(taken)) == 3 * len(READERS)
        assert pages < ids(taken)
        found = json.loads(told(capsys, "editions", "show", today(), config, "--json")[0])
        assert [(one["id"], one["number"]) for one in found] == [
            (f"{BRIEFING}/{today()}-2", 2),
            (f"{BRIEFING}/{today()}", 1),
        ]
        assert found[1]["notices"] == {"sent": 2}
        assert "verified" in told(capsys, "verify", today(), config)[0]


def test_what_waits_is_never_sent_nor_told_unless_asked(tmp_path: Path, capsys: Said) -> None:
    with real() as (port, taken):
        config = in_time(tmp_path, port=port)
        told(capsys, "publish", config)
        assert "2 deliveries canceled" in told(capsys, "editions", "withdraw", today(), config)[0]
        assert "nothing to send: no edition" in told(capsys, "deliver", config)[0]
        assert taken == []
    _, err = told(capsys, "deliver", "--status", "--date", today(), config, code=FAILED)
    assert f"the edition of {today()} was withdrawn" in err


def test_a_day_without_an_edition_cannot_be_withdrawn(tmp_path: Path, capsys: Said) -> None:
    config = in_time(tmp_path)
    _, err = told(capsys, "editions", "withdraw", "2026-01-04", config, code=FAILED)
    assert "no edition of ostra-desk was published on 2026-01-04" in err
    assert "is not a date" in told(capsys, "editions", "show", "soon", config, code=WRONG_USE)[1]
    told(capsys, "editions", "show", "2026-01-04", config, code=FAILED)


def test_nobody_is_told_where_nobody_sends(tmp_path: Path, capsys: Said) -> None:
    config = in_time(tmp_path)
    told(capsys, "publish", config)
    (tmp_path / "briefing.toml").write_text('name = "Ostra Desk"\n')
    asked = ("editions", "withdraw", today(), config, "--tell-readers")
    assert "--tell-readers needs mail.sender" in told(capsys, *asked, code=WRONG_USE)[1]
    with mailroom.opened(tmp_path) as store, store.read() as tx:
        assert editions.last(tx, BRIEFING)
        assert deliveries.next_due(tx)
