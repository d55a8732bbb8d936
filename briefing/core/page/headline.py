"""Which of a story's titles is printed above its sentences; always one of them, word for word."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence, Set

from briefing.core.model import Document, Sentence, Story


def choose_headline(
    story: Story, sentences: Sequence[Sentence], *, said: Set[str]
) -> tuple[str, str]:
    """Choose a headline and the document it is the title of.

    A title that the page has not said yet goes before one that it has, one in mixed case before
    one in capitals, the title of the first sentence's document before the others, and these in
    the story's order. Without any usable title: no words, and the first sentence's document.
    """
    lead = sentences[0].document
    first = [document for document in story.documents if document.id == lead]
    usable = [document for document in _unique((*first, *story.documents)) if document.headline]
    if not usable:
        return "", lead
    best = min(usable, key=lambda document: (document.title in said, document.title.isupper()))
    return best.title, best.id


def _unique(documents: Iterable[Document]) -> Iterator[Document]:
    yield from {document.id: document for document in documents}.values()
