from pathlib import Path

import pytest

from briefing.core.errors import InputError
from briefing.sources.sandbox.links import is_report, read, site_of
from briefing.sources.sandbox.pool import Sandbox
from tests.examples import examples

URL = "https://www.harbor-post.co.uk/world/"
FRONT = Path(__file__).with_name("front.html").read_text(encoding="utf-8").rstrip("\n")


def test_a_section_page_gives_its_feeds_and_reports_in_order(sandbox: Sandbox) -> None:
    result = read(FRONT.encode(), about={"url": URL})
    assert sandbox("links", FRONT.encode(), about={"url": URL}) == result
    assert result == {
        "title": "World | Harbor Post",
        "site": "Harbor Post",
        "notes": [],
        "language": "en-GB",
        "feeds": [
            {"url": "https://www.harbor-post.co.uk/world/rss", "title": "World", "kind": "rss"},
            {"url": "https://www.harbor-post.co.uk/all.atom", "title": "", "kind": "atom"},
            {"url": "https://www.harbor-post.co.uk/all.json", "title": "", "kind": "json"},
        ],
        "links": [
            {
                "url": "https://www.harbor-post.co.uk/world/2026/jan/04/port-of-northwick-opens",
                "title": "Port of Northwick opens",
            },
            {"url": "https://news.harbor-post.co.uk/a/123456", "title": "Strait: ferry sails"},
            {
                "url": "https://www.harbor-post.co.uk/world/live-from-the-quay",
                "title": "Live from the quay today",
            },
            {
                "url": "https://www.harbor-post.co.uk/world/story?id=77",
                "title": "Crews and owners meet once more",
            },
        ],
    }


def test_a_base_element_counts_and_the_page_may_be_of_no_known_address() -> None:
    page = (
        '<base href="https://harbor-post.com/x/"><a href="port-of-northwick-opens">Port</a>'
        '<base href="/y/"><a href="/">Home of all the best news</a>'
    )
    result = read(page.encode(), about={})
    assert result["links"] == [
        {"url": "https://harbor-post.com/x/port-of-northwick-opens", "title": "Port"}
    ]
    assert result["site"] == result["title"] == ""


SECTION = (
    '<main><a href="/2026/01/04/port-opens">Port opens</a>'
    '<a href="http://wiki/2026/01/05/strike-ends">Strike ends</a>'
    '<a href="http://far.example/2026/01/05/fog-at-sea">Fog at sea</a></main>'
)


@pytest.mark.parametrize(
    "site",
    ["http://intranet", "http://intranet:8080", "http://10.1.2.3", "http://[fd00::1]:81", URL[:31]],
)
def test_a_section_page_of_any_host_gives_its_reports(site: str) -> None:
    result = read(SECTION.encode(), about={"url": f"{site}/news"})
    assert [link["title"] for link in result["links"]] == ["Port opens"]


def test_links_to_allowed_hosts_are_reports_and_at_most_300_are_given() -> None:
    about = {"url": "http://intranet/news", "hosts": "Wiki 10.0.0.0/8"}
    result = read(SECTION.encode(), about=about)
    assert [link["title"] for link in result["links"]] == ["Port opens", "Strike ends"]
    feeds = "".join(
        f'<link rel="alternate" type="application/rss+xml" href="/{n}">' for n in range(30)
    )
    links = "".join(f'<a href="/{n}-ships-come-in-today">{n}</a>' for n in range(400))
    result = read(f"<html>{feeds}{links}</html>".encode(), about={"url": URL})
    assert (len(result["feeds"]), len(result["links"])) == (20, 300)


@pytest.mark.parametrize("body", [b"", b"Hello", b"<!-- -->"])
def test_what_is_no_page_is_refused(body: bytes) -> None:
    with pytest.raises(InputError, match="not an HTML page; give the address"):
        read(body, about={})


@examples("url, title, expected")
def test_a_report_is_told_by_address_and_headline(url: str, *, title: str, expected: bool) -> None:
    assert is_report(url, title=title) is expected


def test_a_site_is_its_registered_domain_or_its_host() -> None:
    assert site_of("https://news.bbc.co.uk/1") == "bbc.co.uk"
    assert site_of("http://www.intranet:8080/") == "intranet"
    assert site_of("http://[::1") == ""
