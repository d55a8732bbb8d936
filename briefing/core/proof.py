"""Proves that every printed passage stands, byte for byte, in its source."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from briefing.core.model import DeskNote, Document, Edition, Sentence


@dataclass(frozen=True, slots=True)
class Failure:
    """One printed thing that is not proved."""

    #: What was printed.
    text: str
    #: Id of the document it cites.
    document: str
    #: What is wrong, in words.
    reason: str


@dataclass(frozen=True, slots=True)
class Proof:
    """The outcome for one edition."""

    #: Passages looked at: sentences, the panel's slices and headlines.
    checked: int
    failures: tuple[Failure, ...]
    #: The desk's own words, which are no source's; None: there are none.
    note: DeskNote | None = None


def prove(
    edition: Edition,
    *,
    sources: Mapping[str, Document],
    digests: Mapping[str, str],
    claimed: str = "",
) -> Proof:
    """Compare every printed passage with the stored text it cites.

    Args:
        edition: as printed.
        sources: the stored documents by id.
        digests: SHA-256 of each document's text when it was printed, by id.
        claimed: the digest of all printed passages that was written down; empty when none was.
    """
    passages = tuple(edition.slices())
    briefs = tuple(edition.briefs())
    failures = [
        Failure(passage.text, passage.document, reason)
        for passage in passages
        if (reason := _fault(passage, sources, digests))
    ]
    failures += [
        Failure(brief.headline, brief.sources[0] if brief.sources else "", "no source has it")
        for brief in briefs
        if brief.headline
        and not any(title == brief.headline for title in _titles(brief.sources, sources))
    ]
    titles = tuple(edition.titles())
    failures += [
        Failure(title.text, title.document, "its source has another title")
        for title in titles
        if title.document not in sources or sources[title.document].title != title.text
    ]
    if claimed and claimed != edition.proof:
        failures.append(Failure(claimed, "", "the digest of all printed passages is another"))
    return Proof(len(passages) + len(briefs) + len(titles), tuple(failures), edition.note)


def _fault(
    passage: Sentence, sources: Mapping[str, Document], digests: Mapping[str, str]
) -> str | None:
    source = sources.get(passage.document)
    if source is None:
        return "the source is not among the stored texts"
    if source.text[passage.start : passage.end] != passage.text:
        return f"characters {passage.start} to {passage.end} of the source are other words"
    if digests.get(passage.document) != source.sha256:
        return "the source text has changed elsewhere since it was printed"
    return None


def _titles(names: tuple[str, ...], sources: Mapping[str, Document]) -> Iterator[str]:
    return (sources[name].title for name in names if name in sources)
