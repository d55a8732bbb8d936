import io
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

import pytest
from pypdf import PdfReader

from briefing.core import record
from briefing.core.model import Document, Edition, Figure, Quote
from briefing.core.page.fit import fit
from briefing.press.formats import Rendition
from briefing.press.html import screen_html
from briefing.press.measure import Press
from briefing.press.readback import read_back, squeezed
from briefing.press.text import page_text
from briefing.press.theme import Theme
from tests.fakes import candidate, document, draft, named_story, slice_of
from tests.press.test_html import Tree

#: What may stand in a sentence that has passed the gate, and in a title.
MARKUP = (
    "<script>alert(1)</script> says \"yes\" & 'no'",
    "</style></title></p><h1>taken over</h1><!-- ",
    "{{ 7*7 }} {% raw %} {{ page.id }} {# gone #}",
    "<link rel=attachment href=file:///etc/passwd>",
    "<img src=https://example.org/a.png onerror=alert(1)>",
    "&lt;b&gt; &#60;b&#62; ]]> \\u003cb\\u003e %3Cb%3E",
    "x" * 40 + " and " + "W" * 40,
    "ze\u200bro wi\u200ddth \u00adand \u200emarks",
    "The cafe\u0301 and ﬁnal oﬃces",
)
#: What no line of type can hold; it is never a headline and never a publisher.
UNSETTABLE = (
    "Council \u202egnihton\u202c votes",
    "Council\x01votes\x0bagain\x7f\x9b",
    "Council \ud800 votes",
    "Council\u2028votes\u2029again",
    "Council \U000e0041 votes \ue000",
    "C" * 50 + " votes",
    "🚢 Council votes on berths 👩🏽\u200d🚒",
    "港口理事会周二投票决定租出两个泊位",
    "صوت مجلس الميناء يوم الثلاثاء",
    "𒀀𐌰 Council votes",
)
ADDRESSES = (
    "javascript:alert(1)",
    "file:///etc/passwd",
    "data:text/html,<script>alert(1)</script>",
    "//example.org/path",
    " https://example.org/ leading",
    "https://example.org/\nfile:///etc/passwd",
    "ftp://example.org/",
    "mailto:desk@example.org",
    "https://example.org/\u202egro.elpmaxe",
    "",
)
QUOTED = "https://example.org/?a=\"><script>alert(1)</script>&b='{{7*7}}'#c"


@dataclass(frozen=True)
class Made:
    edition: Edition
    pdf: bytes
    html: str
    text: str
    json: str
    lost: int


def hostile_document(number: int, text: str, *, url: str) -> Document:
    title = text if text in UNSETTABLE else text[:140]
    body = text if text in MARKUP else "The council voted"
    source = document(
        number,
        text=f"{body} on Tuesday. The lease brings in $14 million a year.",
        title=title,
        publisher=text,
    )
    return replace(source, url=url)


def make(theme: Theme) -> Made:
    texts = (*MARKUP, *UNSETTABLE)
    sources = [
        hostile_document(100 + number, texts[number], url=([*ADDRESSES, QUOTED] * 2)[number])
        for number in range(len(texts))
    ]
    plain = draft(len(sources) - 1)
    briefs = []
    for other, source in zip(plain.briefs, sources[1:], strict=True):
        made = candidate(source, section=other.section, rank=other.rank, most=2, top=False)
        lengths = tuple(replace(brief, headline=source.headline) for brief in made.lengths)
        # The sixth has the only words without a place to break.
        briefs.append(replace(made, lengths=lengths, pinned=source is sources[6]))
    first = slice_of(sources[0], sources[0].text.split(". ")[0])
    speaker = slice_of(sources[6], MARKUP[6])
    hostile = replace(
        plain,
        top=candidate(sources[0], section="economy", rank=0, most=2, top=True),
        briefs=tuple(briefs),
        edition=replace(
            plain.edition,
            name="</h1>{{1}}",
            dateline="<b>&",
            documents={source.id: source for source in sources},
            panel=replace(
                plain.edition.panel,
                figures=(Figure(first, first), Figure(speaker, speaker)),
                quotes=(Quote(first, speaker, speaker),),
                ahead=(),
                also=tuple(map(named_story, sources[1:4])),
            ),
        ),
    )
    press = Press(theme, theme.paper("A4"))
    edition = fit(hostile, press).edition
    pdf = press.print(edition)
    return Made(
        edition,
        pdf,
        screen_html(edition, Rendition(theme)),
        page_text(edition, Rendition(theme)),
        record.write(edition),
        len(press.missing(edition, pdf)),
    )


@pytest.fixture(scope="module")
def made(theme: Theme) -> Made:
    return make(theme)


def links(pdf: bytes) -> Iterator[str]:
    for page in PdfReader(io.BytesIO(pdf)).pages:
        for annotation in page["/Annots"]:  # type: ignore[attr-defined]
            action = annotation.get_object().get("/A", {})
            assert action.get("/S", "/URI") == "/URI"
            if "/URI" in action:
                yield str(action["/URI"])


def test_the_pdf_is_one_page_that_says_everything_as_the_words_it_is(made: Made) -> None:
    read = read_back(made.pdf)
    assert (read.pages, made.lost) == (1, 0)
    printed = [sentence.text for sentence in made.edition.sentences()]
    for markup in MARKUP[:6]:
        assert any(text.startswith(markup) for text in printed)
    assert squeezed(MARKUP[2]) in squeezed(read.text)
    assert "[</h1>{{1}}]" in squeezed(read.text)
    lines = [line for run in read.runs for line in run.text.splitlines()]
    assert any("WWWW" in line for line in lines)
    assert not any("W" * 40 in line for line in lines)
    for unsettable in ("gnihton", "again", "C" * 50, "root:x:0"):
        assert unsettable not in read.text


def test_the_pdf_links_only_to_the_web_and_embeds_no_file(made: Made) -> None:
    targets = list(links(made.pdf))
    assert targets
    assert all(re.match(r"https?://[^\s]+$", link) for link in targets)
    assert not PdfReader(io.BytesIO(made.pdf)).attachments
    assert b"/EmbeddedFile" not in made.pdf


def test_the_html_executes_and_loads_nothing_and_links_only_to_the_web(made: Made) -> None:
    tree = Tree(made.html)
    assert len(tree.of("h1")) == 1
    tags = {element.tag for element in tree.all}
    assert not {"script", "img", "link", "iframe", "object", "base"} & tags
    names = {name for element in tree.all for name in element.attributes}
    assert not any(name.startswith("on") for name in names)
    assert not names & {"src", "srcset", "data", "action"}
    hrefs = [one.attributes["href"] for one in tree.all if "href" in one.attributes]
    assert hrefs
    assert all(re.match(r"(#[a-z]+\d*|https?://[^\s]+)$", href) for href in hrefs)
    assert "\u202e" not in made.html


def test_the_text_has_no_controls_and_names_addresses_of_the_web(made: Made) -> None:
    assert made.text.encode()
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e]", made.text)
    addresses = re.findall(r"^ +(?:\[\d+\] )?([A-Za-z]+:\S+)$", made.text, re.MULTILINE)
    assert addresses
    assert all(address.startswith("https://") for address in addresses)


def test_the_json_keeps_every_title_and_is_read_back_as_written(made: Made) -> None:
    assert made.json.encode()
    stored = record.read(made.json, name="edition.json").edition
    for name, source in made.edition.documents.items():
        assert stored.documents[name].title == source.title
    assert record.write(stored).split('"documents"')[0] == made.json.split('"documents"')[0]
    assert list(stored.passages()) == [
        replace(passage, index=0, paragraph=0) for passage in made.edition.passages()
    ]
