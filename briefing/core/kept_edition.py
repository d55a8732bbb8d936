"""Precomputed editions and stories as bytes, and the keys that tell whether they still apply."""

import json
import pkgutil
import zlib
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from hashlib import blake2b

from briefing.core.model import Document, Edition, Material, Story
from briefing.core.ports import Recipe
from briefing.core.record import from_json, to_json
from briefing.core.text.analysis import Analysis

#: The modules and tables that determine how analyzed reports become stories.
_SOURCES = (
    "edition.py",
    "kept_edition.py",
    "text/cluster.py",
    "text/copies.py",
    "text/likeness.json",
    "text/likeness.py",
    "text/stems.tsv.gz",
)
_KEY = 16


def edition_key(material: Material, recipe: Recipe, *, code: bytes, earlier: bytes) -> bytes | None:
    """Return a digest of everything that an edition is made from; None: it cannot be determined.

    ``code`` is a digest of the code, ``earlier`` one of the editions before it. Readers' own words
    and mutes are left out: they do not affect the page of all sections. It cannot be determined if
    a plug-in takes part for which there is no digest.
    """
    ranker = getattr(recipe.ranker, "__module__", "")
    if not (recipe.signals and "look" in recipe.manifest and ranker.startswith("briefing.")):
        return None
    register = material.register
    digest = blake2b(code + earlier, digest_size=_KEY)
    # What the parts of a recipe do is determined by its manifest, which includes digests.
    parts = (
        replace(material, documents=(), before=(), weeks=(), register=None, own_words=(), muted={}),
        register and (*register.of.items(), *register.since.items(), register.last),
        register and sorted(map(sorted, register.apart)),
        *(recipe.name, recipe.sections, recipe.language, recipe.dateline, recipe.web),
        *(recipe.letterhead, recipe.window, recipe.other, recipe.signals, recipe.lists),
        *(recipe.embed is None, recipe.worth_of is None, recipe.names_foreign),
        recipe.manifest,
    )
    for part in (*parts, *(replace(document, text="") for document in material.documents)):
        # A zero byte occurs in no ``repr``, so it separates the parts.
        digest.update(repr(part).encode("utf-8", "surrogatepass") + b"\0")
    return digest.digest()


def pack_edition(edition: Edition) -> bytes:
    """Return an edition as bytes, without the texts of its reports."""
    return zlib.compress(json.dumps(to_json(edition, decimals=None)).encode(), 1)


def unpack_edition(packed: bytes, material: Material) -> Edition | None:
    """Return a packed edition with the texts of its material; None if the bytes are damaged.

    Places of sentences within their reports (``index``, ``paragraph``) are lost: they are in no
    file of an edition.
    """
    try:
        edition = from_json(Edition, json.loads(zlib.decompress(packed)))
    except (zlib.error, TypeError, ValueError):
        return None
    cited = (*material.corrections.documents.values(), *(report for _, report in material.due))
    texts = {report.id: report.text for report in (*cited, *material.documents)}
    documents = {
        name: replace(report, text=texts[name], text_sha256="") if texts.get(name) else report
        for name, report in edition.documents.items()
    }
    return replace(edition, documents=documents)


def stories_key(
    documents: Sequence[Document], analyses: Sequence[Analysis], *, window: timedelta
) -> bytes:
    """Return a digest of everything that the stories of reports are made from, code included."""
    code = b"".join(pkgutil.get_data("briefing.core", name) or b"" for name in _SOURCES)
    digest = blake2b(code, digest_size=_KEY)
    digest.update(f"{window}".encode())
    for document, analysis in zip(documents, analyses, strict=True):
        words, stems = analysis.fingerprint.words, analysis.bag.stems
        # Lengths first, so that the end of one part cannot be taken for the start of the next.
        about = (document.id, document.published, len(document.text), len(words), len(stems))
        digest.update(f"{about}".encode())
        digest.update(words + stems.encode("utf-8", "surrogatepass"))
        digest.update(analysis.bag.counts.tobytes())
    return digest.digest()


def pack_stories(stories: Sequence[Story], documents: Sequence[Document]) -> bytes:
    """Return stories as bytes, with each report as its position among the documents."""
    places = {document.id: place for place, document in enumerate(documents)}
    rows = [
        (
            [places[document.id] for document in story.documents],
            [places[copy.id] for copy in story.copies],
            story.links,
            story.near,
        )
        for story in stories
    ]
    return zlib.compress(json.dumps(rows).encode(), 1)


def unpack_stories(packed: bytes, documents: Sequence[Document]) -> tuple[Story, ...] | None:
    """Return packed stories; None if the bytes are damaged."""
    try:
        rows = json.loads(zlib.decompress(packed))
    except (zlib.error, ValueError):
        return None
    return tuple(
        Story(
            id=f"s{number}",
            documents=tuple(documents[place] for place in own),
            copies=tuple(documents[place] for place in copies),
            links=tuple(links),
            near=tuple((other, likelihood) for other, likelihood in near),
        )
        for number, (own, copies, links, near) in enumerate(rows, start=1)
    )
