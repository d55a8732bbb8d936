"""Classifies texts into sections defined by words, alone or beside those of a trained model."""

from collections.abc import Mapping, Sequence

from briefing.core.errors import SettingsError
from briefing.core.frozen import frozen
from briefing.core.model import OTHER
from briefing.core.ports import Classifier
from briefing.core.text import words

#: What "other" has before a text is read, in matches: one match then gives its section 5/7.
_PRIOR = 0.4
#: Characters of one word that are read; longer ones are addresses and noise.
_LONGEST_WORD = 40

_Phrase = tuple[str, ...]


@frozen
class Keywords:
    """Counts matches of stems and of phrases (stems in a row).

    With c(s) matches of section s in a text and C over all sections, p(s) = c(s) / (C + 0.4);
    "other" gets 0.4 / (C + 0.4) on top of matches of its own, so a text without a match is all
    "other". Every place where a phrase begins counts, overlapping ones too.
    """

    #: In the order given, "other" last unless it was given.
    sections: tuple[str, ...]
    #: First stem → each phrase that begins with it and the sections that own it.
    phrases: Mapping[str, tuple[tuple[_Phrase, str], ...]]

    def __call__(self, texts: Sequence[str]) -> tuple[Mapping[str, float], ...]:
        """Return for each text a probability by section; each row sums to 1."""
        counts = [self.count(text) for text in texts]
        for row in counts:
            row["other"] += _PRIOR
        totals = [sum(row.values()) for row in counts]
        return tuple(
            {section: count / total for section, count in row.items()}
            for row, total in zip(counts, totals, strict=True)
        )

    def count(self, text: str) -> dict[str, float]:
        """Return the number of matches of each section."""
        counts = dict.fromkeys(self.sections, 0.0)
        for _, _, section in self._matches(_tokens(text)):
            counts[section] += 1.0
        return counts

    def evidence(self, text: str) -> tuple[tuple[str, str, float], ...]:
        """Return what matched, by stem, as first written: words, section, matches; most first."""
        tokens = _tokens(text)
        counts: dict[tuple[_Phrase, str], float] = {}
        written: dict[_Phrase, str] = {}
        for at, phrase, section in self._matches(tokens):
            counts[phrase, section] = counts.get((phrase, section), 0.0) + 1.0
            written.setdefault(phrase, " ".join(tokens[at : at + len(phrase)]))
        matches = ((written[phrase], section, n) for (phrase, section), n in counts.items())
        return tuple(sorted(matches, key=lambda entry: (-entry[2], entry[0], entry[1])))

    def _matches(self, tokens: Sequence[str]) -> list[tuple[int, _Phrase, str]]:
        """Return where each match begins, with its phrase and a section that owns it."""
        stems = [words.stem(token) for token in tokens]
        return [
            (at, phrase, section)
            for at, stem in enumerate(stems)
            for phrase, section in self.phrases.get(stem, ())
            if tuple(stems[at : at + len(phrase)]) == phrase
        ]


def _tokens(text: str) -> list[str]:
    return [token[:_LONGEST_WORD] for token in words.tokens(text)]


def from_words(sections: Mapping[str, Sequence[str]]) -> Keywords:
    """Build a classifier from words and phrases by section; equal stems count once a section.

    Raises:
        SettingsError: a section has no words, or a word has no letter or digit in it.
    """
    phrases: dict[str, list[tuple[_Phrase, str]]] = {}
    for section, entries in sections.items():
        if not entries:
            raise SettingsError(f"section {section!r}: no words; give at least one")
        stemmed = {entry: tuple(map(words.stem, _tokens(entry))) for entry in entries}
        for entry, stems in stemmed.items():
            if not stems:
                raise SettingsError(f"section {section!r}: {entry!r} has no letter or digit")
        for phrase in dict.fromkeys(stemmed.values()):
            phrases.setdefault(phrase[0], []).append((phrase, section))
    names = tuple(dict.fromkeys((*sections, "other")))
    return Keywords(names, {first: tuple(owned) for first, owned in phrases.items()})


#: Words of a text for each match that weighs as all the models say (docs/decisions/0003).
_WORDS_A_MATCH = 40
#: A model of one section is never surer than this, so that odds stay finite.
_SUREST = 1 - 1e-9


@frozen
class Joined:
    """A trained model, models of one section each, and words that define sections.

    A model of one section gives its odds against everything else. What the models say of a text of
    n words then counts as much as n / 40 matches: with c(s) matches of section s and C of all,
    p(s) = (c(s) + n / 40 · model(s)) / (C + n / 40). Without a match the models alone decide.
    """

    #: Knows "other".
    base: Classifier
    #: A model by the section that it tells from "other".
    own: Mapping[str, Classifier]
    #: Counts the words of sections; None: no section has words.
    keywords: Keywords | None = None

    @property
    def sections(self) -> tuple[str, ...]:
        """The names it gives: those of the trained model, then those added to it."""
        added = self.keywords.sections if self.keywords else ()
        return tuple(dict.fromkeys((*self.base.sections, *self.own, *added)))

    def __call__(self, texts: Sequence[str]) -> tuple[Mapping[str, float], ...]:
        """Return for each text a probability by section; each row sums to 1."""
        rows: Sequence[Mapping[str, float]] = self.base(texts)
        shares = {
            name: [1 - row[OTHER] for row in model(texts)] for name, model in self.own.items()
        }
        if shares:
            rows = [
                _with_odds(row, {name: shares[name][at] for name in shares})
                for at, row in enumerate(rows)
            ]
        return tuple(self._with_matches(row, text) for row, text in zip(rows, texts, strict=True))

    def _with_matches(self, row: Mapping[str, float], text: str) -> Mapping[str, float]:
        counts = self.keywords.count(text) if self.keywords else {}
        worth = len(words.tokens(text)) / _WORDS_A_MATCH if any(counts.values()) else 1.0
        total = sum(counts.values()) + worth
        return {
            name: (counts.get(name, 0.0) + worth * row.get(name, 0.0)) / total
            for name in self.sections
        }


def _with_odds(row: Mapping[str, float], shares: Mapping[str, float]) -> Mapping[str, float]:
    """Add sections to a row, each with its odds against all that the row holds."""
    odds = {name: min(p, _SUREST) / (1 - min(p, _SUREST)) for name, p in shares.items()}
    total = 1 + sum(odds.values())
    names = dict.fromkeys((*row, *odds))
    # A section that the trained model knows as well keeps what it has there.
    return {name: (row.get(name, 0.0) + odds.get(name, 0.0)) / total for name in names}
