"""An edition on the web is printed on the paper of the other half of the world too."""

from __future__ import annotations

import logging
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import pypdf
import pytest

from briefing.core.model import Edition, Panel
from briefing.setup import pages
from briefing.setup.attached import verify_pdf
from briefing.setup.news import publish_plan
from briefing.setup.settings import PageSettings, Settings, WebSettings
from tests.small_day import DAY, write_lines

WEB = WebSettings(address="https://desk.example")
#: Points.
SIZES = {"a4.pdf": (595, 842), "letter.pdf": (612, 792)}


def settings_of(paper: str, theme: str = "classic", *, web: WebSettings = WEB) -> Settings:
    return Settings(name="Ostra Desk", page=PageSettings(paper=paper, theme=theme), web=web)


@pytest.fixture(scope="module")
def edition(tmp_path_factory: pytest.TempPathFactory) -> Edition:
    day = str(write_lines(tmp_path_factory.mktemp("day") / "day.jsonl", DAY))
    done = pages.make_page(
        (day,), settings=settings_of("A4"), day=None, before=(), watch=lambda _: None
    )
    # a thin page whose one block beside the news would need its own scale
    return replace(done.printed.edition, panel=Panel())


@pytest.mark.parametrize(("paper", "other"), [("a4", "letter.pdf"), ("Letter", "a4.pdf")])
def test_the_other_paper_has_the_same_passages_on_one_page_and_proves_itself(
    edition: Edition, tmp_path: Path, paper: str, other: str
) -> None:
    written = publish_plan(settings_of(paper)).write(edition, b"%PDF")
    assert set(written) == {"pdf", "html", "text", other}
    (page,) = pypdf.PdfReader(BytesIO(written[other])).pages
    assert tuple(map(round, map(float, page.mediabox[2:]))) == SIZES[other]
    file = tmp_path / other
    file.write_bytes(written[other])
    name, proof = verify_pdf(file)
    assert (name, proof.failures) == (edition.id, ())
    assert proof.checked >= len(list(edition.passages()))


@pytest.mark.parametrize(
    "settings",
    [
        settings_of("A4", web=WebSettings()),
        settings_of("A5"),
        settings_of("6inch", "reader"),
    ],
)
def test_it_is_printed_once_where_nobody_reads_it_on_the_web_or_no_paper_is_another(
    edition: Edition, settings: Settings
) -> None:
    assert set(publish_plan(settings).write(edition, b"%PDF")) == {"pdf", "html", "text"}


def test_what_does_not_fit_on_the_other_paper_is_not_printed_there_and_that_is_logged(
    edition: Edition, caplog: pytest.LogCaptureFixture
) -> None:
    first = edition.sections[0]
    many = tuple(replace(first.briefs[0], story=f"s{n}", top=False) for n in range(60))
    full = replace(edition, sections=(replace(first, briefs=(*first.briefs, *many)),))
    with caplog.at_level(logging.WARNING, "briefing.publish"):
        written = publish_plan(settings_of("A4")).write(full, b"%PDF")
    assert set(written) == {"pdf", "html", "text"}
    (line,) = caplog.messages
    assert line == (
        f"edition {edition.id} is not printed on Letter: not all of it fits on this paper"
    )
