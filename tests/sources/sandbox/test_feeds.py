import json
import time
from typing import Any

import pytest

from briefing.core.errors import InputError
from briefing.sources.sandbox.feeds import cut_items, read
from briefing.sources.sandbox.pool import Sandbox
from tests.examples import examples
from tests.sources.sandbox.invented import many, rss

URL = "https://news.example/feeds/all.xml"
ABOUT = {"url": URL}
PORT = "The port of Northwick opened again."


def entries(body: bytes, **about: str) -> list[dict[str, Any]]:
    result: list[dict[str, Any]] = read(body, about=ABOUT | about)["entries"]
    return result


def first(body: bytes) -> dict[str, Any]:
    return entries(body)[0]


def item(inner: str) -> dict[str, Any]:
    return first(rss(f"<item>{inner}</item>"))


def at(published: str) -> dict[str, Any]:
    return {"published": published, "timed": "T" in published}


def json_feed(*items: object, version: str = "1.1", **more: object) -> bytes:
    held = {"version": f"https://jsonfeed.org/version/{version}", "title": "Harbor Post"}
    return json.dumps(held | more | {"items": items}).encode()


def test_an_rss_feed_gives_all_that_is_known_of_its_items() -> None:
    feed = read(many(1), about=ABOUT)
    assert feed["entries"] == [
        {
            "guid": "g0",
            "url": "https://news.example/2026/01/04/port-0",
            "title": "Port opens again, no. 0",
            "text": PORT,
            "author": "",
            "publisher": "",
            "published": "2026-01-04T06:30:00Z",
            "timed": True,
            "language": "en-gb",
            "marks": [],
        }
    ]
    del feed["entries"]
    assert feed == {
        "kind": "rss20",
        "title": "Harbor Post",
        "link": "https://news.example/",
        "language": "en-gb",
        "listed": 1,
        "notes": [],
    }


def test_rss_091_and_rdf_with_its_dublin_core_are_read() -> None:
    body = (
        '<!DOCTYPE rss PUBLIC "-//Netscape Communications//DTD RSS 0.91//EN" "http://x/r.dtd">\n'
        '<rss version="0.91"><channel><title>Harbor Post</title><item><title>Port</title>'
        "<link>https://news.example/1</link></item></channel></rss>"
    )
    feed = read(body.encode(), about={})
    assert feed["kind"].startswith("rss091")
    assert feed["entries"][0]["url"] == "https://news.example/1"
    body = (
        '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" '
        'xmlns="http://purl.org/rss/1.0/" xmlns:dc="http://purl.org/dc/elements/1.1/">'
        '<channel rdf:about="https://news.example/"><title>Harbor Post</title></channel>'
        '<item rdf:about="https://news.example/1"><title>Port</title>'
        "<link>https://news.example/1</link><dc:creator>Ann Clerk</dc:creator>"
        "<dc:date>2026-01-04</dc:date><dc:publisher>Quay Wire</dc:publisher>"
        "<dc:language>fr</dc:language></item></rdf:RDF>"
    )
    feed = read(body.encode(), about={})
    entry = feed["entries"][0]
    assert feed["kind"] == "rss10"
    assert (entry["author"], entry["publisher"]) == ("Ann Clerk", "Quay Wire")
    assert (entry["published"], entry["timed"], entry["language"]) == ("2026-01-04", False, "fr")


def test_atom_is_read_with_relative_links_and_the_feeds_author() -> None:
    body = (
        '<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="de" xml:base="/2026/">'
        "<title type='html'>Harbor &lt;i&gt;Post&lt;/i&gt;</title>"
        "<author><name>Ann Clerk</name></author>"
        "<entry><id>tag:news.example,2026:1</id><title>Hafen</title><link href='port'/>"
        "<updated>2026-01-04T08:30:00+02:00</updated><summary>Kurz.</summary>"
        "<content type='xhtml'><div xmlns='http://www.w3.org/1999/xhtml'><p>Der Hafen.</p>"
        "<p>Zwölf Schiffe.</p></div></content>"
        "<category term='Live Blog'/><category term='Editorial'/></entry>"
        "<entry><title>Zwei</title><author><name>Bo Dock</name></author>"
        "<author><name>Cy Quay</name></author></entry></feed>"
    )
    feed = read(body.encode(), about=ABOUT)
    first, second = feed["entries"]
    assert (feed["kind"], feed["title"], feed["language"]) == ("atom10", "Harbor Post", "de")
    assert first["guid"] == "tag:news.example,2026:1"
    assert first["url"] == "https://news.example/2026/port"
    assert first["text"] == "Der Hafen.\nZwölf Schiffe."
    assert (first["author"], second["author"]) == ("Ann Clerk", "Bo Dock, Cy Quay")
    assert (first["published"], first["timed"]) == ("2026-01-04T06:30:00Z", True)
    assert (first["marks"], second["marks"]) == (["live", "opinion"], [])


ORIGINAL = (
    '<link>https://count.example/x</link><f:origLink xmlns:f="http://rssnamespace.org/feedburner/'
    'ext/1.0">https://news.example/3</f:origLink>'
)
ALTERNATE = '<a:link xmlns:a="http://www.w3.org/2005/Atom" rel="alternate" href="/4"/>'
ENCODED = (
    "<description>Short.</description><content:encoded><![CDATA[<p>The port of <b>North</b>wick"
    " opened again.</p><p>Twelve ships waited.</p>]]></content:encoded>"
)


@examples("inner, expected")
def test_an_item_is_plain_text_and_has_times_in_utc(inner: str, expected: dict[str, Any]) -> None:
    assert item(inner).items() >= expected.items()


@examples("codec, head")
def test_a_feed_is_read_in_its_encoding_whatever_it_claims(codec: str, head: str) -> None:
    body = rss("<item><title>Мирный</title></item>", head=head).decode().encode(codec)
    assert entries(body, content_type="text/xml; charset=koi8-r")[0]["title"] == "Мирный"


def test_broken_xml_is_read_as_far_as_it_goes_and_what_is_no_text_left_out() -> None:
    body = rss("<item><title>Port & quay</title><description>One<br>two</description></item>")
    assert (first(body)["title"], first(body)["text"]) == ("Port & quay", "One\ntwo")
    atom = (
        '<feed xmlns="http://www.w3.org/2005/Atom"><entry><title>Port</title>'
        "<content type='image/png'>aGFyYm9y</content></entry></feed>"
    )
    assert first(atom.encode())["text"] == ""


@examples("body, reason")
def test_what_is_no_feed_is_told(body: bytes, reason: str) -> None:
    with pytest.raises(InputError, match=f"^{reason}"):
        read(body, about={})


def cpu_seconds(body: bytes) -> float:
    start = time.process_time()
    read(body, about={})
    return time.process_time() - start


def test_50_000_items_take_about_the_time_of_the_thousand_that_are_read(sandbox: Sandbox) -> None:
    body = many(50_000)
    assert cpu_seconds(body) < 8 * cpu_seconds(many(1_000))
    feed = sandbox("feed", body)
    assert len(feed["entries"]) == 1_000
    assert feed["entries"][-1]["guid"] == "g999"
    assert (feed["title"], feed["listed"]) == ("Harbor Post", 50_000)
    assert feed["notes"] == ["lists 50,000 items, only the first 1,000 are read"]


def test_items_are_cut_and_what_follows_the_last_is_kept() -> None:
    kept, listed, notes = cut_items("<feed>" + "<a:entry></a:entry >" * 1_002 + "</feed>")
    assert kept == "<feed>" + "<a:entry></a:entry >" * 1_000 + "</feed>"
    assert (listed, notes) == (1_002, ())
    assert cut_items("<rss/>") == ("<rss/>", 0, ())
    assert read(rss(""), about={})["entries"] == []
    assert read(b"<rss><channel><title>A</title></channel></rss>", about={})["title"] == "A"
    assert read(b"<CHANNEL><TITLE>A</TITLE></CHANNEL>", about={})["kind"] == "unknown"
    with pytest.raises(InputError, match="larger than 25,000,000 bytes"):
        read(b" " * 25_000_001, about={})
    with pytest.raises(InputError, match="larger than 10,000,000 bytes"):
        read(b'{"a":"' + b"x" * 10_000_001 + b'"}', about={})
    text = "Words of it. " * 10_000
    items = "".join(
        f"<item><guid>g{n}</guid><description>{text}</description></item>" for n in range(99)
    )
    feed = read(rss(items), about={})
    assert [entry["guid"] for entry in feed["entries"]] == [f"g{n}" for n in range(76)]
    assert feed["notes"] == ["lists 99 items, only the first 76 are read"]
    huge = rss(f"<item><title>T</title><description>{'x ' * 5_000_001}</description></item>")
    feed = read(huge, about={})
    assert [entry["title"] for entry in feed["entries"]] == ["T"]
    assert "feed too large; cut after 10,000,000 of" in feed["notes"][0]


@pytest.mark.parametrize("gap", ["\n", " "], ids=["lines", "one line"])
def test_an_entity_bomb_grows_nothing(gap: str, sandbox: Sandbox) -> None:
    lines = ['<?xml version="1.0"?>', "<!DOCTYPE r [", '<!ENTITY a0 "ha">']
    lines += [f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 10)]
    lines += ["]>", '<rss version="2.0"><channel><title>&a9;</title></channel></rss>']
    assert len(sandbox("feed", gap.join(lines).encode())["title"]) < 100


def test_a_json_feed_is_read_of_either_version() -> None:
    body = json_feed(
        {
            "id": "1",
            "url": "/1",
            "title": "Ships &amp; quays",
            "content_html": f"<p>{PORT}</p>",
            "summary": "Short.",
            "date_published": "2026-01-04T08:30:00+02:00",
            "tags": ["Opinion", 7],
            "authors": [{"name": "Ann Clerk"}, "x", {"url": "y"}],
        },
        {"id": 2, "external_url": "https://quay.example/2", "content_text": "One\ntwo",
         "date_modified": "2026-01-04", "language": "fr", "author": {"name": "Bo Dock"}},
        {"id": True},
        "no item",
        authors=[{"name": "The desk"}],
        home_page_url="https://news.example/",
        language="en",
    )  # fmt: skip
    feed = read(b"\xef\xbb\xbf" + body, about=ABOUT)
    first, second, third = feed["entries"]
    assert (feed["kind"], feed["title"], feed["listed"]) == ("json1.1", "Harbor Post", 3)
    assert feed["link"] == "https://news.example/"
    assert (first["url"], first["title"]) == ("https://news.example/1", "Ships & quays")
    assert (first["text"], first["author"], first["marks"]) == (PORT, "Ann Clerk", ["opinion"])
    assert (first["published"], first["language"]) == ("2026-01-04T06:30:00Z", "en")
    assert (second["guid"], second["url"]) == ("2", "https://quay.example/2")
    assert (second["text"], second["author"], second["language"]) == ("One\ntwo", "Bo Dock", "fr")
    assert (second["published"], second["timed"]) == ("2026-01-04", False)
    assert (third["guid"], third["author"]) == ("", "The desk")
    assert read(json_feed({"id": "1"}, version="1"), about={})["kind"] == "json1.0"


def test_rss_in_json_is_read() -> None:
    items = [
        {"title": "Port", "link": "/1", "description": f"<p>{PORT}</p>", "guid": "g1",
         "pubDate": "Sun, 04 Jan 2026 08:30:00 +0200", "source": {"#value": "Quay Wire"}},
        {"guid": {"#value": "g2"}, "pubDate": "Sun, 04 Jan 2026 08:30:00 -0000"},
        {"pubDate": "soon"},
    ]  # fmt: skip
    body = json.dumps({"rss": {"channel": {"title": "Harbor Post", "item": items}}}).encode()
    feed = read(body, about=ABOUT)
    first, second, third = feed["entries"]
    assert (feed["kind"], first["url"], first["text"]) == (
        "rss-json",
        "https://news.example/1",
        PORT,
    )
    assert (first["guid"], second["guid"], first["publisher"]) == ("g1", "g2", "Quay Wire")
    assert [each["published"] for each in (first, second, third)] == [
        "2026-01-04T06:30:00Z",
        "2026-01-04T08:30:00Z",
        "",
    ]
