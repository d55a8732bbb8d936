import json
import shutil
from datetime import timedelta
from pathlib import Path

import pytest

from briefing.cli import DONE, FAILED, IN_PART, WRONG_USE, run
from briefing.setup.clock import now
from briefing.store import audit, editions
from tests import mailroom
from tests.cli.test_round import READERS, in_time
from tests.mail.relays import Taken, real
from tests.mailroom import BRIEFING
from tests.newsday import STRAIT, STRAIT_NEXT, TODAY, YESTERDAY
from tests.publishing import SETTINGS, open_at, publish_both, show_merge
from tests.small_day import Said
from tests.small_day import told as ran


@pytest.fixture(scope="module")
def printed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("printed")
    with open_at(folder) as store:
        publish_both(store)
    return folder / "briefing.db"


@pytest.fixture
def config(printed: Path, tmp_path: Path) -> str:
    """Return the settings file of a desk with the editions of two days."""
    shutil.copy(printed, tmp_path)
    path = tmp_path / "briefing.toml"
    web = '[web]\naddress = "https://briefing.example"\n'
    path.write_text(f'name = "Ostra Desk"\n{SETTINGS}{web}', encoding="utf-8")
    return str(path)


def told(
    capsys: Said, config: str, *words: str, code: int = DONE, command: str = "saga"
) -> tuple[str, str]:
    assert run([command, *words, "--config", config]) == code
    return capsys.readouterr()


def test_lists_the_sagas_shows_one_as_json_too_and_corrects_it(config: str, capsys: Said) -> None:
    assert told(capsys, config)[0] == f"s1    {YESTERDAY} to {TODAY}  {STRAIT_NEXT[0]}\n"
    out, _ = told(capsys, config, "s1")
    first, *rows = out.splitlines()
    assert first == f"s1: day 2, since {YESTERDAY}"
    assert [
        row.startswith(f"{day}  day") for row, day in zip(rows, (YESTERDAY, TODAY), strict=True)
    ]
    assert STRAIT[0] in rows[0]
    assert "NOT AS STORED" not in out
    (line,) = json.loads(told(capsys, config, "--json")[0])
    assert (line["id"], line["since"], line["editions"]) == ("s1", str(YESTERDAY), 2)
    saga = json.loads(told(capsys, config, "s1", "--json")[0])
    assert (saga["id"], saga["joined"], saga["parted"]) == ("s1", [], None)
    first, second = saga["timeline"]
    assert (first["day"], second["day"]) == (1, 2)
    assert first["sentence"]["text"].startswith("Armed patrol boats of Serrat")
    assert first["address"] == f"https://briefing.example/{YESTERDAY}"
    assert first["proved"]
    assert {"edition", "story", "publisher"} <= first.keys()
    assert {"document", "start", "end", "sha256"} <= first["sentence"].keys()
    parted = told(capsys, config, "s1", "--part", str(TODAY))[0]
    assert parted.startswith(f"s18: day 1, since {TODAY}")
    assert told(capsys, config, "s18", "--join-to", "s1")[0].startswith("s1: day 2")
    assert told(capsys, config, "s18")[0].startswith("s1: day 2")


def test_says_what_an_editor_may_decide_and_how(config: str, capsys: Said) -> None:
    with open_at(Path(config).parent) as store:
        show_merge(store)
    for words in ((), ("s1",), ("s2",)):
        out, _ = told(capsys, config, *words)
        assert f"s1 and s2 may be one: on {TODAY} {STRAIT_NEXT[0]}" in out
        assert "briefing saga s2 --join-to s1\n  briefing saga s2 --decline s1\n" in out
    (one,) = json.loads(told(capsys, config, "s2", "--json")[0])["proposals"]
    assert (one["saga"], one["other"], one["date"]) == ("s1", "s2", str(TODAY))
    assert "may be one" not in told(capsys, config, "s1", "--decline", "s2")[0]


def test_what_cannot_be_done_is_told_in_one_line(config: str, capsys: Said) -> None:
    refused: list[tuple[tuple[str, ...], int, str]] = [
        (("s9",), FAILED, "no such saga"),
        (("s1", "--join-to", "s9"), FAILED, "no such saga"),
        (("s1", "--join-to", "s1"), WRONG_USE, "already one saga"),
        (("s1", "--part", "2026-01-01"), WRONG_USE, "has no entry on 2026-01-01"),
        (("s1", "--part", str(TODAY), "--part", str(YESTERDAY)), WRONG_USE, "but not all"),
        (("--join-to", "s1"), WRONG_USE, "name one saga"),
        (("s1", "--join-to", "s2", "--part", str(TODAY)), WRONG_USE, "one of --join-to"),
        (("s1", "--join-to", "s2", "--decline", "s2"), WRONG_USE, "one of --join-to"),
        (("--decline", "s1"), WRONG_USE, "name one saga"),
        (("s1", "--decline", "s1"), FAILED, "there is no longer a proposal for s1"),
    ]
    for words, code, why in refused:
        out, err = told(capsys, config, *words, code=code)
        assert (out, err.count("\n")) == ("", 1)
        assert why in err


def watched(capsys: Said, config: str, *words: str, code: int = DONE) -> tuple[str, str]:
    return told(capsys, config, *words, code=code, command="watch")


def test_what_is_watched_is_listed_and_shown_or_one_line(config: str, capsys: Said) -> None:
    straits, quiet = watched(capsys, config)[0].splitlines()
    assert straits.startswith("straits: ")
    assert straits.endswith(f"last {TODAY}")
    assert quiet == "quiet: 0 stories in 7 days, 0 in 30; never named"
    head, *rows = watched(capsys, config, "straits")[0].splitlines()
    assert head == straits
    days = [row for row in rows if row.startswith("2026")]
    assert [row[:10] for row in days] == [str(TODAY), str(YESTERDAY)]
    assert STRAIT_NEXT[0] in days[0]
    assert "Serrat, Ottar" in days[0]
    assert "NOT AS STORED" not in "".join(days)
    straits, _ = json.loads(watched(capsys, config, "--json")[0])
    assert (straits["name"], straits["label"], straits["active"], straits["last"]) == (
        "straits",
        "The straits",
        True,
        str(TODAY),
    )
    found = json.loads(watched(capsys, config, "straits", "--json")[0])
    assert found.keys() == {*straits, "entries", "stories"}
    assert [one["entry"] for one in found["entries"]] == ["Serrat", "Ottar", "中国"]
    second, first = found["stories"]
    assert (first["date"], first["headline"], first["in"]) == (str(YESTERDAY), STRAIT[0], "text")
    assert first["address"] == f"https://briefing.example/{YESTERDAY}"
    assert first["proved"]
    assert first["publisher"] == "Ostra Courier"
    assert second["entries"] == ["Serrat", "Ottar"]
    assert {"document", "start", "end", "sha256", "edition", "story", "section"} <= first.keys()
    out, err = watched(capsys, config, "nowhere", code=FAILED)
    assert (out, err.count("\n")) == ("", 1)
    assert "no watch-list 'nowhere'; there are straits, quiet" in err


def test_without_any_it_says_so(tmp_path: Path, capsys: Said) -> None:
    path = tmp_path / "briefing.toml"
    path.write_text('name = "Ostra Desk"\n')
    assert watched(capsys, str(path))[0].startswith("no watch-list; add one to briefing.toml")
    assert told(capsys, str(path))[0] == "no story has continued from one edition to another yet\n"


def names_of_files(taken: list[Taken]) -> list[str]:
    """Return the names of the PDFs that were mailed."""
    parts = [part for one in taken for part in one.mail.iter_attachments()]
    return sorted(str(part.get_filename()) for part in parts)


def test_it_is_made_and_mailed_once_beside_the_edition(tmp_path: Path, capsys: Said) -> None:
    with real() as (port, taken):
        config = in_time(tmp_path, port=port, more=f'week = "{now():%a} 00:00"\n'.lower())
        ran(capsys, "publish", config)
        page = tmp_path / "week.pdf"
        out, _ = ran(capsys, "publish", "--week", config, "-o", f"{page}")
        assert out.startswith(f"ostra-desk_week/{today()}: published; 1 edition, 3 stories, ")
        assert page.read_bytes().startswith(b"%PDF")
        out, _ = ran(capsys, "publish", "--week", config, "--json", "-")
        assert json.loads(out)["week"]["editions"] == [f"{BRIEFING}/{today()}"]
        (plan,) = json.loads(ran(capsys, "run", config, "--due", "--dry-run", "--json")[0])
        why = f"the week in review to {today()} is already made"
        assert plan["week"] == {"would": False, "day": None, "late": False, "why": why}
        ran(capsys, "deliver", config)
        book = tmp_path / "week.epub"
        ran(capsys, "publish", "--week", config, "--epub", f"{book}")
        assert b"application/epub+zip" in book.read_bytes()
        ran(capsys, "run", config)
        own = [f"{name}-{today()}.pdf" for name in ("ostra-desk", "ostra-desk_week")]
        assert names_of_files(taken) == sorted([*own, *own])
        assert {one.recipient for one in taken} == {one.address for one in READERS}
        assert any(one.mail["Subject"].startswith("Ostra Desk, The week, ") for one in taken)


def test_it_is_listed_proved_and_withdrawn_by_its_week(tmp_path: Path, capsys: Said) -> None:
    config = in_time(tmp_path)
    ran(capsys, "publish", config)
    ran(capsys, "publish", "--week", config)
    for more in ((), ("--week",)):
        listed = json.loads(ran(capsys, "editions", "list", config, "--json", *more)[0])
        assert [one["number"] for one in listed] == [1]
        assert "verified" in ran(capsys, "verify", today(), config, *more)[0]
    assert f"_week/{today()}" in ran(capsys, "editions", "show", today(), "--week", config)[0]
    _, err = ran(capsys, "editions", "withdraw", today(), config)
    assert f"briefing editions withdraw {today()} --week" in err
    out, _ = ran(capsys, "editions", "withdraw", today(), "--week", config, "--reason", "early")
    assert out == f"ostra-desk_week/{today()}: withdrawn; 2 deliveries canceled\n"
    _, err = ran(capsys, "editions", "withdraw", today(), "--week", config, code=WRONG_USE)
    assert "nothing is left to do" in err
    with mailroom.opened(tmp_path) as store, store.read() as tx:
        assert editions.last(tx, f"{BRIEFING}_week") is None
    ran(capsys, "publish", config)
    assert f"_week/{today()}-2: published" in ran(capsys, "publish", "--week", config)[0]


def test_who_asks_for_what_cannot_be_is_told_what_to_do(tmp_path: Path, capsys: Said) -> None:
    config = in_time(tmp_path)
    _, err = ran(capsys, "publish", "--week", config, code=FAILED)
    first = now().date() - timedelta(days=6)
    assert f"nothing to print: no edition of {first} to {today()} is published" in err
    tomorrow = f"{now().date() + timedelta(days=1)}"
    _, err = ran(capsys, "publish", "--week", "--date", tomorrow, config, code=WRONG_USE)
    assert f"the week that ends on {tomorrow} is not over" in err
    _, err = ran(capsys, "publish", "--week", "--force", config, code=WRONG_USE)
    assert "--week takes no --force" in err
    file = tmp_path / "edition.json"
    _, err = ran(capsys, "verify", f"{file}", "--week", config, code=WRONG_USE)
    assert "not with a file" in err


def test_it_waits_for_its_release_as_an_edition_does(tmp_path: Path, capsys: Said) -> None:
    with real() as (port, taken):
        config = releasing(tmp_path, port=port)
        add_operators(capsys, config, tmp_path)
        ran(capsys, "publish", config)
        sign = ("editions", "release", today(), config, "--operator")
        for name in ("ann", "ben"):
            ran(capsys, *sign, name, f"--password-file={tmp_path / name}")
        out, _ = ran(capsys, "publish", "--week", config)
        assert f"ostra-desk_week/{today()}: is awaiting release" in out
        asked = taken[-1]
        assert asked.mail["Subject"].startswith("[Ostra Desk] To release: week in review to ")
        assert "https://news.desk.example/admin/release?edition=week\r\n" in asked.text()
        assert "it is awaiting release" in ran(capsys, "verify", today(), "--week", config)[0]
        ran(capsys, *sign, "ann", f"--password-file={tmp_path / 'ann'}", "--week")
        ran(capsys, "deliver", config)
        assert f"ostra-desk_week-{today()}.pdf" not in names_of_files(taken)
        # an edition that it is made of is withdrawn: what was signed is true no more
        ran(capsys, "editions", "withdraw", today(), config)
        _, err = ran(
            capsys, *sign, "ben", f"--password-file={tmp_path / 'ben'}", "--week", code=FAILED
        )
        assert f"no draft of {today()} is awaiting" in err


FAR = "2062-11-25"
#: What is said of an edition that is dated ahead.
AHEAD = f"edition of {FAR}: dated later than the next scheduled edition; check the clock, or "
REMEDY = f"withdraw it: briefing editions withdraw {FAR}"


def today() -> str:
    return f"{now().date()}"


def ids(taken: list[Taken]) -> set[str]:
    return {one.id for one in taken}


def doctors_line(config: str, capsys: Said, code: int) -> str:
    out, _ = ran(capsys, "doctor", config, code=code)
    return next(line for line in out.splitlines() if " editions: " in line)


@pytest.mark.slow
def test_a_later_edition_keeps_none_of_today_from_being_made(tmp_path: Path, capsys: Said) -> None:
    with real() as (port, taken):
        config = in_time(tmp_path, port=port)
        assert "published" in ran(capsys, "publish", config, "--date", FAR, "--force")[0]
        out, err = ran(capsys, "run", config, code=IN_PART)
        assert f"ostra-desk/{today()}: published" in out
        assert "deliver: done; 2 sent" in out
        assert err.rstrip().endswith(f"briefing: Ostra Desk: {AHEAD}{REMEDY}")
        assert doctors_line(config, capsys, FAILED) == f"broken  editions: {AHEAD}{REMEDY}"
        # again: no second edition, and nothing is sent twice
        out, err = ran(capsys, "run", config, code=IN_PART)
        assert "publish" not in out
        assert AHEAD in err
        assert len(taken) == len(READERS)


def test_a_withdrawn_edition_frees_its_reports_and_its_day(tmp_path: Path, capsys: Said) -> None:
    with real() as (port, taken):
        config = in_time(tmp_path, port=port)
        ran(capsys, "publish", config, "--date", FAR, "--force")
        assert doctors_line(config, capsys, FAILED) == f"broken  editions: {AHEAD}{REMEDY}"
        out, _ = ran(capsys, "editions", "withdraw", FAR, config, "--reason", "a wrong\nyear")
        assert out == (
            f"ostra-desk/{FAR}: withdrawn; 2 deliveries canceled; its reports are available to the "
            "next edition\n"
        )
        _, err = ran(capsys, "editions", "withdraw", FAR, config, code=WRONG_USE)
        assert "by command: a wrong year; nothing is left to do" in err
        out, err = ran(capsys, "run", config)
        assert (AHEAD in err, len(taken)) == (False, len(READERS))
        assert doctors_line(config, capsys, DONE).startswith("ok ")
        found = json.loads(ran(capsys, "editions", "list", config, "--json")[0])
        assert [(one["date"], one["number"]) for one in found] == [(FAR, 1), (today(), 2)]
        # the reports of the withdrawn one are printed in that of today
        assert found[1]["documents"] >= found[0]["documents"] > 0
        assert found[0]["deliveries"] == {"skipped": 2}
        assert found[0]["withdrawn"]["reason"] == "a wrong year"
        assert found[1]["withdrawn"] is None
        # its proof is kept
        assert "verified; withdrawn" in ran(capsys, "verify", FAR, config)[0]
        shown = ran(capsys, "editions", "show", FAR, config)[0]
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
        ran(capsys, "run", config)
        out, _ = ran(
            capsys, "editions", "withdraw", today(), config, "--tell-readers", "--reason", "wrong"
        )
        assert "0 deliveries canceled; 2 notices to readers queued" in out
        pages, notices = ids(taken), len(taken)
        assert "2 sent" in ran(capsys, "deliver", config)[0]
        assert "nothing to send: no edition" in ran(capsys, "deliver", config)[0]
        sent = taken[notices:]
        assert {one.recipient for one in sent} == {one.address for one in READERS}
        assert sent[0].mail.get_content_type() == "text/plain"
        assert sent[0].mail["Subject"].startswith("Withdrawn: Ostra Desk, ")
        assert "Reason: wrong" in sent[0].text()
        assert "Unsubscribe: https://news.desk.example/unsubscribe/" in sent[0].text()
        # the edition that replaces it is another one, with mails of its own
        assert f"{BRIEFING}/{today()}-2: published" in ran(capsys, "publish", config)[0]
        ran(capsys, "deliver", config)
        assert len(taken) == 3 * len(READERS)
        assert len(ids(taken)) == 3 * len(READERS)
        assert pages < ids(taken)
        found = json.loads(ran(capsys, "editions", "show", today(), config, "--json")[0])
        assert [(one["id"], one["number"]) for one in found] == [
            (f"{BRIEFING}/{today()}-2", 2),
            (f"{BRIEFING}/{today()}", 1),
        ]
        assert found[1]["notices"] == {"sent": 2}
        assert "verified" in ran(capsys, "verify", today(), config)[0]


def test_a_day_without_an_edition_cannot_be_withdrawn(tmp_path: Path, capsys: Said) -> None:
    config = in_time(tmp_path)
    _, err = ran(capsys, "editions", "withdraw", "2026-01-04", config, code=FAILED)
    assert "no edition of ostra-desk was published on 2026-01-04" in err
    assert "is not a date" in ran(capsys, "editions", "show", "soon", config, code=WRONG_USE)[1]
    ran(capsys, "editions", "show", "2026-01-04", config, code=FAILED)


REVIEWER = "chief@releasing.example"
PASSWORDS = {"ann": "three green herons", "ben": "seven slow barges"}


def releasing(folder: Path, *, port: int = 1, more: str = "") -> str:
    """Write a releasing with two operators."""
    rule = f'[release]\nby = 2\nreviewers = ["{REVIEWER}"]\n{more}'
    config = in_time(folder, port=port, more=rule)
    for name, password in PASSWORDS.items():
        (folder / name).write_text(f"{password}\n")
    return config


def add_operators(capsys: Said, config: str, folder: Path) -> None:
    for name in PASSWORDS:
        file = f"--password-file={folder / name}"
        ran(capsys, "operators", "add", name, file, "--role=publisher", config)


def release(
    capsys: Said, config: str, folder: Path, name: str, *, code: int = DONE, file: str = ""
) -> tuple[str, str]:
    file = f"--password-file={folder / (file or name)}"
    return ran(capsys, "editions", "release", today(), "--operator", name, file, config, code=code)


def recipients(taken: list[Taken]) -> list[str]:
    return [one.recipient for one in taken]


def test_the_round_sends_nothing_before_two_have_released_it(tmp_path: Path, capsys: Said) -> None:
    with real() as (port, taken):
        config = releasing(tmp_path, port=port)
        add_operators(capsys, config, tmp_path)
        assert f"{BRIEFING}/{today()}: is awaiting release" in ran(capsys, "run", config)[0]
        assert recipients(taken) == [REVIEWER]
        assert taken[0].mail["Subject"].startswith("[Ostra Desk] To release: edition of ")
        text = taken[0].text()
        assert "https://news.desk.example/admin/release" in text
        assert "It is published once 2 operators have released it" in text
        # again and again: one mail a draft, and nothing to readers
        assert "publish" not in ran(capsys, "run", config)[0]
        ran(capsys, "publish", config)
        ran(capsys, "run", config, "--due")
        assert recipients(taken) == [REVIEWER]
        assert "it is awaiting release\n" in ran(capsys, "verify", today(), config)[0]

        assert "1 more operator must release it" in release(capsys, config, tmp_path, "ann")[0]
        _, err = release(capsys, config, tmp_path, "ann", code=WRONG_USE)
        assert f"ann has already released the draft of {today()}" in err
        _, err = release(capsys, config, tmp_path, "ben", file="ann", code=FAILED)
        assert "no such operator, or a wrong password" in err
        release(capsys, config, tmp_path, "eve", file="ann", code=FAILED)
        ran(capsys, "run", config)
        assert recipients(taken) == [REVIEWER]
        assert "signed by ann, " in ran(capsys, "verify", today(), config)[0]

        assert "the edition leaves" in release(capsys, config, tmp_path, "ben")[0]
        ran(capsys, "run", config)
        assert len(ids(taken)) == len(taken) == 1 + len(READERS)
        out, _ = ran(capsys, "verify", today(), config)
        assert "released by ann, " in out
        assert "; ben, " in out
        facts = json.loads(ran(capsys, "verify", today(), config, "--json")[0])
        assert [one["who"] for one in facts["released"]] == ["ann", "ben"]
        assert not facts["waits"]


def test_a_dropped_draft_is_made_again_and_signed_anew(tmp_path: Path, capsys: Said) -> None:
    config = releasing(tmp_path)
    add_operators(capsys, config, tmp_path)
    assert "is awaiting release" in ran(capsys, "publish", config)[0]
    release(capsys, config, tmp_path, "ann")
    assert "draft dropped" in ran(capsys, "editions", "drop", today(), config)[0]
    assert "no draft of" in release(capsys, config, tmp_path, "ben", code=FAILED)[1]
    ran(capsys, "publish", config)
    assert "1 more operator must" in release(capsys, config, tmp_path, "ben")[0]


def test_what_nobody_releases_goes_at_its_deadline(tmp_path: Path, capsys: Said) -> None:
    with real() as (port, taken):
        config = releasing(tmp_path, port=port, more='deadline = "+1"\nat_deadline = "go"\n')
        ran(capsys, "publish", config)
        assert "the deadline of its release was" in ran(capsys, "run", config, "--dry-run")[0]
        ran(capsys, "run", config, "--due")
        assert recipients(taken).count(REVIEWER) == 1
        assert len(taken) == 1 + len(READERS)
        assert "released by the deadline, " in ran(capsys, "verify", today(), config)[0]
