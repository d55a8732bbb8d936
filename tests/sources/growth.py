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
from typing import Any

from briefing.core.errors import InputError
from briefing.core.model import Document
from briefing.core.text.analysis import analyze
from briefing.sources import articles, decode, formats, mail, opml
from briefing.sources.web import crawl_policy

Make = Callable[[int], bytes]
WORDS = "The harbor council voted on Tuesday to lease two berths to the coastguard. "


def again(unit: str, *, head: str = "", tail: str = "") -> Make:
    """Repeat something between a head and a tail."""
    return lambda n: (head + unit * (n // len(unit)) + tail).encode()


def numbered(form: str, *, head: str = "", tail: str = "") -> Make:
    """Repeat something with a number in it."""
    return lambda n: (
        head + "".join(form.format(at) for at in range(n // (len(form) + 3))) + tail
    ).encode()


OPENERS = ("<!--", "<!-- a -->", "<?x ", "<![CDATA[", "<!DOCTYPE ", "\n<!ENTITY x", "<", "</", "&")
MARKS = (*'a \n"(*`é中', "a b ", "a. ", ". ", "[a](", "![", "> ", "U.S. ")

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
    return analyze(document, language="en")


def _formats(body: bytes) -> object:
    articles.is_html(body)
    formats.sniff(body)
    return list(formats.from_lines(decode.Stream(BytesIO(body)), where="x"))


#: Every parser of bytes from outside, with what it is given.
PARSERS: Mapping[str, tuple[Callable[[], Callable[[bytes], object]], Mapping[str, Make]]] = {
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


def main(name: str) -> None:
    """Measure one parser within limits of CPU time and memory, and print what it took."""
    make, cases = PARSERS[name]
    parse = make()
    size = 50_000 if name == "markdown" else 100_000
    seconds(parse, b"<html><body><p>Warm up.")
    unit = yardstick()
    resource.setrlimit(resource.RLIMIT_CPU, (120, 120))
    resource.setrlimit(resource.RLIMIT_AS, (1_500_000_000, 1_500_000_000))
    took = {
        case: [seconds(parse, make(size)) / unit, seconds(parse, make(2 * size)) / unit]
        for case, make in cases.items()
    }
    # Not ru_maxrss, which a child has from whoever started it.
    megabytes = int(Path("/proc/self/status").read_text().partition("VmHWM:")[2].split()[0]) / 1024
    sys.stdout.write(json.dumps({"took": took, "megabytes": megabytes}))


if __name__ == "__main__":
    main(*sys.argv[1:])
