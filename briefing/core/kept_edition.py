"""Precomputed editions as bytes, and the keys that tell whether they still apply."""

import json
import zlib
from dataclasses import replace
from hashlib import blake2b

from briefing.core.model import Edition, Material
from briefing.core.ports import Recipe
from briefing.core.record import from_json, to_json

#: Bytes of a key.
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
