"""Hostile input of every kind for every parser, and the CPU time it takes in a process of its own.

Run as ``python -m tests.sources.growth PARSER``; writes a JSON object of case, once and twice.
Times are multiples of a yardstick, so that they say the same on a slow machine and on a busy one.
"""

import json
import resource
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from importlib import import_module
from io import BytesIO
from pathlib import Path
from types import MappingProxyType
from typing import Any

from briefing.core.errors import InputError
from briefing.core.model import Document
from briefing.core.text.gate import pass_gate
from briefing.core.text.segment import segment
from briefing.sources import articles, decode, formats, mail, opml
from briefing.sources.web import crawl_policy

Make = Callable[[int], bytes]
WORDS = "The harbor council voted on Tuesday to lease two berths to the coastguard. "
#: Bytes of an input, and bytes of one at the limit of what is accepted.
SIZES: Mapping[str, tuple[int, int]] = MappingProxyType(
    {"feed": (100_000, 9_900_000), "page": (60_000, 4_900_000), "links": (100_000, 4_900_000)}
)
_SIZE = (100_000, 0)


def again(unit: str, *, head: str = "", tail: str = "") -> Make:
    """Repeat something between a head and a tail."""
    return lambda n: (head + unit * (n // len(unit)) + tail).encode()


def rss(unit: str, *, head: str = "", tail: str = "") -> Make:
    """Repeat something in a feed."""
    return again(unit, head=f"<rss><channel>{head}", tail=f"{tail}</channel></rss>")


def numbered(form: str, *, head: str = "", tail: str = "") -> Make:
    """Repeat something with a number in it."""
    return lambda n: (
        head + "".join(form.format(at) for at in range(n // (len(form) + 3))) + tail
    ).encode()


OPENERS = ("<!--", "<!-- a -->", "<?x ", "<![CDATA[", "<!DOCTYPE ", "\n<!ENTITY x", "<", "</", "&")
MARKS = (*'a \n"(*`é中', "a b ", "a. ", ". ", "[a](", "![", "> ", "U.S. ")

FEED = {opener: rss(opener) for opener in OPENERS} | {
    "comments alone": again("<!--"),
    "instructions alone": again("<?x "),
    "lines before the first element": again("\n", head="<?xml version='1.0'?>", tail="<rss/>"),
    "declarations": again("\n<!DOCTYPE x"),
    "entities": again('<!ENTITY a "&b;&b;">', head="<!DOCTYPE r [", tail="]><rss/>"),
    "attributes": numbered('a{}="x" ', head="<rss><channel><item ", tail="/></channel></rss>"),
    "a long attribute": again("x", head="<rss><item a='", tail="'/></rss>"),
    "a long name": again("a", head="<rss><", tail="/></rss>"),
    "items": rss("<item><title>Port</title><description>Words.</description></item>"),
    "items never closed": rss("<item><title>Port"),
    "deep": rss("<a>"),
    "authors": rss("<author>Ann (a@b.c)</author>", head="<item>"),
    "a long author": rss("a.", head="<item><author>", tail="@</author></item>"),
    "categories": numbered("<category>x{}</category>", head="<rss><channel><item>"),
    "dates": rss("<pubDate>1 1 1</pubDate>", head="<item>"),
    "HTML in CDATA": rss("<p>a</p>", head="<item><description><![CDATA["),
    "deep HTML": rss("&lt;div>", head="<item><description>", tail="</description></item>"),
    "attributes in HTML": numbered(
        "a{}=1 ", head="<rss><item><description>&lt;p ", tail="></description></item></rss>"
    ),
    "XHTML": again("<div>a</div>", head='<feed><entry><content type="xhtml">'),
    "UTF-16": lambda n: rss("<item><title>T</title></item>")(n // 2).decode().encode("utf-16"),
    "Latin-1": lambda n: rss("<item><title>é</title></item>")(n).decode().encode("latin-1"),
    "emoji": rss("\U0001f600", head="<item><title>"),
    "JSON nested": again('{"a":'),
    "JSON items": again(
        '{"id":"1","content_html":"<p>a"},',
        head='{"version":"https://jsonfeed.org/version/1.1","items":[',
        tail="{}]}",
    ),
    "a JSON number": again("9", head='{"version":', tail="}"),
}
PAGE = {opener: again(opener, head="<html><body><p>") for opener in OPENERS} | {
    "paragraphs": again("<p>a</p>", head="<html><body>"),
    "long paragraphs": again(f"<p>{WORDS}</p>", head="<html><body>"),
    "paragraphs never closed": again("<p>word ", head="<html><body>"),
    "line breaks": again("word<br>", head="<html><body><p>"),
    "deep": again("<div>", head="<html><body>"),
    "bold and italic": again("<b><i>a</b></i>", head="<html><body>"),
    "links": again("<a href='/a'>x</a>", head="<html><body>"),
    "many links": numbered("<a href='/2026/01/{}/a-b-c-d'>Port opens</a>", head="<html><body>"),
    "rows": again("<tr><td>a</td></tr>", head="<html><body><table>"),
    "cells": again("<td>a</td>", head="<html><body><table><tr>"),
    "wide cells": again("<td colspan=100>a</td>", head="<html><body><table><tr>"),
    "tables in tables": again("<table><tr><td>", head="<html><body>"),
    "items": again("<li>a word of it</li>", head="<html><body><ul>"),
    "headings": again("<h2>a</h2>", head="<html><body>"),
    "attributes": numbered('a{}="x" ', head="<html><body><p ", tail=f">{WORDS * 9}"),
    "a long attribute": again("x", head="<html><body><p style='", tail=f"'>{WORDS * 9}"),
    "scripts": again('<script type="application/ld+json">{"@type":"Article"}</script>'),
    "metas": again('<meta name="a" content="b">', head="<html><head>"),
    "addresses": again("http://a.example/2026/01/02/a ", head="<html><body><p>"),
    "a long word": again("x", head="<html><body><p>"),
    "a long line": again("word ", head="<html><body><p>"),
    "emoji": again("\U0001f600", head="<html><body><p>"),
    "times": again("<time datetime='2026-01-02T10:00'>10:00</time>", head="<html><body>"),
    "posts": again(f"<div><time>10:00</time>{WORDS * 2}</div>", head="<html><body>"),
    "posts in posts": again(f"<div><time>10:00</time>{WORDS * 2}", head="<html><body>"),
    "names": again("a-", head="<html><body><p class='", tail=f"'>{WORDS * 9}"),
    "UTF-16": lambda n: again("<p>a</p>")(n // 2).decode().encode("utf-16"),
}
OPML = {opener: again(opener, head="<opml><body>") for opener in OPENERS} | {
    "outlines": numbered('<outline text="a" xmlUrl="http://a.example/{}"/>', head="<opml>"),
    "deep": again('<outline text="a">', head="<opml>"),
    "attributes": numbered('a{}="x" ', head="<opml><outline ", tail="/>"),
    "quotation marks": again('a" b ', head='<opml><outline text="', tail='"/>'),
    "forgotten quotation marks": again('<outline text="a xmlUrl=', head="<opml>"),
    "open tags": again("<outline ", head="<opml>"),
    "equals": again("= ", head="<opml><outline "),
    "a long name": again("x", head="<opml><outline "),
    "blanks in an address": again(" ", head='<opml><outline xmlUrl="a.example/', tail='x"/>'),
    "dots in an address": again("a.", head='<opml><outline xmlUrl="', tail='!"/>'),
    "lines in addresses": again('<outline xmlUrl="feed://a.example/a \n b \n c"/>', head="<opml>"),
    "a list shown as text": again("&lt;outline xmlUrl=&quot;a.example/&quot;/&gt;"),
}
MAIL = {
    "a long subject": again("x", head="From: a@b.c\nDate: x\nSubject: ", tail="\n\nhello"),
    "quotation marks": again('"', head="Date: x\nFrom: ", tail="\n\nhello"),
    "headers": again("X-A: b\n", head="From: a@b.c\nDate: x\n", tail="\nhello"),
    "parameters": again("a=b; ", head="From: a@b.c\nDate: x\nContent-Type: text/plain; "),
    "encoded words": again("=?utf-8?q?a?= ", head="From: a@b.c\nDate: x\nSubject: ", tail="\n\nhi"),
    "borders": again(
        "--y\n", head="From: a@b.c\nDate: x\nContent-Type: multipart/mixed; boundary=x\n\n"
    ),
    "lines": again("a b c\n", head="From: a@b.c\nDate: x\n\n"),
}
ROBOTS = {
    "agents": numbered("User-agent: a{}\n", tail="Disallow: /x\n"),
    "rules": numbered("Disallow: /a{}\n", head="User-agent: *\n"),
    "wildcards": again("Disallow: /*a*b*c*$\n", head="User-agent: *\n"),
    "a long rule": again("*a", head="User-agent: *\nDisallow: /"),
}
TEXT = {mark: again(mark) for mark in (*OPENERS, *MARKS)} | {"words": again(WORDS)}


#: Every parser of bytes from outside, with what it is given.
def _text(body: bytes) -> str:
    return decode.clean(decode.decode(body)[0])


def _boxed(name: str) -> Callable[[bytes], object]:
    # Only what is measured is loaded.
    room = import_module(f"briefing.sources.sandbox.{name}")
    return lambda body: room.read(body, about={"url": "http://news.example/"})


def _mail(body: bytes) -> object:
    def parse(task: str, *_: object, **__: object) -> Mapping[str, Any]:
        raise InputError(f"{task} is not asked here")

    return mail.from_bytes(body, parse=parse)


def _robots(body: bytes) -> object:
    rules = crawl_policy.parse(crawl_policy.to_text(body))
    return crawl_policy.may_fetch(rules, url="http://a.example/" + "a" * 100, agent="Briefing")


def _segment(body: bytes) -> object:
    document = Document(id="d", title="T", text=_text(body))
    return pass_gate(document, segment(document), language="en")


def _formats(body: bytes) -> object:
    articles.is_html(body)
    formats.sniff(body)
    return list(formats.from_lines(decode.Stream(BytesIO(body)), where="x"))


#: Every parser of bytes from outside, with what it is given.
PARSERS: Mapping[str, tuple[Callable[[], Callable[[bytes], object]], Mapping[str, Make]]] = {
    "feed": (lambda: _boxed("feeds"), FEED),
    "page": (lambda: _boxed("pages"), PAGE),
    "links": (lambda: _boxed("links"), PAGE),
    "pdf": (lambda: _boxed("pdfs"), {"marks": again("%PDF-"), **TEXT}),
    "opml": (lambda: opml.read_opml, OPML),
    "mail": (lambda: _mail, MAIL),
    "robots": (lambda: _robots, ROBOTS),
    "markdown": (lambda: lambda body: formats.to_plain(_text(body)), TEXT),
    "text": (lambda: _segment, TEXT),
    "formats": (lambda: _formats, {**TEXT, "lines": again('{"text":"a"}\n')}),
}


def yardstick() -> float:
    """Return the CPU seconds of a million squares; 0.16 on the slow machine where it was set."""
    tries = []
    for _ in range(3):
        began = time.process_time()
        sum(number * number for number in range(1_000_000))
        tries.append(time.process_time() - began)
    return min(tries)


def seconds(parse: Callable[[bytes], object], body: bytes) -> float:
    """Return the CPU time that one input takes, read or refused."""
    began = time.process_time()
    with suppress(InputError):
        parse(body)
    return time.process_time() - began


def main(name: str, at_limit: str = "") -> None:
    """Measure one parser within limits of CPU time and memory, and print what it took."""
    make, cases = PARSERS[name]
    parse = make()
    small, large = SIZES.get(name, _SIZE)
    seconds(parse, b"<html><body><p>Warm up.")
    unit = yardstick()
    resource.setrlimit(resource.RLIMIT_CPU, (120, 120))
    resource.setrlimit(resource.RLIMIT_AS, (1_500_000_000, 1_500_000_000))
    if at_limit:
        took = {case: [seconds(parse, cases[case](large)) / unit] for case in at_limit.split(",")}
    else:
        took = {
            case: [seconds(parse, make(size)) / unit for size in (small, 2 * small)]
            for case, make in cases.items()
        }
    # Not ru_maxrss, which a child has from whoever started it.
    megabytes = int(Path("/proc/self/status").read_text().partition("VmHWM:")[2].split()[0]) / 1024
    sys.stdout.write(json.dumps({"took": took, "megabytes": megabytes}))


if __name__ == "__main__":
    main(*sys.argv[1:])
