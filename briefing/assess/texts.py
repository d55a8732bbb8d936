"""VERB: labelled data to figures, each part of the system measured as it is used."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from briefing.errors import InputError, UnknownNameError
from briefing.evaluate import extraction, sections, stories, summaries
from briefing.evaluate.pages import PageFacts, measure_pages
from briefing.evaluate.proof import prove
from briefing.make import make
from briefing.model import Document, Edition
from briefing.ports import Classifier, Ranker, Recipe
from briefing.press import record
from briefing.press.measure import Press
from briefing.press.readback import read_back
from briefing.sources.extract import PAGE_LIMIT, extract
from briefing.sources.files import read
from briefing.sources.records import parse
from briefing.sources.stream import Stream
from briefing.text.classifiers import linear, train
from briefing.text.cluster import cluster
from briefing.text.copies import find_copies
from briefing.text.reference import opens_unresolved
from briefing.text.segment import segment
from briefing.text.summarize import REDUNDANCY, choose, in_reading_order

#: Told how many of how many are done.
Watch = Callable[[int, int], None]
Line = Mapping[str, Any]
T = TypeVar("T")


def read_lines(path: Path) -> list[Line]:
    """Read JSON lines, plain or gzipped.

    Raises:
        InputError: the file cannot be read, or a line is no JSON object; the message names it.
    """
    try:
        with path.open("rb") as raw:
            stream = Stream(raw)
            lines = [_object(line, f"{path}:{at}") for at, line in stream.lines()]
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror})") from error
    if stream.fault:
        raise InputError(f"{path}: {stream.fault}")
    return lines


def _object(line: bytes | None, where: str) -> Line:
    try:
        value = parse((line or b"").decode("utf-8"))
    except (InputError, UnicodeDecodeError) as error:
        raise InputError(f"{where}: {error}") from error
    if not isinstance(value, dict):
        raise InputError(f"{where}: not a JSON object")
    return value


def _watched(items: Sequence[T], watch: Watch) -> Iterator[T]:
    for done, item in enumerate(items):
        watch(done, len(items))
        yield item
    watch(len(items), len(items))


def assess_summaries(
    paths: Iterable[Path], *, rankers: Mapping[str, Ranker], sentences: int, watch: Watch
) -> dict[str, Any]:
    """Measure rankers against summaries that people wrote.

    "lead" is measured without the limit on redundancy, as the plain first sentences.
    """
    items = [summaries.read_item(line) for path in paths for line in read_lines(path)]
    summarizers = {
        name: partial(
            _summarize,
            ranker=ranker,
            sentences=sentences,
            redundancy=1.0 if name == summaries.BASELINE else REDUNDANCY,
        )
        for name, ranker in rankers.items()
    }
    return summaries.measure(_watched(items, watch), summarizers=summarizers)


def _summarize(
    item: summaries.Item, *, ranker: Ranker, sentences: int, redundancy: float
) -> list[str]:
    split = [
        sentence
        for document in item.documents
        for sentence in item.split.get(document.id) or segment(document)
    ]
    titles = {document.id: document.title for document in item.documents}
    scores = ranker(split, titles=titles)
    chosen = choose(split, scores, limit=sentences, redundancy=redundancy)
    return [sentence.text for sentence in in_reading_order(chosen)]


def train_sections(files: Sequence[Path]) -> tuple[bytes, int]:
    """Train a section model from labelled files; return it and the number of texts.

    Lines without a section take the one that their file's name ends in, as in
    "reuters_economy.jsonl.gz".
    """
    texts = tuple(text for path in files for text in _labelled(path))
    return train.train(texts), len(texts)


def _labelled(path: Path) -> tuple[train.LabelledText, ...]:
    name = path.name.partition(".")[0]
    return train.from_lines(read_lines(path), name=name, section=name.rpartition("_")[2])


def assess_sections(paths: Sequence[Path], *, classifier: Classifier) -> dict[str, Any]:
    """Measure a ready classifier; not held out where it learned from these texts."""
    texts = _measured(paths)
    return asdict(sections.plain(texts, classify=classifier))


def _measured(paths: Sequence[Path]) -> list[train.LabelledText]:
    texts = [text for path in paths for text in _labelled(path)]
    if not texts:
        raise InputError("no labelled texts to measure on; give a file with at least one line")
    return texts


def assess_protocol(
    paths: Sequence[Path], *, protocol: str, noisy: Sequence[Path]
) -> dict[str, Any]:
    """Measure what a training is worth: "five-fold", or each kind "held-out" in turn.

    Args:
        paths: texts labelled by reading, which are measured on.
        protocol: one of the two.
        noisy: further files to learn from, never measured on.

    Raises:
        UnknownNameError: no such protocol.
    """
    texts = _measured(paths)
    further = [text for path in noisy for text in _labelled(path)]

    def learn(given: Sequence[train.LabelledText]) -> Classifier:
        return linear.from_bytes(train.train(given))

    if protocol == "five-fold":
        return asdict(sections.five_fold(texts, noisy=further, train=learn))
    if protocol == "held-out":
        found = sections.held_out(texts, noisy=further, train=learn)
        return {kind: asdict(one) for kind, one in found.items()}
    raise UnknownNameError("protocol", protocol, ("model", "five-fold", "held-out"))


def assess_stories(paths: Sequence[Path], *, watch: Watch) -> dict[str, Any]:
    """Measure the grouping of labelled reports, each file grouped alone.

    Raises:
        InputError: a line has no "story" or is no document.
    """
    true: list[str] = []
    predicted: list[str] = []
    for path in _watched(paths, watch):
        labels = [_given(line, "story", where) for where, line in _numbered(path)]
        found = _group(path)
        true += [f"{path} {label}" for label in labels]
        predicted += [f"{path} {found[at]}" for at in range(len(labels))]
    if not true:
        raise InputError("no reports to measure on; give a file with at least one line")
    return asdict(stories.measure_stories(true, predicted))


def _numbered(path: Path) -> Iterator[tuple[str, Line]]:
    """Yield the lines of a file with the place that names each in a message."""
    for at, line in enumerate(read_lines(path), 1):
        yield f"{path}:{at}", line


def _given(line: Line, key: str, where: str) -> str:
    if key not in line:
        raise InputError(f'{where}: no "{key}"; give it in every line')
    return str(line[key])


def _group(path: Path) -> list[str]:
    """Return the story of each line of a file."""
    lines = read_lines(path)
    documents = [
        Document(
            id=f"{at}",
            title=str(line.get("title") or ""),
            text=str(line.get("text") or ""),
            publisher=str(line.get("source") or ""),
        )
        for at, line in enumerate(lines)
    ]
    found = {
        document.id: story.id
        for story in cluster(documents, copies=find_copies(documents))
        for document in (*story.documents, *story.copies)
    }
    return [found[document.id] for document in documents]


def assess_extraction(paths: Iterable[Path], *, watch: Watch) -> dict[str, Any]:
    """Measure the text extracted from pages; a page that gives none counts as empty text."""
    pages = [
        (folder / _given(line, "html", where), _given(line, "text", where))
        for folder in paths
        for where, line in _numbered(_pages_file(folder))
    ]
    if not pages:
        raise InputError("no pages to measure on; give a pages.jsonl with at least one line")
    return extraction.measure(
        [(_extracted(path), expected) for path, expected in _watched(pages, watch)]
    )


def _pages_file(folder: Path) -> Path:
    found = [folder / name for name in ("pages.jsonl", "pages.jsonl.gz")]
    for path in found:
        if path.is_file():
            return path
    raise InputError(f"{folder}: no pages.jsonl in it; give the folder that holds it")


def _extracted(path: Path) -> str:
    try:
        with path.open("rb") as raw:
            return extract(Stream(raw).head(PAGE_LIMIT + 1), where=str(path)).document.text
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror})") from error
    except InputError:
        return ""


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
        [_page(path, recipe=recipe, press=press()) for path in _watched(inputs, watch)]
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
    printed = make(reading.documents, day=day, recipe=recipe, press=press)
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
        dangling=sum(_dangling(edition)),
        seconds=took,
    )


def _dangling(edition: Edition) -> Iterator[bool]:
    """Tell of each printed sentence whether it opens with an unresolved reference."""
    for brief in edition.briefs():
        context, before = brief.headline, None
        for sentence in brief.sentences:
            yield opens_unresolved(sentence, before=before, context=context)
            context, before = f"{context} {sentence.text}", sentence
