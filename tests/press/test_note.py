import io
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import docx
import pytest

from briefing.app.editions import prove_stored
from briefing.app.publish import Published, publish
from briefing.core import record
from briefing.core.model import DeskNote, Edition
from briefing.press.formats import Rendition
from briefing.press.html import screen_html
from briefing.press.letter import letter_parts
from briefing.press.readback import missing, read_back
from briefing.press.word import page_word
from briefing.settings import Settings
from briefing.setup import parts
from briefing.store import Store, drafts
from tests.newsday import YESTERDAY
from tests.press.shown import PRINTED, shown
from tests.publishing import BRIEFING, FIRST, Desk, at, edition_of, open_at, publish_plan

NOTE = DeskNote("We say <b>this</b> & *that* [1] ourselves: it is provisional.", "M. Weber")
#: Sixty words, as wide as they may be.
LONG = DeskNote("wwwwwww " * 59 + "wwwwwww", "W" * 30)
THEME = parts.theme(Settings())


def printed(store: Store, note: DeskNote | None, *, theme: str = "classic") -> Published:
    Desk(store).keep(*FIRST, when=at(YESTERDAY, 18))
    if note:
        with store.write() as tx:
            drafts.put_note(tx, BRIEFING, YESTERDAY, note, who="ann", at=at(YESTERDAY, 18))
    press = parts.press(Settings.model_validate({"page": {"theme": theme}}))
    return publish(store, publish_plan(press=press), day=YESTERDAY, now=at(YESTERDAY, 20))


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with open_at(tmp_path) as store:
        yield store


@pytest.fixture(scope="module")
def edition(tmp_path_factory: pytest.TempPathFactory) -> Edition:
    with open_at(tmp_path_factory.mktemp("desk")) as store:
        return edition_of(printed(store, NOTE).stored)


@pytest.mark.parametrize(
    ("note", "theme"), [(LONG, "classic"), (NOTE, "memo"), (LONG, "large")], ids=str
)
def test_it_is_on_the_page_that_stays_a_page(store: Store, note: DeskNote, theme: str) -> None:
    done = printed(store, note, theme=theme)
    assert done.printed
    assert done.printed.edition.note == note
    fit = done.printed.fit
    assert fit.pages <= fit.most
    assert fit.faults == ()
    assert missing(done.printed.edition, read_back(done.printed.pdf)) == ()


def test_a_page_that_has_lost_it_is_refused(store: Store, edition: Edition) -> None:
    done = printed(store, None)
    lost = missing(replace(edition_of(done.stored), note=edition.note), read_back(done.printed.pdf))  # type: ignore[union-attr]
    assert [one.text for one in lost] == [NOTE.text, NOTE.signed]


def test_the_record_keeps_it_and_the_proof_names_it(store: Store) -> None:
    stored = printed(store, NOTE).stored
    assert edition_of(stored).note == NOTE
    proof = prove_stored(store, briefing=BRIEFING, day=YESTERDAY).proof
    assert (proof.failures, proof.note) == ((), NOTE)
    assert NOTE.text not in {one.text for one in edition_of(stored).passages()}


def test_it_stands_apart_before_the_news_and_says_whose_it_is(edition: Edition) -> None:
    mail = letter_parts(edition, theme=THEME)
    escaped = "We say &lt;b&gt;this&lt;/b&gt; &amp; *that* [1] ourselves: it is provisional."
    for html in (screen_html(edition, Rendition(THEME)), mail.html):
        assert html.index("Note of the desk") < html.index(escaped) < html.index("M. Weber")
    for form in PRINTED:
        text = shown(form, edition, THEME).casefold()
        places = [text.index(words) for words in ("of the desk", "we say", "m. weber", "ledger")]
        assert places == sorted(places)
    assert "  M. Weber (the desk’s own words, not a source’s)\n" in mail.text
    (table,) = docx.Document(io.BytesIO(page_word(edition, Rendition(THEME)))).tables
    assert table.cell(0, 0).text == (
        f"{NOTE.text}\nM. Weber (the desk’s own words, not a source’s)"
    )
    assert '"note"' not in record.write(replace(edition, note=None))
