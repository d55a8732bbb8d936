"""Proves every printed passage against its stored source."""

from collections.abc import Mapping

from briefing.core.frozen import frozen
from briefing.core.model import DeskNote, Document, Edition, Sentence
from briefing.core.text.speech import is_proved

#: What an edition states about a document, apart from its text.
_FACTS = ("title", "publisher", "owner", "url", "published", "author")


@frozen
class Failure:
    """A printed item that fails verification."""

    #: What was printed.
    text: str
    #: Id of the document it cites.
    document: str
    #: What is wrong, in words.
    reason: str


@frozen
class Proof:
    """The outcome for one edition."""

    #: Passages checked: sentences, the panel's slices and headlines.
    checked: int
    failures: tuple[Failure, ...]
    #: The desk's own words, which have no source; None: there are none.
    note: DeskNote | None = None
    #: Why not the whole sheet of a PDF was compared; empty: it was, or there is no PDF.
    limit: str = ""
    #: Who signed the edition, in words.
    signed: str = ""


def prove(edition: Edition, *, sources: Mapping[str, Document], intact: bool = True) -> Proof:
    """Prove what is printed against stored texts; ``intact``: the record matches its digest."""
    passages = tuple(edition.slices())
    briefs = tuple(edition.briefs())
    failures = [
        Failure(passage.text, passage.document, reason)
        for passage in passages
        if (reason := _fault(passage, sources, edition.documents))
    ]
    failures += [
        Failure(brief.headline, brief.sources[0] if brief.sources else "", "no source has it")
        for brief in briefs
        if brief.headline
        and brief.headline not in {sources[id_].title for id_ in brief.sources if id_ in sources}
    ]
    titles = tuple(edition.titles())
    failures += [
        Failure(title.text, title.document, "its source has another title")
        for title in titles
        if title.document not in sources or sources[title.document].title != title.text
    ]
    for id_, document in edition.documents.items():
        for name in _FACTS if id_ in sources else ():
            own, stored = getattr(document, name), getattr(sources[id_], name)
            if own != stored:
                reason = f"its source has {stored or 'none'}"
                failures.append(Failure(f"{name}: {own or 'none'}", id_, reason))
    if not intact:
        failures.append(Failure(edition.id, "", "the digest does not match the record"))
    return Proof(len(passages) + len(briefs) + len(titles), tuple(failures), edition.note)


def _fault(
    passage: Sentence, sources: Mapping[str, Document], printed: Mapping[str, Document]
) -> str | None:
    source = sources.get(passage.document)
    if source is None:
        return "the source is not among the stored texts"
    if source.text[passage.start : passage.end] != passage.text:
        return f"characters {passage.start} to {passage.end} of the source are other words"
    if not is_proved(passage, source):
        return f"its source does not name {passage.speaker} as the speaker"
    if passage.document not in printed or printed[passage.document].sha256 != source.sha256:
        return "the source text has changed elsewhere since it was printed"
    return None
