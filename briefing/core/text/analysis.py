"""What is known of one document alone: computed once, kept beside it, and read by editions."""

import pkgutil
import zlib
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from hashlib import blake2b

import numpy as np
import numpy.typing as npt

from briefing.core.language import in_language, spoken
from briefing.core.model import Document, Kind, Sentence
from briefing.core.text.copies import Fingerprint, fingerprint
from briefing.core.text.furniture import Reason
from briefing.core.text.gate import HEADLINE_ONLY, judge, news_sentences
from briefing.core.text.kind import kind_of, opinion
from briefing.core.text.likeness import Bag, bag
from briefing.core.text.speech import speakers_of, without_labels

#: The modules and tables by which a document is analyzed: with another byte in any of them, what
#: was kept is computed again. A test compares them with what this module imports.
SOURCES = (
    "glyphs.py",
    "language/__init__.py",
    "language/de.toml",
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
    "text/copies.py",
    "text/furniture.py",
    "text/gate.py",
    "text/kind.py",
    "text/likeness.py",
    "text/segment.py",
    "text/speech.py",
    "text/words.py",
)

#: Characters of title and first sentence that are read.
_OPENING = 1_000
#: Bytes of a digest of a rule with a document.
_KEY = 16
#: Bytes of what is kept for each character of a document at most, and for any document.
_MOST_A_CHARACTER, _MOST = 32, 10_000
_REASONS: tuple[Reason | None, ...] = (None, *Reason)
_PLACES = {reason: place for place, reason in enumerate(_REASONS)}
_KINDS = tuple(Kind)
#: Kinds in which style tells opinion from news; a party or a sentence or two have another.
_STYLED = frozenset({Kind.WIRE, Kind.ANALYSIS, Kind.OPINION, Kind.FEATURE})

_Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Analysis:
    """What is known of one document alone, whatever else came in on its day."""

    #: Start, end and paragraph of each sentence, without dateline and credits; shape (3, n).
    spans: _Ints
    #: For each sentence the place of its reason in ``_REASONS``; 0: it may be printed.
    verdicts: npt.NDArray[np.uint8]
    #: What kind of text it is.
    kind: Kind
    #: Why nothing of it is printed; None: it passes the gate.
    whole: Reason | None
    #: By which copies are found.
    fingerprint: Fingerprint
    #: By which stories are found.
    bag: Bag
    #: Probability that it is an opinion piece, by its words alone; 0 where style tells nothing.
    opinion: float
    #: What is kept behind it: its signals, packed (:mod:`briefing.core.text.signals`).
    signals: bytes = b""

    @property
    def printable(self) -> int:
        """Number of sentences that may be printed if the document passes."""
        return int(np.count_nonzero(self.verdicts == 0))

    def opening(self, document: Document) -> str:
        """Return the title of its document and the first sentence."""
        start, end, _ = self.spans[:, 0].tolist() if self.spans.size else (0, 0, 0)
        return f"{document.title}\n{document.text[start:end]}"[:_OPENING]

    def passes(self, *, rescued: bool) -> bool:
        """Tell whether anything of it is printed; an editor rescues what has a good sentence."""
        return self.printable > 0 and (self.whole is None or rescued)

    def headline_only(self, document: Document) -> "Analysis | None":
        """Return it without sentences if nothing but the headline may be used; None: it may not."""
        if not document.title or self.whole not in HEADLINE_ONLY:
            return None
        return replace(self, verdicts=np.full_like(self.verdicts, _PLACES[self.whole]))

    def kept(self, document: Document) -> tuple[Sentence, ...]:
        """Return the sentences of its document that may be printed; none if it does not pass."""
        return () if self.whole else self.sentences(document)

    def reasons(self) -> Counter[str]:
        """Count why sentences of a document that passes may not be printed."""
        places = np.bincount(self.verdicts, minlength=1).tolist()
        return Counter(
            {str(_REASONS[place]): count for place, count in enumerate(places) if place and count}
        )

    def sentences(self, document: Document) -> tuple[Sentence, ...]:
        """Return the sentences of its document that may be printed, in order."""
        text, name = document.text, document.id
        good = np.flatnonzero(self.verdicts == 0)
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
    """Find out what can be known of a document alone.

    When the report was published, and its weight, play no part.
    """
    own = spoken()
    sentences = news_sentences(document, language=language)
    style = opinion(document, style=own.style)
    kind = kind_of(document, sentences, opinion=style, language=own)
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
    """Return the analysis of each document: the known one, else a new one."""
    return tuple(
        known.get(document.id) or analyze(document, language=language) for document in documents
    )


class Printable(Mapping[str, tuple[Sentence, ...]]):
    """The sentences that may be printed, by document; cut out of its text when asked for."""

    # To compare two by what they hold would cut all of it.
    __eq__, __hash__ = object.__eq__, object.__hash__

    def __init__(
        self,
        passed: Sequence[tuple[Document, Analysis]],
        *,
        allowed: Callable[[Sentence], bool] | None = None,
    ) -> None:
        """Take what passed the gate, and a test of each sentence if there is one."""
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
        """Tell whether the test leaves none of the sentences of a document that has some."""
        return self._passed[name][1].printable > 0 and not self[name]

    @property
    def filtered(self) -> bool:
        """Whether a test may leave sentences out."""
        return self._allowed is not None

    @property
    def count(self) -> int:
        """Number of all sentences."""
        if self._allowed:
            return sum(map(len, self.values()))
        return sum(analysis.printable for _, analysis in self._passed.values())


# --- how it is kept -------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class AnalysisRule:
    """By what documents are analyzed; what was found out by another rule is found out again."""

    #: ISO 639-1 code of the edition.
    language: str
    #: Names and versions of the libraries that tell words and sentences.
    runs_on: str

    @property
    def digest(self) -> bytes:
        """What identifies it: the modules and tables here, the libraries, and the language."""
        return _digest(_code(), self.runs_on.encode(), self.language.encode())

    def key(self, document: Document) -> bytes:
        """Return what identifies an analysis: the rule, and all of the document that it reads."""
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
    """Return the digest of the modules and tables by which documents are analyzed."""
    modules = (pkgutil.get_data("briefing.core", name) or b"" for name in SOURCES)
    return _digest(*modules)


def pack(analysis: Analysis, *, key: bytes) -> bytes:
    """Return an analysis as bytes: its key, then numbers and words, compressed."""
    spans, bag_, prints = analysis.spans, analysis.bag, analysis.fingerprint
    stems = bag_.stems.encode("utf-8", "surrogatepass")
    numbers = (spans.shape[1], len(prints.shingles), bag_.counts.shape[1], len(stems))
    parts = (
        np.array([*numbers, _PLACES[analysis.whole], len(prints.words)], dtype="<u4"),
        np.array(_KINDS.index(analysis.kind), dtype="u1"),
        np.array(analysis.opinion, dtype="<f8"),
        np.diff(spans[0], prepend=0).astype("<i4"),
        (spans[1] - spans[0]).astype("<i4"),
        np.diff(spans[2], prepend=0).astype("<i4"),
        np.diff(prints.shingles, prepend=np.uint32(0)).astype("<u4"),
        bag_.counts.astype("<u2"),
        analysis.verdicts,
    )
    content = b"".join(part.tobytes() for part in parts) + prints.words + stems
    return key + zlib.compress(content, 1)


def pack_all(documents: Sequence[Document], *, rule: AnalysisRule) -> list[bytes]:
    """Return the analyses of documents, packed; in any process the same."""
    return [
        pack(analyze(document, language=rule.language), key=rule.key(document))
        for document in documents
    ]


def unpack(packed: bytes, *, key: bytes, document: Document) -> Analysis | None:
    """Return the analysis of a document that was packed; None if it is another's, or damaged."""
    if packed[:_KEY] != key:
        return None
    most = _MOST + _MOST_A_CHARACTER * len(document.text)
    try:
        inflate = zlib.decompressobj()
        content = inflate.decompress(packed[_KEY:], most)
        # Only now is it known whether that was all.
        read = _read(content, signals=inflate.unused_data) if inflate.eof else None
    except (zlib.error, ValueError, IndexError):
        return None
    return read if read and _is_sound(read, document) else None


def _read(content: bytes, *, signals: bytes) -> Analysis:
    """Read what :func:`pack` wrote, and what is kept behind it."""
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
    """Tell whether every sentence is a slice of the document, and every reason is known."""
    # A list of some dozens is compared sooner than an array.
    bounds = [0, *analysis.spans[:2].T.ravel().tolist(), len(document.text)]
    return (
        bounds == sorted(bounds)
        and analysis.verdicts.max(initial=0) < len(_REASONS)
        and 0 <= analysis.opinion <= 1
    )
