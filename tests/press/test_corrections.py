import re
from dataclasses import replace
from datetime import UTC, date, datetime
from io import BytesIO

import docx
import pytest

from briefing.core import record
from briefing.core.model import (
    CorrectionBrief,
    CorrectionKind,
    Document,
    Edition,
    Ledger,
    Panel,
    Sentence,
)
from briefing.core.page.fit import fit
from briefing.core.ports import NO_STORY, Draft
from briefing.core.proof import prove
from briefing.core.text.corrections import compare
from briefing.core.text.segment import segment
from briefing.press.formats import Rendition
from briefing.press.html import screen_html
from briefing.press.letter import letter_parts
from briefing.press.measure import Press
from briefing.press.online import online
from briefing.press.readback import read_back
from briefing.press.reasons import why_facts, why_text
from briefing.press.theme import Theme
from briefing.press.view import view
from briefing.press.word import page_word
from tests.fakes import draft
from tests.present import present
from tests.press.lettering import joined
from tests.press.shown import PRINTED, shown
from tests.press.test_html import Tree

NOTICED = datetime(2026, 3, 12, 5, tzinfo=UTC)
WAS = Document(
    "rate",
    "Bank of Ostra raises its rate to 4 percent",
    "The bank of Ostra raised its rate to 4 percent on Wednesday. Crews sang at the harbor.",
    publisher="Kalvik Post",
    url="https://kalvik.example/rate",
)
NOW = replace(
    WAS, id="rate~2", title=WAS.title.replace("4", "3.75"), text=WAS.text.replace("4", "3.75")
)


def changed() -> CorrectionBrief:
    (change,) = compare([segment(WAS)[0]], was=WAS, now=NOW)
    return CorrectionBrief(
        CorrectionKind.CHANGED,
        change.old,
        change.new,
        "ostra-desk/2026-03-10",
        date(2026, 3, 10),
        NOTICED,
        old_marks=change.old_marks,
        new_marks=change.new_marks,
    )


def withdrawn() -> CorrectionBrief:
    return replace(
        changed(),
        kind=CorrectionKind.WITHDRAWN,
        old=segment(WAS)[1],
        new=None,
        old_marks=(),
        new_marks=(),
    )


def headline() -> CorrectionBrief:
    old, new = (
        Sentence(document.id, 0, len(document.title), document.title) for document in (WAS, NOW)
    )
    at = WAS.title.index("4")
    return replace(
        changed(),
        old=old,
        new=new,
        headline=True,
        old_marks=((at, at + 1),),
        new_marks=((at, at + 4),),
    )


def due(*briefs: CorrectionBrief, stories: int = 0) -> Draft:
    paper = draft(max(0, stories - 1), beside=False)
    edition = replace(
        paper.edition,
        corrections=briefs,
        documents={**paper.edition.documents, WAS.id: WAS, NOW.id: NOW},
    )
    return replace(paper, edition=edition, top=paper.top if stories else NO_STORY)


ALL = (changed(), withdrawn(), headline())


@pytest.fixture(scope="module")
def press(theme: Theme) -> Press:
    return Press(theme, theme.paper("A4"))


@pytest.fixture(scope="module")
def edition(press: Press) -> Edition:
    """An edition of three corrections and nothing else."""
    return fit(due(*ALL), press).edition


def test_old_and_new_words_stand_on_one_page_the_same_each_time(
    press: Press, edition: Edition, theme: Theme
) -> None:
    pdf = press.print(edition)
    read = read_back(pdf)
    assert (read.pages, press.missing(edition, pdf)) == (1, ())
    assert press.smallest_type(edition, pdf) >= 8.5
    for words in ("Printed Tue 10 March", "Headline printed Tue 10 March", "Withdrawn by its"):
        assert words in joined(read.text)
    other = replace(headline(), new=Sentence(NOW.id, 0, 5, "Other"))
    forged = replace(edition, corrections=(*edition.corrections, other))
    assert [passage.text for passage in press.missing(forged, pdf)] == ["Other"]
    assert Press(theme, theme.paper("A4")).print(edition) == pdf


@pytest.mark.slow
def test_many_are_one_full_page_and_the_rest_is_counted(press: Press) -> None:
    fitted = fit(due(*(changed() for _ in range(50)), stories=6), press)
    edition = fitted.edition
    assert 1 < len(edition.corrections) < 50
    pdf = press.print(edition)
    read = read_back(pdf)
    assert (read.pages, fitted.fit.faults, press.missing(edition, pdf)) == (1, (), ())
    waiting = 50 - len(edition.corrections)
    assert f"{waiting} more corrections are due and had no room" in joined(read.text)
    assert f"{waiting} more due" in joined(read.text)


def test_a_correction_names_its_year_and_the_words_that_differ(edition: Edition) -> None:
    page = view(replace(edition, ledger=Ledger(corrections_waiting=1)))
    assert page.waiting.startswith("1 more correction is due")
    old = replace(changed(), day=date(2025, 12, 31))
    (printed,) = view(replace(edition, corrections=(old,))).corrected
    assert printed.was == "Printed Wed 31 December 2025"
    first = view(edition).corrected[0]
    for words, differing in ((first.old, ["4"]), (present(first.new), ["3.75"])):
        assert [text for text, differs in words.pieces if differs] == differing
        assert "".join(text for text, _ in words.pieces) == words.line.text


class TestOnTheScreen:
    def test_each_mark_opens_words_in_their_source(self, edition: Edition, theme: Theme) -> None:
        tree = Tree(screen_html(edition, Rendition(theme)))
        assert len(tree.of("article", "correction")) == 3
        checks = tree.of("section", "check")
        assert len(checks) == 5
        assert "of the stored title" in checks[-1].text
        assert "Crews sang" in checks[0].text
        assert "Crews sang" not in checks[-1].text

    def test_the_web_proves_both_and_finds_another_title(self, edition: Edition) -> None:
        stored = record.read(record.write(edition), name="a test")
        page = online(stored, sources=edition.documents, segment=segment)
        assert page.faults == ()
        assert [check.place for check in page.checks[:3]] == [
            "Correction 1, as printed",
            "Correction 1, now",
            "Correction 2, as printed",
        ]
        assert [check.part > 0 for check in page.checks] == [True, True, True, False, False]
        other = {**edition.documents, NOW.id: replace(NOW, title="Other")}
        page = online(stored, sources=other, segment=segment)
        assert [check.place for check in page.faults] == ["Correction 3, now"]
        gone = online(stored, sources={WAS.id: WAS}, segment=segment)
        assert {check.sentence.document for check in gone.faults} == {NOW.id}


class TestInOtherForms:
    def test_a_mail_of_corrections_is_named_so(self, edition: Edition, theme: Theme) -> None:
        parts = letter_parts(replace(edition, sections=(), panel=Panel()), theme=theme)
        assert parts.headline == "Correction to an earlier edition"
        assert parts.headline in parts.link

    @pytest.mark.parametrize("form", PRINTED)
    def test_each_says_both(self, edition: Edition, theme: Theme, form: str) -> None:
        text = shown(form, edition, theme)
        assert re.search("Printed Tue 10 March:? The bank of Ostra raised its rate to 4 p", text)
        assert re.search("Now:? The bank of Ostra raised its rate to 3.75 percent", text)
        assert re.search(r"Crews sang at the harbor\. ?\[\d\] Withdrawn by its source since", text)

    def test_word_underlines_what_differs(self, edition: Edition, theme: Theme) -> None:
        file = docx.Document(BytesIO(page_word(edition, Rendition(theme))))
        underlined = [run.text for one in file.paragraphs for run in one.runs if run.underline]
        differing = [
            piece
            for one in view(edition).corrected
            for words in filter(None, (one.old, one.new))
            for piece, differs in words.pieces
            if differs
        ]
        assert underlined == differing != []

    def test_why_tells_where_both_stand_and_what_differs(self, edition: Edition) -> None:
        lines = why_text(edition, "c1")
        assert (
            "c1: a correction of ostra-desk/2026-03-10; changed, noticed 2026-03-12 05:00" in lines
        )
        assert "rate, characters 0 to 60; differs: '4'" in lines
        assert "rate~2, characters 0 to 63; differs: '3.75'" in lines
        assert "differs: nothing" in why_text(edition, "c2")
        assert why_facts(edition, "c3")["headline"] is True


class TestItsProof:
    def test_counts_old_words_and_new_ones(self, edition: Edition) -> None:
        proof = prove(edition, sources=edition.documents)
        assert (proof.checked, proof.failures) == (5, ())

    @pytest.mark.parametrize("name", [WAS.id, NOW.id])
    def test_fails_where_a_source_is_another(self, edition: Edition, name: str) -> None:
        other = replace(edition.documents[name], text="Other.", title="Other")
        proof = prove(edition, sources={**edition.documents, name: other})
        assert {failure.document for failure in proof.failures} == {name}
        assert "its source has another title" in {failure.reason for failure in proof.failures}
