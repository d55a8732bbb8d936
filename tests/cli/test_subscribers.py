import csv
import json
import os
import re
import stat
from dataclasses import replace
from datetime import date, time
from itertools import product
from pathlib import Path

import pytest

from briefing.cli import DONE, FAILED, IN_PART, WRONG_USE, run
from briefing.core.model import NO_SECTIONS, Consent, Form, PageChoice, State
from briefing.mail import tokens
from briefing.mail.tokens import LinkToken, Purpose
from briefing.setup.clock import now
from briefing.setup.post import secrets_of
from briefing.store import reader_list, subscribers
from tests.mail.relays import Faulty, real
from tests.mailroom import ANN, BO, change, config, kept, opened, publish, settings, subscribe
from tests.small_day import Said, told

ADDRESS = ANN.address
AGREED = "--consent=asked for it at the spring meeting"
LISTS = """
[[watch]]
name = "hidden"
words = ["Ghana"]
[[watch]]
name = "north"
words = ["Norway"]
offer = true
"""


@pytest.fixture
def desk(tmp_path: Path) -> Path:
    config(tmp_path)
    return tmp_path


def without_since(file: Path) -> list[list[str]]:
    """Return the rows of a list without the time since when they are in their state."""
    rows = list(csv.reader(file.read_text().splitlines()))
    place = rows[0].index("since")
    return [row[:place] + row[place + 1 :] for row in rows]


def call(desk: Path, *words: str) -> int:
    return run(["subscribers", *words, f"--config={desk / 'briefing.toml'}"])


def heard(capsys: Said, desk: Path, *words: str, code: int = DONE) -> tuple[str, str]:
    return told(capsys, "subscribers", *words, f"--config={desk / 'briefing.toml'}", code=code)


def add(desk: Path) -> None:
    assert call(desk, "add", ADDRESS, AGREED) == DONE


def listing(desk: Path, content: str | bytes) -> str:
    """Write a list to import; return its name."""
    file = desk / "list.csv"
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    return str(file)


def empty_desk(desk: Path, more: str = "") -> Path:
    """Return another desk, which has no reader yet."""
    other = desk / "other"
    other.mkdir()
    config(other, more=more)
    return other


def consents(desk: Path, address: str) -> list[Consent]:
    with opened(desk) as store, store.read() as tx:
        found = subscribers.find(tx, address)
        return list(subscribers.consents(tx, found.id)) if found else []


class TestEdit:
    def test_what_is_given_changes_and_the_rest_stays(self, desk: Path, capsys: Said) -> None:
        config(desk, more=LISTS)
        first = ["--sections=security", "--format=html", "--days=mon-wed"]
        assert call(desk, "add", ADDRESS, AGREED, *first) == DONE
        before = kept(desk, ADDRESS).preferences
        assert call(desk, "edit", "Ann@readers.example", "--at=5:30", "--lists=north") == DONE
        assert kept(desk, ADDRESS).preferences == replace(before, at=time(5, 30), lists=("north",))
        assert call(desk, "edit", ADDRESS, "--sections=none") == DONE
        assert kept(desk, ADDRESS).preferences.sections == NO_SECTIONS
        every = "--sections=economy;security;diplomacy;other"
        assert heard(capsys, desk, "edit", ADDRESS, every, "--lists=none")[0].endswith(
            "ann@readers.example: html, all sections, mon tue wed at 05:30 UTC\n"
        )
        assert kept(desk, ADDRESS).preferences.page == PageChoice((), ())
        told = consents(desk, ADDRESS)
        assert [(one.what, one.how) for one in told[1:]] == [("changed", "command")] * 3

    @pytest.mark.parametrize(
        ("words", "said"),
        [
            ((), "nothing to change; give --sections"),
            (("--lists=hidden",), "--lists 'hidden': not offered to readers; offered are north"),
            (("--sections=none",), "--sections"),
        ],
    )
    def test_is_nonsense(self, words: tuple[str, ...], said: str, desk: Path, capsys: Said) -> None:
        config(desk, more=LISTS)
        add(desk)
        before = kept(desk, ADDRESS)
        assert said in heard(capsys, desk, "edit", ADDRESS, *words, code=WRONG_USE)[1]
        assert kept(desk, ADDRESS) == before


class TestAdd:
    def test_who_has_agreed_is_active_with_a_note(self, desk: Path, capsys: Said) -> None:
        preferences = ["--sections=Security; diplomacy", "--format=html", "--days=mon-wed,sat"]
        preferences += ["--at=6:30", "--zone=Europe/Zurich", "--name=Ann Ó Sé"]
        assert call(desk, "add", " Ann@Bücher.example ", AGREED, *preferences) == DONE
        assert capsys.readouterr().out == "Ann@xn--bcher-kva.example: active\n"
        ann = kept(desk, "ann@xn--bcher-kva.example")
        assert (ann.state, ann.name) == (State.ACTIVE, "Ann Ó Sé")
        assert ann.preferences.sections == ("security", "diplomacy")
        assert ann.preferences.form is Form.HTML
        assert ann.preferences.days == (0, 1, 2, 5)
        assert (f"{ann.preferences.at:%H:%M}", ann.preferences.zone) == ("06:30", "Europe/Zurich")
        (consent,) = consents(desk, ann.address)
        assert (consent.what, consent.how) == ("confirmed", "command")
        assert consent.words == "asked for it at the spring meeting"

    def test_a_list_that_is_offered_may_be_chosen(self, desk: Path, capsys: Said) -> None:
        config(desk, more=LISTS)
        assert call(desk, "add", ADDRESS, AGREED, "--sections=none", "--lists=north") == DONE
        assert call(desk, "add", "bo@readers.example", AGREED, "--lists=north", "--json") == DONE
        assert '"sections": "",\n "lists": "north"' in capsys.readouterr().out
        assert kept(desk, ADDRESS).preferences.page == PageChoice(NO_SECTIONS, ("north",))
        assert kept(desk, "bo@readers.example").preferences.page == PageChoice((), ("north",))
        first, second = heard(capsys, desk, "list")[0].splitlines()
        assert "  pdf, watch-list north, mon " in first
        assert "  pdf, all sections, watch-list north, mon " in second
        out = desk / "all.csv"
        assert call(desk, "export", str(out)) == DONE
        assert "ann@readers.example,,none,north,pdf," in out.read_text()
        other = empty_desk(desk, LISTS)
        assert call(other, "import", str(out), AGREED) == DONE
        assert kept(other, ADDRESS).preferences.lists == ("north",)
        assert call(desk, "add", "cem@readers.example", AGREED, "--lists=hidden") == WRONG_USE
        said = "--lists 'hidden': not offered to readers; offered are north"
        assert said in capsys.readouterr().err

    @pytest.mark.parametrize(
        ("words", "said"),
        [
            (("a\r\nBcc: x@y.example", AGREED), "address 'a\\r\\nBcc: x@y.example': it has a form"),
            ((ADDRESS, AGREED, "--days=;"), "--days ';': name at least one"),
            ((ADDRESS, AGREED, f"--name={'n' * 101}"), "--name: longer than 100 characters"),
            ((ADDRESS, AGREED, f"--zone={'n' * 2001}"), "--zone: longer than 2000 characters"),
            ((ADDRESS,), "say how they agreed"),
            ((ADDRESS, AGREED, "--pending"), "say how they agreed"),
        ],
    )
    def test_is_nonsense(self, words: tuple[str, ...], said: str, desk: Path, capsys: Said) -> None:
        err = heard(capsys, desk, "add", *words, code=WRONG_USE)[1]
        assert said in err
        assert err.count("\n") == 1

    def test_nobody_is_added_twice_or_again_when_they_left(self, desk: Path, capsys: Said) -> None:
        add(desk)
        for words in (AGREED, "--pending"):
            assert call(desk, "add", "ANN@readers.example", words) == WRONG_USE
            assert "ANN@readers.example: is already subscribed" in capsys.readouterr().err
        change(desk, ADDRESS, State.UNSUBSCRIBED, what="left")
        assert call(desk, "edit", ADDRESS, "--at=05:30") == WRONG_USE
        assert f"{ADDRESS}: the subscriber is unsubscribed, not " in capsys.readouterr().err
        assert call(desk, "remove", ADDRESS) == DONE
        assert "ann" not in heard(capsys, desk, "list")[0].replace("ann@readers.example: ", "")
        for words in (AGREED, "--pending"):
            assert call(desk, "add", "Ann@readers.example", words) == WRONG_USE
            assert (
                "Ann@readers.example: gets no mail (unsubscribed since " in capsys.readouterr().err
            )


class TestPending:
    def test_a_mail_asks_them_to_confirm(self, desk: Path, capsys: Said) -> None:
        with real() as (port, taken):
            config(desk, port=port)
            assert call(desk, "add", ADDRESS, "--pending", "--name=Ann") == DONE
            assert call(desk, "add", ADDRESS, "--pending") == DONE
        said = "ann@readers.example: pending; confirmation mail sent\n"
        assert capsys.readouterr().out == said * 2
        ann = kept(desk, ADDRESS)
        assert ann.state is State.PENDING
        assert [one.what for one in consents(desk, ann.address)] == ["asked"]
        assert [one.recipient for one in taken] == [ann.address] * 2
        assert taken[0].mail["To"] == "Ann <ann@readers.example>"
        (token,) = re.findall(r"https://news\.desk\.example/confirm/([\w.-]+)", taken[0].text())
        told = tokens.read(
            Purpose.CONFIRM, token=token, secrets=secrets_of(settings(desk)), at=now()
        )
        assert isinstance(told, LinkToken)
        assert (told.subscriber, told.epoch) == (ann.id, 0)

    def test_without_a_page_that_confirms_nobody_is_asked(self, desk: Path, capsys: Said) -> None:
        config(desk, web="")
        assert call(desk, "add", ADDRESS, "--pending") == WRONG_USE
        assert "web.address is empty" in capsys.readouterr().err
        assert consents(desk, ADDRESS) == []

    def test_a_mail_that_does_not_go_out_is_told(self, desk: Path, capsys: Said) -> None:
        refusing = Faulty(lambda at: "550 No" if at.step == "RCPT" else "")
        with refusing.running():
            config(desk, port=refusing.port)
            assert call(desk, "add", ADDRESS, "--pending") == FAILED
        out, err = capsys.readouterr()
        assert out == ""
        assert err == (
            "briefing: ann@readers.example: pending, but no mail was sent: 550 No (at RCPT TO)"
            "; add them again\n"
        )

    def test_what_a_relay_delays_the_next_delivery_sends(self, desk: Path, capsys: Said) -> None:
        words = config(desk, port=1)
        out, err = heard(capsys, desk, "add", ADDRESS, "--pending", code=IN_PART)
        assert out == ""
        assert err.startswith("briefing: ann@readers.example: pending; the confirmation mail ")
        assert "`briefing serve` or `briefing deliver` tries again" in err
        with real() as (port, taken):
            config(desk, port=port)
            assert run(["deliver", words]) == DONE
        assert [one.recipient for one in taken] == [ADDRESS]


LIST = """\
Address,name,sections,format,days,at,zone,state
ann@readers.example,Ann,economy;security,text,mon-fri,06:30,Europe/Zurich,
bo@readers.example,"Bo, of Kalvik",,,,,,paused
ann@readers.example,,,,,,,
cem@,,,,,,,
,Nobody,,,,,,
dee@readers.example,,sport,,,,,

eve@readers.example,,,,,,,gone
fay@readers.example,,,,,,,,,x
gus@readers.example
hal@readers.example,,,,,,,unsubscribed
"""


class TestImport:
    @pytest.mark.parametrize("word", [AGREED, "--dry-run"])
    def test_bad_lines_are_told_and_stop_no_good(self, word: str, desk: Path, capsys: Said) -> None:
        file = listing(desk, LIST)
        dry = word == "--dry-run"
        out, err = heard(capsys, desk, "import", file, word, code=IN_PART)
        would = "would be added" if dry else "added"
        counts = f"4 {would}, 1 twice in the list, 0 already subscribed, 5 refused"
        assert out == f"{file}: {counts}\n"
        assert err.splitlines() == [
            f"briefing: {file}: line 4: ann@readers.example: the same address as in line 2",
            (
                f"briefing: {file}: line 5: address 'cem@': it lacks the part after @; "
                "write it as name@domain"
            ),
            f"briefing: {file}: line 6: address '': it is missing; write it as name@domain",
            (
                f"briefing: {file}: line 7: section 'sport': not printed; there are economy, "
                "security, diplomacy, other"
            ),
            (
                f"briefing: {file}: line 9: state 'gone': give pending, active, paused, "
                "unsubscribed, bounced, complained"
            ),
            f"briefing: {file}: line 10: 10 cells for 8 columns; quote values that contain a comma",
        ]
        if dry:
            with opened(desk) as store, store.read() as tx:
                assert not list(subscribers.listed(tx))
            return
        ann = kept(desk, ADDRESS)
        assert ann.preferences.sections == ("economy", "security")
        assert ann.preferences.days == (0, 1, 2, 3, 4)
        assert kept(desk, "bo@readers.example").name == "Bo, of Kalvik"
        assert kept(desk, "bo@readers.example").state is State.PAUSED
        (consent,) = consents(desk, ann.address)
        assert (consent.what, consent.how, consent.origin) == ("imported", "import", "list.csv")
        assert consent.words == "asked for it at the spring meeting"
        assert consent.agreed is not None

    def test_the_lines_that_are_not_added_are_written_to_a_file(self, desk: Path) -> None:
        report = desk / "report.csv"
        file = listing(desk, "email\nann@readers.example\n=1+1@\nANN@readers.example\n")
        words = (AGREED, "--since=2026-01-05", f"--report={report}")
        assert call(desk, "import", file, *words) == IN_PART
        why = "address '=1+1@': it lacks the part after @; write it as name@domain"
        assert report.read_text().splitlines() == [
            "line,address,result,reason",
            f"3,'=1+1@,not valid,{why}",
            "4,ANN@readers.example,twice in the list,the same address as in line 2",
        ]
        (consent,) = consents(desk, ADDRESS)
        assert consent.agreed == date(2026, 1, 5)

    @pytest.mark.parametrize(
        ("words", "said"),
        [
            ((), "say how they agreed with --consent WORDS, or only check with --dry-run"),
            ((AGREED, "--since=soon"), "The date of consent is not valid or lies in the future"),
        ],
    )
    def test_no_consent(self, words: tuple[str, ...], said: str, desk: Path, capsys: Said) -> None:
        file = listing(desk, "email\nann@readers.example\n")
        assert said in heard(capsys, desk, "import", file, *words, code=WRONG_USE)[1]
        assert not consents(desk, ADDRESS)
        listing(desk, "email,consent\nann@readers.example,signed\nosei@readers.example,\n")
        assert call(desk, "import", file, "--json") == IN_PART
        assert consents(desk, ADDRESS)
        assert not consents(desk, "osei@readers.example")

    def test_who_wishes_nothing_gets_the_time_and_zone_of_the_schedule(self, desk: Path) -> None:
        settings_file = desk / "briefing.toml"
        schedule = '\n[schedule]\nat = "05:45"\nzone = "Asia/Tokyo"\n'
        settings_file.write_text(settings_file.read_text() + schedule)
        file = listing(desk, "email\nann@readers.example\n")
        assert call(desk, "import", file, AGREED) == DONE
        assert call(desk, "add", "bo@readers.example", AGREED) == DONE
        for address in (ADDRESS, "bo@readers.example"):
            wishes = kept(desk, address).preferences
            assert (f"{wishes.at:%H:%M}", wishes.zone) == ("05:45", "Asia/Tokyo")

    @pytest.mark.parametrize(
        "content",
        [
            '\ufeff"Address";Name\r\nann@readers.example;\'=Ann\r\n'.encode(),
            'EMAIL\tname\r\nann@readers.example\t"\'=Ann"\r\n'.encode("utf-16"),
            b"e-mail;name;\r\nann@readers.example;'=Ann;\r\n",
        ],
    )
    def test_what_spreadsheets_write_is_read(self, content: bytes, desk: Path) -> None:
        assert call(desk, "import", listing(desk, content), AGREED) == DONE
        assert kept(desk, ADDRESS).name == "=Ann"

    @pytest.mark.parametrize(
        ("content", "said"),
        [
            (b"name\nAnn\n", "list.csv: line 1: no column 'email' or 'address'"),
            (None, "list.csv: cannot be read (No such file or directory)"),
        ],
    )
    def test_is_no_list(self, content: bytes | None, said: str, desk: Path, capsys: Said) -> None:
        file = listing(desk, content) if content else str(desk / "list.csv")
        err = heard(capsys, desk, "import", file, AGREED, code=FAILED)[1]
        assert said in err
        assert err.count("list.csv") == 1

    def test_many_bad_lines_are_cut_a_large_list_is_refused(self, desk: Path, capsys: Said) -> None:
        file = listing(desk, "address\n" + "nobody\n" * 1200 + '"' + "x" * 200_000 + '"\n')
        out, err = heard(capsys, desk, "import", file, AGREED, code=IN_PART)
        assert out == f"{file}: 0 added, 0 twice in the list, 0 already subscribed, 1,201 refused\n"
        assert err.count("\n") == 51
        assert err.endswith(f"briefing: {file}: and more; --report FILE lists all\n")
        os.truncate(file, 100_000_001)
        assert call(desk, "import", file, AGREED) == FAILED
        assert "list.csv: larger than 100,000,000 bytes" in capsys.readouterr().err


class TestExport:
    def test_it_can_be_imported_again_and_nothing_is_lost(self, desk: Path, capsys: Said) -> None:
        out = desk / "out.csv"
        assert call(desk, "import", listing(desk, LIST), AGREED) == IN_PART
        assert heard(capsys, desk, "export", str(out))[0].endswith(f"{out}: 4 subscribers\n")
        assert stat.S_IMODE(out.stat().st_mode) == 0o600
        other = empty_desk(desk)
        assert call(other, "import", str(out), AGREED) == DONE
        assert call(other, "export", str(other / "again.csv")) == DONE
        assert without_since(other / "again.csv") == without_since(out)
        cells = dict(zip(*csv.reader(out.read_text().splitlines()[:2]), strict=True))
        assert cells["consent"] == "asked for it at the spring meeting"
        assert cells["agreed"] == f"{consents(desk, 'ann@readers.example')[0].agreed}"

    def test_no_cell_is_a_formula_and_a_file_that_cannot_be_written_is_told(
        self, desk: Path, capsys: Said
    ) -> None:
        begins = ("=", "+", "-", "@", "\uff1d")
        for place, begin in enumerate(begins):
            name = f"--name={begin}HYPERLINK(1)"
            assert call(desk, "add", f"a{place}@readers.example", AGREED, name) == DONE
        assert call(desk, "export", str(desk / "out.csv")) == DONE
        _, *lines = (desk / "out.csv").read_text().splitlines()
        assert [line.split(",")[1] for line in lines] == [f"'{each}HYPERLINK(1)" for each in begins]
        assert call(desk, "export", str(desk / "none" / "out.csv")) == FAILED
        assert "out.csv: cannot be written (No such file or directory)" in capsys.readouterr().err


class TestShow:
    def test_all_that_is_known_is_shown(self, desk: Path, capsys: Said) -> None:
        publish(desk, ANN, BO)
        heard(capsys, desk, "pause", ANN.address)
        assert call(desk, "show", "Ann@readers.example") == DONE
        first, preferences, *log, sent = capsys.readouterr().out.splitlines()
        assert re.fullmatch(rf"{ANN.address}: paused since [\d-]+ [\d:]+ UTC", first)
        assert preferences == "  pdf, all sections, mon tue wed thu fri sat sun at 00:00 UTC"
        assert log[0].endswith(" confirmed by form")
        assert " changed by command: " in log[1]
        assert log[1].endswith("paused")
        assert re.fullmatch(r"  ostra-desk/[\d-]+ due", sent)
        told = json.loads(heard(capsys, desk, "show", "--json", ANN.address)[0])
        assert told["state"] == "paused"
        assert [one["what"] for one in told["consents"]] == ["confirmed", "changed"]
        assert [one["fate"] for one in told["deliveries"]] == ["due"]

    def test_nobody_is_not_shown(self, desk: Path, capsys: Said) -> None:
        for word, address in product("show remove pause resume".split(), ("no@x.example", "no")):
            err = heard(capsys, desk, word, address, code=WRONG_USE)[1]
            assert f"'{address}': no subscriber" in err


class TestList:
    def test_they_are_listed_one_a_line(self, desk: Path, capsys: Said) -> None:
        with opened(desk) as store:
            subscribe(store, ANN, BO)
        change(desk, ANN.address, State.UNSUBSCRIBED, what="left")
        assert call(desk, "list") == DONE
        week = "mon tue wed thu fri sat sun at 00:00"
        assert capsys.readouterr().out.splitlines() == [
            f"unsubscribed {ANN.address}  pdf, all sections, {week} UTC",
            f"active       {BO.address}  text, security, {week} Asia/Tokyo",
        ]
        (told,) = json.loads(heard(capsys, desk, "list", "--json", "--state", "active")[0])
        assert (told["address"], told["sections"], told["format"]) == (
            BO.address,
            "security",
            "text",
        )


class TestPause:
    def test_who_is_paused_or_bounced_can_be_resumed(self, desk: Path, capsys: Said) -> None:
        add(desk)
        assert call(desk, "pause", ADDRESS) == DONE
        assert kept(desk, ADDRESS).state is State.PAUSED
        assert call(desk, "pause", ADDRESS) == WRONG_USE
        assert f"{ADDRESS}: the subscriber is paused, not active" in capsys.readouterr().err
        assert call(desk, "resume", ADDRESS) == DONE
        assert kept(desk, ADDRESS).state is State.ACTIVE
        what = [(one.what, one.words) for one in consents(desk, ADDRESS)]
        assert what[1:] == [("changed", "paused"), ("changed", "resumed")]
        change(desk, ADDRESS, State.BOUNCED, what="left")
        assert call(desk, "resume", ADDRESS) == DONE
        with opened(desk) as store, store.read() as tx:
            assert not reader_list.suppressed(tx, ADDRESS)
        assert consents(desk, ADDRESS)[-1].what == "returned"
