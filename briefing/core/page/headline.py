"""Chooses which of a story's titles is printed above its sentences, verbatim."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence, Set

from briefing.core.model import Document, Sentence, Story


def choose_headline(
    story: Story, sentences: Sequence[Sentence], *, used: Set[str], wanted: str = ""
) -> tuple[str, str]:
    """Choose a headline and the document it is the title of.

    The title of the document ``wanted`` precedes all others. A title not in ``used`` (those already
    on the page) precedes one that is, mixed case precedes capitals, the title of the first
    sentence's document precedes the others, and these follow the story's order. Without any usable
    title: an empty one, and the first sentence's document.
    """
    lead = sentences[0].document
    first = [document for document in story.documents if document.id == lead]
    usable = [document for document in _unique((*first, *story.documents)) if document.headline]
    if not usable:
        return "", lead
    best = min(
        usable,
        key=lambda one: (one.id != wanted, one.title in used, one.title.isupper()),
    )
    return best.title, best.id


def _unique(documents: Iterable[Document]) -> Iterator[Document]:
    yield from {document.id: document for document in documents}.values()
