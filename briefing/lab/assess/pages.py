"""Documents to printed pages to figures: each page is made, read back and proved."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from briefing.core import record
from briefing.core.ports import Recipe
from briefing.core.proof import prove
from briefing.lab.assess.editions import NewPress, PrintedFile, print_editions
from briefing.lab.assess.lines import Watch
from briefing.lab.evaluate.pages import PageFacts, count_dangling, measure_pages
from briefing.press.readback import read_back


def assess_pages(
    paths: Sequence[Path], *, recipe: Recipe, press: NewPress, watch: Watch
) -> dict[str, Any]:
    """Print one edition for each file of documents, and read each page back.

    Raises:
        InputError: as :func:`print_editions` does.
    """
    files = print_editions(paths, recipe=recipe, press=press, watch=watch)
    return measure_pages([_facts(file) for file in files])


def _facts(file: PrintedFile) -> PageFacts:
    printed, press = file.printed, file.press
    edition = printed.edition
    saved = record.read(record.write(edition), name=str(file.path))
    sources = {document.id: document for document in file.documents}
    proof = prove(saved.edition, sources=sources, intact=saved.intact)
    return PageFacts(
        name=file.path.name,
        pages=read_back(printed.pdf).pages,
        most_pages=printed.fit.most,
        passages=proof.checked,
        missing=len(press.missing(edition, printed.pdf)),
        unverified=len(proof.failures),
        fill=printed.fit.fill,
        hole=printed.fit.hole,
        scale=edition.setting.scale.value,
        smallest_type=press.smallest_type(edition, printed.pdf),
        layouts=printed.layouts,
        sentences=sum(1 for _ in edition.sentences()),
        dangling=sum(count_dangling(brief.sentences) for brief in edition.briefs()),
        seconds=file.seconds,
    )
