"""What was printed and put right since, from a real news server to the next page."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from email import message_from_bytes
from email.policy import default
from pathlib import Path

import pytest
from pypdf import PdfReader

from briefing.cli import DONE, run
from briefing.cli.app import opened_store, settings_of
from briefing.setup.clock import now
from tests import mailroom
from tests.daytime import stepped
from tests.mail.relays import real
from tests.newsserver import News, NewsServer, give, page, refuse, rss

pytestmark = pytest.mark.allow_hosts(["127.0.0.1", "::1"])
Said = pytest.CaptureFixture[str]

RATE = (
    "Central bank of Ostra raises its rate to 4 percent",
    (
        "The central bank of Ostra raised its policy rate to 4 percent on Wednesday to bring "
        "inflation down. Governor Ines Halm said that prices had risen by 6.2 percent in a year, "
        "the most since 2011."
    ),
    (
        "Banks in Kalvik said that mortgages would cost more from April, and exporters asked for "
        "help with a stronger currency. A union of bank clerks wants higher pay after lean years."
    ),
)
BORDER = (
    "Ostra and Vell reopen two border crossings",
    (
        "Ostra and Vell signed an agreement on Wednesday to reopen two border crossings that had "
        "been closed since 2019. The foreign ministers met in Kalvik and will send ambassadors "
        "back by May."
    ),
    (
        "Trucks may pass from Monday, and talks about a third crossing begin in June, the foreign "
        "ministry said. Both sides want to open a railway line along the river as well."
    ),
)
SHIP = (
    "Navy of Vell seizes ship with 400 rifles",
    (
        "The navy of Vell seized a cargo ship on Thursday that carried 400 rifles and ammunition "
        "under sacks of grain. Eleven sailors were arrested and the ship was brought to the base "
        "at Tarn."
    ),
    (
        "The defense ministry said that the arms were meant for a militia in the south, which "
        "denied it. The owner of the ship has not been found, and its flag is that of no state."
    ),
)
Report = tuple[str, ...]


def put_right(report: Report) -> Report:
    return tuple(words.replace("to 4 percent", "to 3.75 percent") for words in report)


class Paper:
    """A news server whose reports can be changed, and the desk that reads it."""

    def __init__(
        self, news: NewsServer, folder: Path, capsys: Said, later: Callable[[timedelta], None]
    ) -> None:
        self.news, self.folder, self.capsys = news, folder, capsys
        self.reports: dict[str, Report] = {}
        self.later = later

    def serve(self, **reports: Report) -> None:
        """Let the server show these reports, in its feed and as pages."""
        self.reports |= reports
        for name, (title, *text) in reports.items():
            self.news.at(f"/{name}", give(page(title, text)))
        items = [
            News(title, self.news.url(f"/{name}"), "\n".join(text), guid=name)
            for name, (title, *text) in self.reports.items()
        ]
        self.news.at("/feed", give(rss(items, title="Kalvik Post"), "application/rss+xml"))

    def run(self, *words: str, code: int = DONE) -> tuple[str, str]:
        """Run a command; return what it says on both channels."""
        self.capsys.readouterr()
        assert run(words) == code, self.capsys.readouterr().err
        out, err = self.capsys.readouterr()
        return out, err

    def publish(self, day: str) -> str:
        """Collect twice, publish a day, prove it; return the text of its PDF, evenly spaced."""
        self.collect()
        self.run("publish", "--date", day, "-o", "page.pdf", "--text", "page.txt")
        proof = json.loads(self.run("verify", day, "--json")[0])
        assert proof["failures"] == []
        reader = PdfReader(io.BytesIO((self.folder / "page.pdf").read_bytes()))
        assert len(reader.pages) == 1
        return " ".join(reader.pages[0].extract_text().split())

    def collect(self) -> None:
        """Collect, and again an hour later."""
        self.run("collect")
        self.later(timedelta(hours=1))
        self.run("collect")

    def vanish(self, name: str) -> None:
        """Let a report be missed when its page is visited again, a day after it was printed."""
        del self.reports[name]
        self.serve()
        self.news.at(f"/{name}", refuse(410))
        self.later(timedelta(hours=20))


@pytest.fixture
def paper(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Said) -> Iterator[Paper]:
    monkeypatch.chdir(tmp_path)
    with NewsServer() as news, stepped() as later:
        (tmp_path / "briefing.toml").write_text(
            f'[collect]\nallow_hosts = ["127.0.0.1"]\nallow_ports = [{news.port}]\ndelay = 0\n'
            "[publish]\noldest_hours = 0\n"
        )
        made = Paper(news, tmp_path, capsys, later)
        made.serve(rate=RATE, border=BORDER)
        made.run("sources", "add", news.url("/feed"), "--kind", "feed", "--text", "page")
        assert "4 percent" in made.publish("2026-03-12")
        yield made


@pytest.mark.slow
def test_a_corrected_figure_stands_beside_the_old_one_and_is_told_once(paper: Paper) -> None:
    paper.serve(rate=put_right(RATE), ship=SHIP)
    text = paper.publish("2026-03-13")
    assert "Printed Thu 12 March" in text
    assert "raised its policy rate to 4 percent on Wednesday" in text
    assert "raised its policy rate to 3.75 percent on Wednesday" in text
    assert "seized a cargo ship" in text
    words, _ = paper.run("why", "2026-03-13", "c1")
    assert "differs: '4'" in words
    assert "differs: '3.75'" in words
    facts = json.loads(paper.run("why", "2026-03-13", "c1", "--json")[0])
    assert (facts["kind"], facts["date"]) == ("changed", "2026-03-12")
    assert facts["old"]["document"] != facts["new"]["document"]
    third = ("Fog closes the port of Sund", *SHIP[2:], *BORDER[2:], "The pilots of Sund went home.")
    paper.serve(fog=third)
    after = paper.publish("2026-03-14")
    assert "Corrections" not in after
    assert "3.75" not in after


@pytest.mark.slow
def test_an_edition_is_made_of_corrections_alone(paper: Paper) -> None:
    paper.serve(rate=put_right(RATE))
    text = paper.publish("2026-03-13")
    assert "4 percent on Wednesday" in text
    assert "3.75 percent on Wednesday" in text


def test_a_report_that_its_publisher_takes_back_is_told_without_new_words(paper: Paper) -> None:
    paper.vanish("rate")
    text = paper.publish("2026-03-13")
    assert "Withdrawn by its source since" in text
    assert "raised its policy rate to 4 percent" in text


@pytest.mark.slow
def test_other_points_and_spaces_are_no_correction(paper: Paper) -> None:
    tidier = tuple(
        words.replace(" and ", ", and ").replace("per cent", "percent") for words in RATE
    )
    added = "The council of the bank meets again in May."
    paper.serve(rate=(tidier[0].upper(), *tidier[1:], added), ship=SHIP)
    text = paper.publish("2026-03-13")
    assert "1 printed source changed since" in text
    assert "Corrections" not in text
    assert "4 percent on Wednesday" not in text


@pytest.mark.slow
def test_what_is_changed_and_changed_back_is_no_correction(paper: Paper) -> None:
    paper.serve(rate=put_right(RATE))
    paper.run("collect")
    paper.serve(rate=RATE, ship=SHIP)
    assert "Corrections" not in paper.publish("2026-03-13")


@pytest.mark.slow
def test_what_went_back_after_it_was_told_is_told_again(paper: Paper) -> None:
    paper.serve(rate=put_right(RATE), ship=SHIP)
    paper.publish("2026-03-13")
    paper.serve(rate=RATE)
    text = paper.publish("2026-03-14")
    assert text.count("Printed") == 1
    printed = text[text.index("Printed Fri 13 March") :]
    assert printed.index("to 3.75 percent on") < printed.index("to 4 percent on")


def test_who_was_sent_the_old_words_is_mailed_both_at_once(paper: Paper) -> None:
    ann = mailroom.ANN
    with real() as (port, taken):
        path = paper.folder / "briefing.toml"
        path.write_text(
            f'{path.read_text()}[corrections]\nnotify = "now"\n'
            f'[mail]\nsender = "news@desk.example"\n'
            f'host = "127.0.0.1"\nport = {port}\nsecurity = "none"\n'
        )
        with opened_store(settings_of(None)) as store:
            mailroom.subscribe(store, ann)
        paper.serve(ship=SHIP)
        paper.publish(f"{now().date()}")
        paper.run("deliver")
        assert [one.recipient for one in taken] == [ann.address]
        paper.serve(ship=tuple(words.replace("400 rifles", "40 rifles") for words in SHIP))
        paper.run("collect")
        paper.run("deliver")
        assert [one.recipient for one in taken] == [ann.address]
        for _ in range(2):
            paper.collect()
            paper.run("deliver")
        assert [one.recipient for one in taken] == [ann.address] * 2
        mail = message_from_bytes(taken[1].message, policy=default)
        assert mail["Subject"].startswith("Correction: Briefing, ")
        assert mail["List-Unsubscribe"]
        body = mail.get_body(("plain",))
        assert body
        text = " ".join(body.get_content().split())
        assert text.index("carried 400 rifles") < text.index("The source now says:")
        assert text.index("The source now says:") < text.index("carried 40 rifles")
