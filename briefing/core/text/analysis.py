"""Analyzes a document by itself; the result is computed once and stored with the document."""

import pkgutil
import zlib
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from hashlib import blake2b

import numpy as np
import numpy.typing as npt

from briefing.core.frozen import frozen
from briefing.core.language import in_language, spoken
from briefing.core.model import Document, Kind, Sentence
from briefing.core.text.copies import Fingerprint, fingerprint
from briefing.core.text.furniture import Reason
from briefing.core.text.gate import HEADLINE_ONLY, judge, news_sentences
from briefing.core.text.kind import is_likely, kind_of, opinion
from briefing.core.text.likeness import Bag, bag
from briefing.core.text.opening import is_news
from briefing.core.text.speech import speakers_of, without_labels

#: The modules and tables that determine an analysis: a change to any of them, by a single byte,
#: invalidates stored analyses. A test compares this list with what this module imports.
SOURCES = (
    "glyphs.py",
    "language/__init__.py",
    "language/de.toml",
    "language/en.importance.model",
    "language/en.toml",
    "language/es.toml",
    "language/fr.toml",
    "language/it.toml",
    "language/nl.toml",
    "language/pt.toml",
    "language/read.py",
    "language/ru.toml",
    "model/document.py",
    "text/analysis.py",
    "text/classifiers/linear.py",
    "text/copies.py",
    "text/furniture.py",
    "text/gate.py",
    "text/kind.py",
    "text/likeness.py",
    "text/opening.py",
    "text/segment.py",
    "text/speech.py",
    "text/words.py",
)

#: Most characters of an opening: title and first sentence.
_OPENING = 1_000
#: Bytes of the digest of a rule and a document.
_KEY = 16
#: Limit of an unpacked analysis in bytes: so many per character of the document, plus a constant.
_MOST_A_CHARACTER, _MOST = 32, 10_000
_REASONS: tuple[Reason | None, ...] = (None, *Reason)
_PLACES = {reason: place for place, reason in enumerate(_REASONS)}
_KINDS = tuple(Kind)
#: Kinds in which style distinguishes opinion from news; parties and teasers have another style.
_STYLED = frozenset({Kind.WIRE, Kind.ANALYSIS, Kind.OPINION, Kind.FEATURE})

_Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Analysis:
    """What is computed from one document alone, independent of all others."""

    #: Start, end and paragraph of each sentence, without dateline and credits; shape (3, n).
    spans: _Ints
    #: Index in ``_REASONS`` of the verdict on each sentence; 0: it may be printed.
    verdicts: npt.NDArray[np.uint8]
    #: Kind of text.
    kind: Kind
    #: Why nothing of the document is printed; None: it passes the gate.
    whole: Reason | None
    #: Used to find copies.
    fingerprint: Fingerprint
    #: Used to cluster stories.
    bag: Bag
    #: Probability of an opinion piece, by its words alone; 0 for kinds whose style is no evidence.
    opinion: float
    #: Packed signals, stored after the analysis (:mod:`briefing.core.text.signals`).
    signals: bytes = b""

    @property
    def printable(self) -> int:
        """Number of sentences that may be printed if the document passes."""
        return int(np.count_nonzero(self.verdicts == 0))

    def opening(self, document: Document) -> str:
        """Return the title and the first sentence of the document."""
        start, end, _ = self.spans[:, 0].tolist() if self.spans.size else (0, 0, 0)
        return f"{document.title}\n{document.text[start:end]}"[:_OPENING]

    def passes(self, *, rescued: bool) -> bool:
        """Tell whether anything may be printed; a rescued document needs only a good sentence."""
        return self.printable > 0 and (self.whole is None or rescued)

    def headline_only(self, document: Document) -> "Analysis | None":
        """Return it without printable sentences if the headline may be used, else None."""
        if not document.title or self.whole not in HEADLINE_ONLY:
            return None
        return replace(self, verdicts=np.full_like(self.verdicts, _PLACES[self.whole]))

    def kept(self, document: Document) -> tuple[Sentence, ...]:
        """Return the printable sentences of the document; none if the document does not pass."""
        return () if self.whole else self.sentences(document)

    def reasons(self) -> Counter[str]:
        """Count the sentences that may not be printed, by reason."""
        places = np.bincount(self.verdicts, minlength=1).tolist()
        return Counter(
            {str(_REASONS[place]): count for place, count in enumerate(places) if place and count}
        )

    def sentences(self, document: Document, *, most: int | None = None) -> tuple[Sentence, ...]:
        """Return all or the first printable sentences, whether or not the document passes."""
        text, name = document.text, document.id
        good = np.flatnonzero(self.verdicts == 0)[:most]
        speaker = speakers_of(document, kind=self.kind)
        return tuple(
            Sentence(name, start, end, text[start:end], index, paragraph, speaker(start) or "")
            for index, (start, end, paragraph) in zip(
                good.tolist(), self.spans[:, good].T.tolist(), strict=True
            )
        )


#: Analyses by id of the document.
Analyses = Mapping[str, Analysis]


@in_language(lambda document, *, language: document.language or language)
def analyze(document: Document, *, language: str) -> Analysis:
    """Analyze a document by itself.

    Its publication time and weight have no effect.
    """
    own = spoken()
    sentences = news_sentences(document, language=language)
    style = opinion(document, style=own.style)
    doubtful = is_likely(style) and is_news(document)
    likely = 0.0 if doubtful else style
    kind = kind_of(document, sentences, opinion=likely, language=own)
    sentences = without_labels(document, sentences, kind=kind)
    verdict = judge(document, sentences, kind=kind, language=language)
    spans = [(sentence.start, sentence.end, sentence.paragraph) for sentence in sentences]
    return Analysis(
        np.array(spans, dtype=np.int64).reshape(-1, 3).T,
        np.array([_PLACES[reason] for reason in verdict.sentences], dtype=np.uint8),
        kind,
        verdict.whole,
        fingerprint(document),
        bag(document),
        style if kind in _STYLED else 0.0,
    )


def analyze_all(
    documents: Sequence[Document], known: Analyses, *, language: str
) -> tuple[Analysis, ...]:
    """Return the analysis of each document, taken from ``known`` where it has one."""
    return tuple(
        known.get(document.id) or analyze(document, language=language) for document in documents
    )


class Printable(Mapping[str, tuple[Sentence, ...]]):
    """The printable sentences by document id, sliced from the texts on first access."""

    # Comparing contents would slice all texts.
    __eq__, __hash__ = object.__eq__, object.__hash__

    def __init__(
        self,
        passed: Sequence[tuple[Document, Analysis]],
        *,
        allowed: Callable[[Sentence], bool] | None = None,
    ) -> None:
        """Take the documents that passed the gate, and an optional filter of sentences."""
        self._passed = {document.id: (document, analysis) for document, analysis in passed}
        self._allowed = allowed
        self._cut: dict[str, tuple[Sentence, ...]] = {}

    def __getitem__(self, name: str) -> tuple[Sentence, ...]:
        """Return the sentences of a document, in order."""
        if name not in self._cut:
            document, analysis = self._passed[name]
            self._cut[name] = tuple(filter(self._allowed or bool, analysis.sentences(document)))
        return self._cut[name]

    def __iter__(self) -> Iterator[str]:
        """Iterate over the ids of the documents."""
        return iter(self._passed)

    def __len__(self) -> int:
        """Return the number of documents."""
        return len(self._passed)

    def emptied(self, name: str) -> bool:
        """Tell whether the filter removes every printable sentence of a document that has any."""
        return self._passed[name][1].printable > 0 and not self[name]

    @property
    def filtered(self) -> bool:
        """Whether sentences are filtered."""
        return self._allowed is not None

    @property
    def count(self) -> int:
        """Number of sentences in all documents."""
        if self._allowed:
            return sum(map(len, self.values()))
        return sum(analysis.printable for _, analysis in self._passed.values())


# --- storage --------------------------------------------------------------------------------


@frozen
class AnalysisRule:
    """What determines analyses besides the documents; those made by another rule are not used."""

    #: ISO 639-1 code of the edition.
    language: str
    #: Names and versions of the libraries that split and stem text.
    runs_on: str

    @property
    def digest(self) -> bytes:
        """Digest of the modules and tables, the libraries and the language."""
        return _digest(_code(), self.runs_on.encode(), self.language.encode())

    def key(self, document: Document) -> bytes:
        """Return the digest that identifies an analysis: of the rule and all fields it reads."""
        read = (
            " ".join(document.marks),
            document.title,
            document.text,
            document.publisher,
            document.url,
            document.language,
        )
        return _digest(self.digest, *(part.encode("utf-8", "surrogatepass") for part in read))


def _digest(*parts: bytes) -> bytes:
    digest = blake2b(digest_size=_KEY)
    for part in parts:
        digest.update(len(part).to_bytes(8, "big") + part)
    return digest.digest()


@lru_cache(maxsize=1)
def _code() -> bytes:
    """Return the digest of :data:`SOURCES`."""
    return _digest(*(pkgutil.get_data("briefing.core", name) or b"" for name in SOURCES))


def pack(analysis: Analysis, *, key: bytes) -> bytes:
    """Return an analysis as bytes: the key, then compressed numbers and words."""
    spans, bag_, prints = analysis.spans, analysis.bag, analysis.fingerprint
    stems = bag_.stems.encode("utf-8", "surrogatepass")
    starts, paragraphs = np.diff(spans[::2], prepend=0).astype("<i4")
    numbers = (spans.shape[1], len(prints.shingles), bag_.counts.shape[1], len(stems))
    parts = (
        np.array([*numbers, _PLACES[analysis.whole], len(prints.words)], dtype="<u4"),
        np.array(_KINDS.index(analysis.kind), dtype="u1"),
        np.array(analysis.opinion, dtype="<f8"),
        starts,
        (spans[1] - spans[0]).astype("<i4"),
        paragraphs,
        np.diff(prints.shingles, prepend=np.uint32(0)).astype("<u4"),
        bag_.counts.astype("<u2"),
        analysis.verdicts,
    )
    content = b"".join(part.tobytes() for part in parts) + prints.words + stems
    return key + zlib.compress(content, 1)


def pack_all(documents: Sequence[Document], *, rule: AnalysisRule) -> list[bytes]:
    """Return the packed analyses of documents; the bytes are the same in every process."""
    return [
        pack(analyze(document, language=rule.language), key=rule.key(document))
        for document in documents
    ]


def unpack(packed: bytes, *, key: bytes, document: Document) -> Analysis | None:
    """Return the packed analysis of a document; None if the key differs or it is damaged."""
    if packed[:_KEY] != key:
        return None
    most = _MOST + _MOST_A_CHARACTER * len(document.text)
    try:
        inflate = zlib.decompressobj()
        content = inflate.decompress(packed[_KEY:], most)
        # ``eof`` is false if the content was longer than the limit.
        read = _read(content, signals=inflate.unused_data) if inflate.eof else None
    except (zlib.error, ValueError, IndexError):
        return None
    return read if read and _is_sound(read, document) else None


def _read(content: bytes, *, signals: bytes) -> Analysis:
    """Read the content that :func:`pack` wrote; ValueError: its length is not as declared."""
    place = 0

    def take(kind: str, count: int) -> npt.NDArray[np.int64]:
        nonlocal place
        array = np.frombuffer(content, dtype=kind, count=count, offset=place)
        place += array.nbytes
        return array

    sentences, shingles, stems, letters, whole, digest = take("<u4", 6).tolist()
    (kind,) = take("u1", 1).tolist()
    (opinion_,) = take("<f8", 1).tolist()
    spans = take("<i4", 3 * sentences).reshape(3, sentences).astype(np.int64)
    for differences in spans[::2]:
        differences.cumsum(out=differences)
    spans[1] += spans[0]
    numbers = take("<u4", shingles).cumsum(dtype=np.uint32)
    counts = take("<u2", 3 * stems).reshape(3, stems).astype(np.uint16)
    verdicts = take("u1", sentences).astype(np.uint8)
    name, text = content[place : place + digest], content[place + digest :]
    named = text.decode("utf-8", "surrogatepass")
    if len(name) != digest or len(text) != letters or named.count(" ") + 1 != max(1, stems):
        raise ValueError("cut, or longer than it says")
    return Analysis(
        spans,
        verdicts,
        _KINDS[kind],
        _REASONS[whole],
        Fingerprint(name, numbers),
        Bag(named, counts),
        opinion_,
        signals,
    )


def _is_sound(analysis: Analysis, document: Document) -> bool:
    """Tell whether the sentences are slices of the document in order, and all values are valid."""
    # For a few dozen numbers a list is faster than an array.
    bounds = [0, *analysis.spans[:2].T.ravel().tolist(), len(document.text)]
    return (
        bounds == sorted(bounds)
        and analysis.verdicts.max(initial=0) < len(_REASONS)
        and 0 <= analysis.opinion <= 1
    )
