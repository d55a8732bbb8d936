"""Stories as bytes, and what they depend on: for the edition that is made of the same reports."""

import json
import pkgutil
import zlib
from collections.abc import Sequence
from datetime import timedelta
from hashlib import blake2b

from briefing.core.model import Document, Story
from briefing.core.text.analysis import Analysis

#: The modules and tables by which what is known of reports becomes stories.
_SOURCES = (
    "edition.py",
    "text/cluster.py",
    "text/copies.py",
    "text/kept_stories.py",
    "text/likeness.json",
    "text/likeness.py",
    "text/stems.tsv.gz",
)
_KEY = 16


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
