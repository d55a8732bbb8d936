"""What was printed and put right since, from a real news server to the next page."""

import io
import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from pypdf import PdfReader

from briefing.cli import DONE, run
from briefing.cli.app import Invocation
from briefing.setup.clock import now
from tests import mailroom
from tests.daytime import stepped
from tests.examples import news
from tests.mail.relays import real
from tests.newsserver import News, NewsServer, give, page, refuse, rss
from tests.small_day import Said

RATE, BORDER, SHIP = news(__file__)
Report = tuple[str, str]


def put_right(report: Report) -> Report:
    title, text = (words.replace("to 4 percent", "to 3.75 percent") for words in report)
    return title, text


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
        for name, (title, text) in reports.items():
            self.news.at(f"/{name}", give(page(title, text.split("\n"))))
        items = [
            News(title, self.news.url(f"/{name}"), text, guid=name)
            for name, (title, text) in self.reports.items()
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
        assert json.loads(self.run("verify", day, "--json")[0])["failures"] == []
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
    rest = [line for _, text in (SHIP, BORDER) for line in text.split("\n")[1:]]
    third = ("Fog closes the port of Sund", "\n".join([*rest, "The pilots of Sund went home."]))
    paper.serve(fog=third)
    after = paper.publish("2026-03-14")
    assert "Corrections" not in after
    assert "3.75" not in after


def test_a_report_that_its_publisher_takes_back_is_told_without_new_words(paper: Paper) -> None:
    paper.vanish("rate")
    text = paper.publish("2026-03-13")
    assert "Withdrawn by its source since" in text
    assert "raised its policy rate to 4 percent" in text


def test_who_was_sent_the_old_words_is_mailed_both_at_once(paper: Paper) -> None:
    ann = mailroom.ANN
    with real() as (port, taken):
        path = paper.folder / "briefing.toml"
        path.write_text(
            f'{path.read_text()}[corrections]\nnotify = "now"\n'
            f'[mail]\nsender = "news@desk.example"\n'
            f'host = "127.0.0.1"\nport = {port}\nsecurity = "none"\n'
        )
        with Invocation(None).store() as store:
            mailroom.subscribe(store, ann)
        paper.serve(ship=SHIP)
        paper.publish(f"{now().date()}")
        paper.run("deliver")
        assert [one.recipient for one in taken] == [ann.address]
        title, text = (words.replace("400 rifles", "40 rifles") for words in SHIP)
        paper.serve(ship=(title, text))
        paper.run("collect")
        paper.run("deliver")
        assert [one.recipient for one in taken] == [ann.address]
        for _ in range(2):
            paper.collect()
            paper.run("deliver")
        assert [one.recipient for one in taken] == [ann.address] * 2
        assert taken[1].mail["Subject"].startswith("Correction: Briefing, ")
        assert taken[1].mail["List-Unsubscribe"]
        text = " ".join(taken[1].text().split())
        assert text.index("carried 400 rifles") < text.index("The source now says:")
        assert text.index("The source now says:") < text.index("carried 40 rifles")
