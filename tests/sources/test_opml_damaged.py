"""Lists of sources as they come: each invented, damaged in one way, with what is in it."""

from html import escape

import pytest

from briefing.core.errors import InputError
from briefing.sources.opml import read_opml

A, B, C = (f"https://{name}.example/rss" for name in ("alder", "birch", "cedar"))
NAMES = {A: "Alder", B: "Birch", C: "Cedar"}


def row(url: str, name: str = "", *, more: str = "") -> str:
    return f'<outline text="{name or NAMES[url]}" type="rss" xmlUrl="{url}"{more}/>'


def opml(*rows: str, version: str = "2.0", head: str = "") -> str:
    lines = "\n".join(rows)
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<opml version="{version}">\n'
        f"<head><title>Feeds</title>{head}</head>\n<body>\n{lines}\n</body>\n</opml>\n"
    )


#: What a list is like, the list, and address and name of each feed in it.
LISTS: dict[str, tuple[str | bytes, list[tuple[str, str]]]] = {
    "whole": (opml(row(A), row(B), row(C)), [(A, "Alder"), (B, "Birch"), (C, "Cedar")]),
    "bare & in a name": (opml(row(A, "Alder & Sons"), row(B)), [(A, "Alder & Sons"), (B, "Birch")]),
    "bare & in an address": (
        opml(row(f"{A}?a=1&b=2", "Alder"), row(B)),
        [(f"{A}?a=1&b=2", "Alder"), (B, "Birch")],
    ),
    "& that looks like an entity": (
        opml(row(f"{A}?a=1&copy=2&lt=3", "Alder")),
        [(f"{A}?a=1&copy=2&lt=3", "Alder")],
    ),
    "entities": (
        opml(row(A, "R&amp;D &lt;now&gt; &quot;x&quot; &#233;&#xe9;&eacute;&hellip;")),
        [(A, 'R&D <now> "x" ééé…')],
    ),
    "unknown entity": (opml(row(A, "Alder &wat; Sons")), [(A, "Alder &wat; Sons")]),
    "bare < in a name": (
        opml(row(A, "Alder < Birch"), row(B)),
        [(A, "Alder < Birch"), (B, "Birch")],
    ),
    "bare > in a name": (
        opml(row(A, "Alder > Birch"), row(B)),
        [(A, "Alder > Birch"), (B, "Birch")],
    ),
    "tags in a name": (opml(row(A, "<b>Alder</b>"), row(B)), [(A, "<b>Alder</b>"), (B, "Birch")]),
    "quotation marks in a name": (
        opml(row(A, 'The "Alder" Post'), row(B)),
        [(A, 'The "Alder" Post'), (B, "Birch")],
    ),
    "forgotten quotation mark": (
        opml(f'<outline text="Alder xmlUrl="{A}"/>', row(B)),
        [(A, "Alder"), (B, "Birch")],
    ),
    "forgotten last quotation mark": (
        opml(f'<outline text="Alder" xmlUrl="{A} />', row(B)),
        [(A, "Alder"), (B, "Birch")],
    ),
    "no quotation marks": (
        opml(f"<outline text=Alder xmlUrl={A} type=rss/>", row(B)),
        [(A, "Alder"), (B, "Birch")],
    ),
    "apostrophes": (
        opml(f"<outline text='Alder' xmlUrl='{A}'/>", row(B)),
        [(A, "Alder"), (B, "Birch")],
    ),
    "apostrophe within": (
        opml(f"<outline text='Alder's Post' xmlUrl='{A}'/>"),
        [(A, "Alder's Post")],
    ),
    "no space between attributes": (
        opml(f'<outline text="Alder"type="rss"xmlUrl="{A}"/>'),
        [(A, "Alder")],
    ),
    "spaces around =": (opml(f'<outline text = "Alder" xmlUrl\n=\n"{A}" />'), [(A, "Alder")]),
    "attribute twice": (opml(row(A, more=' text="Other"'), row(B)), [(A, "Alder"), (B, "Birch")]),
    "attribute without a value": (
        opml(f'<outline isOpen text="Alder" xmlUrl="{A}"/>'),
        [(A, "Alder")],
    ),
    "names in small letters": (opml(f'<outline text="Alder" xmlurl="{A}"/>'), [(A, "Alder")]),
    "names in capitals": (opml(f'<OUTLINE TEXT="Alder" XMLURL="{A}"/>'), [(A, "Alder")]),
    "url in place of xmlUrl": (
        opml(f'<outline text="Alder" type="rss" url="{A}"/>', version="1.0"),
        [(A, "Alder")],
    ),
    "url without a type": (
        opml(f'<outline text="Alder" url="{A}"/>', version="1.1"),
        [(A, "Alder")],
    ),
    "other names of xmlUrl": (
        opml(
            f'<outline text="Alder" feedUrl="{A}"/>',
            f'<outline text="Birch" rssUrl="{B}"/>',
            f'<outline text="Cedar" xml_url="{C}"/>',
        ),
        [(A, "Alder"), (B, "Birch"), (C, "Cedar")],
    ),
    "an empty xmlUrl beside a url": (
        opml(f'<outline text="Alder" xmlUrl="" url="{A}"/>'),
        [(A, "Alder")],
    ),
    "schemes of feed readers": (
        opml(
            row(A.replace("https", "feed"), "Alder"),
            row(f"feed:{B}", "Birch"),
            row(C.replace("https", "itpc"), "Cedar"),
        ),
        [
            (A.replace("https", "http"), "Alder"),
            (B, "Birch"),
            (C.replace("https", "http"), "Cedar"),
        ],
    ),
    "no scheme": (
        opml(row("alder.example/rss", "Alder"), row("//birch.example/rss", "Birch")),
        [(A, "Alder"), (B, "Birch")],
    ),
    "an address over two lines": (
        opml(row("https://alder.example/\n    rss", "Alder")),
        [(A, "Alder")],
    ),
    "a blank in an address": (
        opml(row("https://alder.example/my feed", "Alder")),
        [("https://alder.example/my%20feed", "Alder")],
    ),
    "blanks around an address": (opml(row(f"  {A}\n ", "Alder")), [(A, "Alder")]),
    "quotation marks of a word processor": (
        opml(f"<outline xmlUrl=“{A}”/>"),
        [(A, "")],
    ),
    "a page that shows a list": (
        f"<html><body><pre>{escape(opml(row(A, 'Alder &amp; Sons'), row(B)))}</pre></body></html>",
        [(A, "Alder & Sons"), (B, "Birch")],
    ),
    "a page that shows a list, quoted": (
        f"<!doctype html><body><code>{escape(opml(row(A)), quote=True)}</code>",
        [(A, "Alder")],
    ),
    "a list between the marks of Markdown": (
        f"# Feeds\n```xml\n{opml(row(A))}```\n",
        [(A, "Alder")],
    ),
    "NUL among the letters": (opml(row(A)).replace("Alder", "Al\0der"), [(A, "Alder")]),
    "letters of all kinds in capitals": (
        f'<OPML><BODY><OUTLINE TEXT="Alder" XMLURL="{A}"/></BODY></OPML>',
        [(A, "Alder")],
    ),
    "no head, no version, no declaration": (
        f"<opml><body>{row(A)}</body></opml>",
        [(A, "Alder")],
    ),
    "no name": (opml(f'<outline type="rss" xmlUrl="{A}"/>'), [(A, "")]),
    "an address in letters of its country": (
        opml(row("https://erlé.example/новости", "Erlé")),
        [("https://erlé.example/новости", "Erlé")],
    ),
    "mark of byte order and blank lines": (
        b"\xef\xbb\xbf\r\n\r\n" + opml(row(A)).encode(),
        [(A, "Alder")],
    ),
    "an entity of a file": (
        f'<!DOCTYPE opml [<!ENTITY t SYSTEM "file:///etc/hosts">]>{opml(row(A, "&t;"))}',
        [(A, "&t;")],
    ),
    "a stylesheet": (
        opml(row(A)).replace("<opml", '<?xml-stylesheet href="x.xsl"?>\n<opml'),
        [(A, "Alder")],
    ),
    "one address five hundred times": (opml(*[row(A)] * 500, row(B)), [(A, "Alder"), (B, "Birch")]),
    "links to pages": (
        opml('<outline text="Page" type="link" url="https://page.example/"/>', row(B)),
        [(B, "Birch")],
    ),
    "elements never closed": (
        opml(*(outline.replace("/>", ">") for outline in (row(A), row(B)))),
        [(A, "Alder"), (B, "Birch")],
    ),
    "tags never closed": (
        opml(f'<outline text="Alder" xmlUrl="{A}"', row(B)),
        [(A, "Alder"), (B, "Birch")],
    ),
    "folders never closed": (
        opml('<outline text="Trees">', row(A), '<outline text="More">', row(B)),
        [(A, "Alder"), (B, "Birch")],
    ),
    "folders closed too often": (
        opml(row(A), "</outline></outline>", row(B)),
        [(A, "Alder"), (B, "Birch")],
    ),
    "folders in folders": (
        opml("<outline text='a'>" * 400, row(A), "</outline>" * 400, row(B)),
        [(A, "Alder"), (B, "Birch")],
    ),
    "cut off in the middle": (
        opml(row(A), row(B), row(C))[:-19],
        [(A, "Alder"), (B, "Birch"), (C, "Cedar")],
    ),
    "cut off in an address": (
        opml(row(A), row(B))[: opml(row(A), row(B)).index("birch") + 3],
        [(A, "Alder")],
    ),
    "no root": ("\n".join([row(A), row(B)]), [(A, "Alder"), (B, "Birch")]),
    "no body": (f"<opml>{row(A)}</opml>", [(A, "Alder")]),
    "words before it": ("Here are my feeds:\n" + opml(row(A)), [(A, "Alder")]),
    "words after it": (opml(row(A)) + "</opml></p>\n& more", [(A, "Alder")]),
    "blank lines before it": ("\n\n  " + opml(row(A)), [(A, "Alder")]),
    "bare & in the head": (opml(row(A), head="<ownerName>A & B</ownerName>"), [(A, "Alder")]),
    "comment around a feed": (opml(f"<!-- {row(A)} -->", row(B)), [(B, "Birch")]),
    "comment never closed": (opml("<!-- old", row(A), row(B)), [(A, "Alder"), (B, "Birch")]),
    "CDATA around a feed": (opml(f"<![CDATA[ {row(A)} ]]>", row(B)), [(B, "Birch")]),
    "a definition": (
        f'<!DOCTYPE opml [<!ENTITY t "Trees">]>{opml(row(A, "&t;"))}',
        [(A, "&t;")],
    ),
    "control characters": (opml(row(A, "Al\x0bder\x01"), row(B)), [(A, "Al der"), (B, "Birch")]),
    "byte order mark": (b"\xef\xbb\xbf" + opml(row(A)).encode(), [(A, "Alder")]),
    "UTF-16": (opml(row(A, "Erlé")).encode("utf-16"), [(A, "Erlé")]),
    "UTF-16 without a mark": (opml(row(A, "Erlé")).encode("utf-16-le"), [(A, "Erlé")]),
    "UTF-16, big end first, without a mark": (
        opml(row(A, "Erlé")).encode("utf-16-be"),
        [(A, "Erlé")],
    ),
    "Latin-1 that says so": (
        opml(row(A, "Erlé")).replace("UTF-8", "ISO-8859-1").encode("latin-1"),
        [(A, "Erlé")],
    ),
    "Latin-1 that says UTF-8": (opml(row(A, "Erlé")).encode("latin-1"), [(A, "Erlé")]),
    "UTF-8 that says Latin-1": (
        opml(row(A, "Erlé")).replace("UTF-8", "ISO-8859-1").encode(),
        [(A, "Erlé")],
    ),
    "unknown encoding": (opml(row(A)).replace("UTF-8", "klingon"), [(A, "Alder")]),
    "a page with a list in it": (
        f"<html><body><h1>Feeds</h1>{row(A)}</body></html>",
        [(A, "Alder")],
    ),
    "another namespace": (
        f'<o:opml xmlns:o="http://x.example/"><o:outline text="Alder" xmlUrl="{A}"/></o:opml>',
        [(A, "Alder")],
    ),
    "lines in an attribute": (opml(row(A, "Alder\n  Post")), [(A, "Alder Post")]),
    "Windows lines": (opml(row(A), row(B)).replace("\n", "\r\n"), [(A, "Alder"), (B, "Birch")]),
    "an address that is none among others": (
        opml(row(A), '<outline text="Local" xmlUrl="file:///etc/hosts"/>', row(B)),
        [(A, "Alder"), (B, "Birch")],
    ),
}


@pytest.mark.parametrize("name", LISTS)
def test_of_a_damaged_list_every_feed_is_salvaged(name: str) -> None:
    content, wanted = LISTS[name]
    read = read_opml(content.encode() if isinstance(content, str) else content)
    assert [(source.url, source.name) for source in read.sources] == wanted
    assert all(note.isprintable() for note in read.notes)


def test_what_is_lost_is_told_with_line_and_title() -> None:
    lost = '<outline text="Local & near" xmlUrl="file:///etc/hosts"/>'
    read = read_opml(opml(row(A), lost, '<outline text="Empty"/>', row(B)).encode())
    assert read.notes == (
        "not well-formed XML: 1 outline is read as probably meant, the first on line 6",
        "line 6: file:///etc/hosts (Local & near): not a web address (http or https)",
        "line 7: Empty: no address (xmlUrl)",
    )


@pytest.mark.parametrize("content", ["<html><body><p>No feeds here", "feeds", "{}", "<rss/>"])
def test_only_what_holds_no_list_is_refused(content: str) -> None:
    with pytest.raises(InputError, match=r"^not OPML"):
        read_opml(content.encode())
