"""Signals of a report alone on its sections and importance, stored after its analysis."""

import pkgutil
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from itertools import islice

import numpy as np

from briefing.core.frozen import frozen
from briefing.core.language import in_language
from briefing.core.model import Document, no_entries
from briefing.core.ports import Classifier, Embed, Vector, WorthOf
from briefing.core.text.analysis import SOURCES, Analysis
from briefing.core.text.furniture import Reason
from briefing.core.text.importance import of_reports
from briefing.core.text.topics import BODY, tell_reports

#: The modules and tables that determine signals, besides the models.
_SOURCES = (
    *SOURCES,
    "text/classifiers/keywords.py",
    "text/importance.py",
    "text/signals.py",
    "text/topics.py",
)
_KEY = 16
#: Most bytes of unpacked signals: a desk has few sections, with short names.
_MOST = 20_000


@frozen
class Signals:
    """What follows from a report alone on its sections and importance, each value by name."""

    #: By :func:`briefing.core.text.importance.of_reports`.
    importance: Mapping[str, float]
    #: By :func:`briefing.core.text.topics.tell_reports`.
    opening: Mapping[str, float]
    body: Mapping[str, float]
    #: Vector of the opening of a report in another language, each number by its index.
    meaning: Mapping[str, float] = field(default_factory=no_entries)

    @property
    def vector(self) -> Vector:
        """The vector of the opening; empty for a report in the language of the edition."""
        return np.array([*self.meaning.values()], dtype=np.float32)


@dataclass(frozen=True, slots=True, eq=False)
class SignalRule:
    """What determines signals besides the reports; those made by another rule are not used."""

    #: Names and digests of the classifiers and of what they run on.
    models: str
    #: Of stories, and of sentences; None: no second one is used.
    classifiers: tuple[Classifier, Classifier | None]
    #: ISO 639-1 code of the edition.
    language: str = "en"
    #: Embeds the openings of reports in other languages; None: they join no stories.
    embed: Embed | None = None
    #: As in :class:`briefing.core.ports.Recipe`.
    worth_of: WorthOf | None = None

    @property
    def key(self) -> bytes:
        """Digest of the modules and tables, the models and the language."""
        digest = blake2b(f"{self.language} {self.models}".encode(), digest_size=_KEY)
        for name in _SOURCES:
            digest.update(pkgutil.get_data("briefing.core", name) or b"")
        return digest.digest()


@in_language(lambda *_, rule: rule.language)
def pack_signals(
    documents: Sequence[Document], analyses: Mapping[str, Analysis], *, rule: SignalRule
) -> list[bytes]:
    """Return the packed signals of documents: the key, then compressed names and values."""
    classifier, second = rule.classifiers
    sentences = {each.id: analyses[each.id].sentences(each, most=BODY) for each in documents}
    topics = tell_reports(documents, sentences, classifier=classifier, second=second)
    key = rule.key
    packed = []
    terms = of_reports(documents, worth_of=rule.worth_of)
    for document, own, rows in zip(documents, terms, topics, strict=True):
        analysis, meaning = analyses[document.id], {}
        if rule.embed and analysis.whole is Reason.LANGUAGE:
            vector = rule.embed(analysis.opening(document)).tolist()
            meaning = {f"{place}": value for place, value in enumerate(vector)}
        signals = Signals(own, *rows, meaning)
        packed.append(key + zlib.compress(_written(signals), 1))
    return packed


def _written(signals: Signals) -> bytes:
    rows = (signals.importance, signals.opening, signals.body, signals.meaning)
    names = "\0".join("\n".join(row) for row in rows).encode()
    values = np.array([value for row in rows for value in row.values()], dtype="<f8")
    return len(names).to_bytes(4, "big") + names + values.tobytes()


def unpack_signals(packed: bytes, *, key: bytes) -> Signals | None:
    """Return unpacked signals; None if the key is another or they are damaged."""
    if not key or packed[:_KEY] != key:
        return None
    try:
        inflate = zlib.decompressobj()
        content = inflate.decompress(packed[_KEY:], _MOST)
        start = 4 + int.from_bytes(content[:4], "big")
        names = [row.split("\n") if row else [] for row in content[4:start].decode().split("\0")]
        values = iter(np.frombuffer(content, dtype="<f8", offset=start).tolist())
        rows = [dict(zip(row, islice(values, len(row)), strict=True)) for row in names]
        return Signals(*rows) if inflate.eof else None
    except (zlib.error, ValueError, TypeError):
        return None
