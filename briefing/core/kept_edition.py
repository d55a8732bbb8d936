"""An edition as bytes, made ahead of its time, and what it depends on."""

import json
import zlib
from dataclasses import replace
from hashlib import blake2b

from briefing.core.model import Edition, Material
from briefing.core.ports import Recipe
from briefing.core.record import from_json, to_json

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
