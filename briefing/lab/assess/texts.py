"""Labelled texts to figures on rankers, sections, datelines and dates ahead."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, date, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

from briefing import encoder
from briefing.core.errors import InputError, UnknownNameError
from briefing.core.model import Document, Kind, Sentence, Story
from briefing.core.ports import Classifier, Ranker
from briefing.core.text.beside import PanelFinds
from briefing.core.text.classifiers import linear
from briefing.core.text.dateline import skip_dateline
from briefing.core.text.finders.ahead import announced
from briefing.core.text.gate import judge
from briefing.core.text.segment import segment
from briefing.core.text.summarize import REDUNDANCY, Taste, choose, in_reading_order
from briefing.lab import train
from briefing.lab.assess.lines import Line, Watch, given, numbered, read_lines, watched
from briefing.lab.evaluate import sections, summaries
from briefing.lab.evaluate.intervals import ratio_ci95


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
    return summaries.measure(watched(items, watch), summarizers=summarizers)


def _summarize(
    item: summaries.SummaryItem, *, ranker: Ranker, sentences: int, redundancy: float
) -> list[str]:
    split = [
        sentence
        for document in item.documents
        for sentence in item.split.get(document.id) or segment(document)
    ]
    titles = {document.id: document.title for document in item.documents}
    scores = ranker(split, titles=titles)
    chosen = choose(split, scores, limit=sentences, taste=Taste(redundancy))
    return [sentence.text for sentence in in_reading_order(chosen)]


#: Words of an expression that name a day, beside its number in the month.
_NAMES_A_DAY = re.compile(r"(?:mon|tues|wednes|thurs|fri|satur|sun)day|tomorrow", re.IGNORECASE)
#: What begins so is a bound, on which nothing happens.
_BOUNDS = ("through ", "until ", "till ", "before ", "beyond ", "after ", "since ")
#: Days for which a diary announces.
_AHEAD = timedelta(days=120)


def assess_dates(paths: Iterable[Path], *, watch: Watch) -> dict[str, Any]:
    """Measure the days that panel and diary keep from single sentences, by half.

    Rules may be learned from lines whose id has a SHA-256 that begins with an even byte:
    "learned"; the others are "held_out". Only days in the labelled expression are judged. Right is
    the first day of a future one. An announcement is one that names a day within 120 days, and
    not as a bound.

    Raises:
        InputError: a line cannot be read; the message names it.
    """
    read: dict[str, list[tuple[int, int, bool]]] = {"learned": [], "held_out": []}
    for where, line in watched([one for path in paths for one in numbered(path)], watch):
        try:
            half = hashlib.sha256(given(line, "id", where).encode()).digest()[0] % 2
            read["held_out" if half else "learned"].append(_dates_of(line))
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise InputError(f"{where}: no sentence with a date ({error})") from error
    return {half: _share_of_dates(rows) for half, rows in read.items()}


def _dates_of(line: Line) -> tuple[int, int, bool]:
    """Return how many days are kept, how many of them are right, and if a day is announced."""
    text, words, by = line["sentence"], line["expression"], date.fromisoformat(line["published"])
    first = date.fromisoformat(line["resolved"][:10]) if line["resolved"] else by
    made = datetime(by.year, by.month, by.day, tzinfo=UTC)
    story = Story("s", (Document("d", "", text, published=made),))
    sentences = [Sentence("d", 0, len(text), text, 0)]
    kept = {
        one.day
        for one in (
            *announced(sentences, published=story.published, today=by),
            *PanelFinds(sentences, story, day=by).ahead(),
        )
        for place in re.finditer(re.escape(words), text)
        if one.mention.start < place.end() and one.mention.end > place.start()
    }
    number = re.search(rf"(?<!\d){first.day}(?!\d)", words) or _NAMES_A_DAY.search(words)
    bound = words.lower().startswith(_BOUNDS)
    is_announced = line["future"] and by < first <= by + _AHEAD and bool(number) and not bound
    return len(kept), int(line["future"] and first in kept), is_announced


def _share_of_dates(rows: Sequence[tuple[int, int, bool]]) -> dict[str, Any]:
    kept, right = sum(row[0] for row in rows), sum(row[1] for row in rows)
    hits = [row[1] for row in rows if row[2]]
    return {
        "sentences": len(rows),
        "kept": kept,
        "right": right,
        "precision": right / kept if kept else None,
        "announcements": len(hits),
        "recall": sum(hits) / len(hits) if hits else None,
    }


def assess_datelines(paths: Iterable[Path], *, watch: Watch) -> dict[str, Any]:
    """Measure what is printed of the openings of reports, whose bodies begin at ``body_start``.

    ``exact``: one sentence begins with the body, and no character before it would be printed.
    ``lost``: the first words of the body are in no sentence. The interval resamples styles whole,
    since openings of one style are cut alike.

    Raises:
        InputError: a line cannot be read; the message names it.
    """
    read = [one for path in paths for one in numbered(path)]
    styles: dict[str, list[tuple[bool, bool]]] = {}
    for where, line in watched(read, watch):
        try:
            outcome = _cut(line["text"], int(line["body_start"]))
            styles.setdefault(given(line, "style", where), []).append(outcome)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise InputError(f"{where}: no opening of a report ({error})") from error
    cut = [outcome for style in styles.values() for outcome in style]
    shares = [(float(sum(one[0] for one in style)), float(len(style))) for style in styles.values()]
    return {
        "openings": len(cut),
        "styles": len(styles),
        "exact": sum(one[0] for one in cut) / max(1, len(cut)),
        "ci95": ratio_ci95(shares) if shares else None,
        "lost": sum(one[1] for one in cut),
    }


def _cut(text: str, body: int) -> tuple[bool, bool]:
    """Return whether an opening is cut at its body, and whether words of the body are lost."""
    document = Document("d", "", text)
    sentences = tuple(map(skip_dateline, segment(document)))
    reasons = judge(document, sentences, kind=Kind.WIRE, language="en").sentences
    left = any(
        one.start < body and (one.end > body or reason is None)
        for one, reason in zip(sentences, reasons, strict=True)
    )
    starts = [one.start for one in sentences if one.end > body]
    return body in starts and not left, min(starts, default=len(text)) > body


def train_sections(
    files: Sequence[Path], *, part: str = "sentences", without: Sequence[Path] = ()
) -> tuple[bytes, int]:
    """Train a part that tells sections from labelled files; return it and the number of texts.

    Lines without a section take the one that their file's name ends in, as in
    "reuters_economy.jsonl.gz".

    Args:
        files: labelled lines.
        part: "sentences" or "stories", the model of either, or "encoder", what the encoder adds.
        without: documents on which the model will be measured: a text like one of their titles or
            texts is left out.
    """
    texts = [text for path in files for text in _labelled(path)]
    lines = [line for path in without for line in read_lines(path)]
    measured = [str(line.get(key) or "") for line in lines for key in ("title", "text")]
    texts = sections.unlike(texts, [text for text in measured if text])
    parts: dict[str, Callable[[], tuple[bytes, int]]] = {
        "sentences": lambda: (train.train(texts), len(texts)),
        "stories": lambda: (train.train(learned), len(learned)),
        "encoder": lambda: (train.train_head(learned, embed=encoder.load()), len(learned)),
    }
    if part not in parts:
        raise UnknownNameError("part", part, parts)
    learned = train.stories(texts)
    return parts[part]()


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
    if protocol not in {"five-fold", "held-out"}:
        raise UnknownNameError("protocol", protocol, ("model", "five-fold", "held-out"))
    texts = _measured(paths)
    further = [text for path in noisy for text in _labelled(path)]

    def learn(given: Sequence[train.LabelledText]) -> Classifier:
        return linear.from_bytes(train.train(given))

    if protocol == "five-fold":
        return asdict(sections.five_fold(texts, noisy=further, train=learn))
    found = sections.held_out(texts, noisy=further, train=learn)
    return {kind: asdict(one) for kind, one in found.items()}
