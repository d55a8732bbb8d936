"""Documents to printed pages to figures: each page is made, read back and proved."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from briefing.app.make import make
from briefing.core.errors import InputError
from briefing.core.model import Material
from briefing.core.ports import Recipe
from briefing.core.proof import prove
from briefing.lab.assess.lines import Watch, watched
from briefing.lab.evaluate.pages import PageFacts, count_dangling, measure_pages
from briefing.press import record
from briefing.press.measure import Press
from briefing.press.readback import read_back
from briefing.sources.files import read


def assess_pages(
    paths: Sequence[Path],
    *,
    recipe: Recipe,
    press: Callable[[], Press],
    watch: Watch,
) -> dict[str, Any]:
    """Print one edition for each file or folder of documents, and read each page back.

    A folder of .jsonl(.gz) files gives one edition a file.

    Raises:
        InputError: an input holds no documents, or there is no input.
    """
    inputs = [one for path in paths for one in _editions(path)]
    if not inputs:
        raise InputError("no editions to print; give .jsonl files of documents, one a day")
    return measure_pages(
        [_page(path, recipe=recipe, press=press()) for path in watched(inputs, watch)]
    )


def _editions(path: Path) -> list[Path]:
    if not path.is_dir():
        return [path]
    return sorted(one for one in path.iterdir() if one.name.endswith((".jsonl", ".jsonl.gz")))


def _page(path: Path, *, recipe: Recipe, press: Press) -> PageFacts:
    began = time.perf_counter()
    reading = read([str(path)])
    if not reading.documents:
        where, reason = reading.failed[0] if reading.failed else (path, "no documents in it")
        raise InputError(f"{where}: {reason}")
    day = max((one.published.date() for one in reading.documents if one.published), default=None)
    if day is None:
        raise InputError(f"{path}: no document says when it was published")
    printed = make(Material(reading.documents, day), recipe=recipe, press=press)
    took = time.perf_counter() - began
    told = record.read(record.write(printed.edition), name=str(path))
    sources = {document.id: document for document in reading.documents}
    proof = prove(told.edition, sources=sources, digests=told.digests)
    edition = printed.edition
    return PageFacts(
        name=path.name,
        pages=read_back(printed.pdf).pages,
        passages=proof.checked,
        missing=len(press.missing(edition, printed.pdf)),
        unverified=len(proof.failures),
        fill=printed.fit.fill,
        smallest_type=press.smallest_type(edition, printed.pdf),
        layouts=printed.layouts,
        sentences=sum(1 for _ in edition.sentences()),
        dangling=sum(count_dangling(brief.sentences) for brief in edition.briefs()),
        seconds=took,
    )
