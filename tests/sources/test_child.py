import json
import subprocess
import sys
from multiprocessing.connection import Pipe

import pytest

from briefing.sources.child import answer, look, refuse, serve

PAGE = """<!doctype html><html lang="en-GB"><head><title>Port opens again</title>
<meta property="og:site_name" content="Harbor Post">
<link rel="canonical" href="https://news.example/port">
{head}</head><body><nav><a href="/">Home</a> <a href="/sport">Sport</a></nav>
<article><h1>Port opens again</h1>
<p>The port of Northwick opened again on Monday after three weeks of repairs to its quay.</p>
<p hidden>Nobody sees this paragraph, which stands in the markup for machines only.</p>
<p style="display: none">Nobody sees this paragraph either, since its style hides it.</p>
<p>Twelve ships waited outside the harbor, and the first came in before noon, it said.</p>
</article><footer>All rights reserved</footer></body></html>"""
STAMP = '<meta property="article:published_time" content="2026-01-04T08:30:00+02:00">'
DAY = '<meta property="article:published_time" content="2026-01-04">'


def test_a_page_gives_its_article_and_what_is_known_of_it() -> None:
    found = look(PAGE.format(head=STAMP))
    assert found.pop("text").split("\n")[-2:] == [
        "The port of Northwick opened again on Monday after three weeks of repairs to its quay.",
        "Twelve ships waited outside the harbor, and the first came in before noon, it said.",
    ]
    assert found == {
        "title": "Port opens again",
        "site": "Harbor Post",
        "url": "https://news.example/port",
        "published": "2026-01-04T08:30:00+02:00",
        "language": "en-GB",
    }


@pytest.mark.parametrize(("head", "published"), [(DAY, "2026-01-04"), ("", "")])
def test_a_page_without_a_time_gives_the_day_or_nothing(head: str, published: str) -> None:
    assert look(PAGE.format(head=head))["published"] == published


def test_a_page_without_a_language_claims_none() -> None:
    assert look(PAGE.format(head="").replace(' lang="en-GB"', ""))["language"] == ""


def test_a_page_without_text_gives_nothing() -> None:
    assert json.loads(answer(b"<html><body></body></html>")) == {}


class _Broken(bytes):
    def decode(self, encoding: str = "", errors: str = "") -> str:
        raise RecursionError(encoding, errors)


def test_an_error_is_answered_by_its_name() -> None:
    assert json.loads(answer(_Broken())) == {"error": "RecursionError"}


def test_pages_are_answered_until_the_other_side_closes() -> None:
    their_pages, pages = Pipe(duplex=False)
    answers, their_answers = Pipe(duplex=False)
    with their_pages, answers, their_answers:
        pages.send_bytes(b"<html></html>")
        pages.close()
        serve(their_pages, their_answers)
        assert [answers.recv_bytes(), answers.recv_bytes()] == [b"ready", b"{}"]


@pytest.mark.parametrize(
    "event", ["socket.connect", "socket.__new__", "subprocess.Popen", "os.fork"]
)
def test_the_child_has_no_way_out(event: str) -> None:
    with pytest.raises(PermissionError):
        refuse(event, ())


def test_the_child_may_do_its_work() -> None:
    refuse("open", ("a.py", "r", 0))


@pytest.mark.parametrize("line", ["import socket; socket.socket()", "import os; os.system('true')"])
def test_a_process_that_refuses_cannot_open_a_socket(line: str) -> None:
    code = f"import sys; from briefing.sources import child; sys.addaudithook(child.refuse); {line}"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)  # noqa: S603
    assert "PermissionError" in ran.stderr
