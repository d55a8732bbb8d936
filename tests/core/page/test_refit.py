from __future__ import annotations

from dataclasses import replace

import pytest

from briefing.core.errors import LayoutError
from briefing.core.model import Edition
from briefing.core.page.fit import fit, stands
from briefing.core.page.refit import refit
from briefing.core.ports import Fit
from tests.core.page.test_corrections import alone, with_corrections
from tests.fakes import PlainMeasure, ScriptedMeasure, document, draft, naming


def printed(briefs: int, *, room: float = 700.0, named: int = 0) -> Edition:
    paper = draft(briefs)
    if named:
        also = (document(number, title=f"Named {number}") for number in range(31, 31 + named))
        paper = naming(paper, *also)
    return fit(paper, PlainMeasure(room=room)).edition


@pytest.mark.parametrize("room", [660.0, 700.0, 760.0])
@pytest.mark.parametrize("briefs", [0, 1, 4, 11])
def test_the_same_passages_stand_on_another_paper(briefs: int, room: float) -> None:
    edition = printed(briefs, room=620)
    measure = PlainMeasure(room=room)
    reset = refit(edition, measure)
    assert reset.sections == edition.sections
    assert [*reset.passages()] == [*edition.passages()]
    assert stands(measure.lay_out(reset))
    assert replace(reset, setting=edition.setting) == edition


def test_a_smaller_paper_names_fewer_stories_and_its_ledger_says_how_many() -> None:
    edition = printed(2, room=640, named=18)
    assert len(edition.panel.also) == edition.ledger.named > 3
    reset = refit(edition, PlainMeasure(room=440))
    assert 0 < len(reset.panel.also) < len(edition.panel.also)
    assert reset.ledger.named == len(reset.panel.also)
    assert [*reset.passages()] == [*edition.passages()]


@pytest.mark.parametrize("room", [100.0, 300.0, 450.0])
def test_what_does_not_fit_is_refused_and_nothing_is_left_out(room: float) -> None:
    with pytest.raises(LayoutError, match="not all of it fits"):
        refit(printed(11), PlainMeasure(room=room))


def test_corrections_stand_on_it_too() -> None:
    for paper in (alone(2), with_corrections(draft(3), 2)):
        edition = fit(paper, PlainMeasure()).edition
        reset = refit(edition, PlainMeasure(room=720))
        assert reset.corrections == edition.corrections
        assert reset.ledger == edition.ledger


def test_a_page_that_comes_out_wrong_when_it_is_laid_out_is_refused() -> None:
    good, bad = Fit(1, 1.0, 0.0, 0.0), Fit(2, 1.0, 0.0, 0.0)
    with pytest.raises(LayoutError, match="not all of it fits"):
        refit(printed(4), ScriptedMeasure(good, bad))
