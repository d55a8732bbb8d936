"""The headlines that earlier editions printed for today's stories, with their documents."""

from __future__ import annotations

import re
from collections import ChainMap
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date

from briefing.core.model import Document, EarlierHeadline, Edition, Excerpt, Material, Status

_NO_WORD = re.compile(r"[\W_]+")


def cite_earlier(
    excerpts: Sequence[Excerpt], *, material: Material
) -> tuple[tuple[Excerpt, ...], dict[str, Document]]:
    """Return the excerpts with the earlier headlines that may be printed, and their documents.

    Only what is developing has one, and no headline of a report that was corrected since is
    printed again. A document with the id of another one of today gets one of its own.
    """
    editions = {edition.id: edition for edition in _before(material)}
    today = {document.id: document for document in material.documents}
    corrected = _corrected(material)
    result: list[Excerpt] = []
    documents: dict[str, Document] = {}
    for excerpt in excerpts:
        earlier = excerpt.earlier
        if (
            earlier is None
            or excerpt.status is not Status.DEVELOPING
            or earlier.title.document in corrected
        ):
            result.append(replace(excerpt, earlier=None))
            continue
        document = editions[earlier.edition].documents[earlier.title.document]
        own = _apart(document, ChainMap(documents, today), day=earlier.day)
        documents[own.id] = own
        title = replace(earlier.title, document=own.id)
        result.append(replace(excerpt, earlier=replace(earlier, title=title)))
    return tuple(result), documents


def differing(excerpt: Excerpt, *, headline: str) -> EarlierHeadline | None:
    """Return the earlier headline of a story, unless it has the words of today's or there is none.

    Without a headline of today, there is nothing below which it could stand.
    """
    earlier = excerpt.earlier
    if earlier is None or not headline or _words(earlier.title.text) == _words(headline):
        return None
    return earlier


def _words(text: str) -> str:
    return _NO_WORD.sub(" ", text.casefold()).strip()


def _before(material: Material) -> tuple[Edition, ...]:
    return (*material.weeks, *material.before)


def _corrected(material: Material) -> set[str]:
    """Return the ids of documents whose printed words were corrected, or are to be today."""
    briefs = [*material.corrections.briefs]
    briefs += [brief for edition in _before(material) for brief in edition.corrections]
    return {brief.old.document for brief in briefs}


def _apart(document: Document, taken: Mapping[str, Document], *, day: date) -> Document:
    """Return a document under an id that is not that of another."""
    other = taken.get(document.id)
    if other is None or (other.title, other.sha256) == (document.title, document.sha256):
        return other or document
    return _apart(replace(document, id=f"{document.id}~{day}"), taken, day=day)
