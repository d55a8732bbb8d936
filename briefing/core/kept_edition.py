"""An edition and its stories as bytes, made ahead of their time, and what each depends on."""

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

#: The modules and tables by which what is known of reports becomes stories.
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
    """Return what identifies an edition: the code, and all that it is made of.

    ``code`` and ``earlier`` are digests, of what makes it and of the editions before it. What
    readers watch for is on no page of all sections. None: a plug-in has a part in it that no digest
    defines.
    """
    ranker = getattr(recipe.ranker, "__module__", "")
    if not (recipe.signals and "look" in recipe.manifest and ranker.startswith("briefing.")):
        return None
    register = material.register
    digest = blake2b(code + earlier, digest_size=_KEY)
    # What the parts of a recipe do is decided by its manifest, which has digests of texts as well.
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
        # An empty byte is in no text of Python's own.
        digest.update(repr(part).encode("utf-8", "surrogatepass") + b"\0")
    return digest.digest()


def pack_edition(edition: Edition) -> bytes:
    """Return an edition without the texts of its reports as bytes."""
    return zlib.compress(json.dumps(to_json(edition, decimals=None)).encode(), 1)


def unpack_edition(packed: bytes, material: Material) -> Edition | None:
    """Return the edition of some material that was packed; None if that is damaged.

    Its sentences do not say which of their report they are: no file of an edition shows that.
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
    """Return what identifies the stories of reports: the code, and all that it reads of them."""
    code = b"".join(pkgutil.get_data("briefing.core", name) or b"" for name in _SOURCES)
    digest = blake2b(code, digest_size=_KEY)
    digest.update(f"{window}".encode())
    for document, analysis in zip(documents, analyses, strict=True):
        words, stems = analysis.fingerprint.words, analysis.bag.stems
        # Lengths first, so that no part can pass for the end of another.
        about = (document.id, document.published, len(document.text), len(words), len(stems))
        digest.update(f"{about}".encode())
        digest.update(words + stems.encode("utf-8", "surrogatepass"))
        digest.update(analysis.bag.counts.tobytes())
    return digest.digest()


def pack_stories(stories: Sequence[Story], documents: Sequence[Document]) -> bytes:
    """Return stories of some reports as bytes, each report as its place among them."""
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
    """Return the stories that were packed; None if that is damaged."""
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
