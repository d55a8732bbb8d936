"""Decides what does not belong on the page, and why: whole documents, then sentences."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

from briefing.core.model import PARTIES, Document, Drop, Kind, Mark, Sentence
from briefing.core.text.furniture import Judge, Reason, primary
from briefing.core.text.kind import kind_of
from briefing.core.text.shape import count_words
from briefing.core.text.speaker import LONGEST_LABEL, speakers_of
from briefing.core.text.style import opinion
from briefing.core.text.wording import WORDINGS

__all__ = ["Judgment", "Passed", "Reason", "judge", "pass_gate"]

#: A report needs this much prose of its own without the page furniture: sentences, words.
FEWEST = (2, 40)
#: What is short by its kind.
FEWEST_OF_SHORT = (1, 10)
_SHORT = PARTIES | {Kind.TEASER, Kind.ANALYSIS, Kind.FEATURE, Kind.NOTICE}
#: Kinds of which nothing is printed.
DROPPED = {Kind.OPINION: Reason.OPINION, Kind.LIVE: Reason.LIVE_BLOG}
#: Reasons that hold for the whole of a paragraph: below a picture, or by one speaker.
OF_A_PARAGRAPH = frozenset({Reason.CAPTION, Reason.LABELED})
#: Sentences of such a paragraph at most; a longer one is the report itself, set without breaks.
LONGEST_CAPTION = 4
#: A sentence dropped for one of these still counts as prose.
PROSE = frozenset(
    {
        Reason.TOO_LONG,
        Reason.QUESTION,
        Reason.UNBALANCED,
        Reason.SPEAKERLESS,
        Reason.FIRST_PERSON,
        Reason.SECOND_PERSON,
    }
)
#: Marks of a source that explain a stub.
MARKED_STUB = ((Mark.PAYWALL, Reason.PAYWALL), (Mark.BLURB, Reason.BLURB))


@dataclass(frozen=True, slots=True)
class Judgment:
    """What the gate says of one document."""

    #: Why each sentence may not be printed; None: it may.
    sentences: tuple[Reason | None, ...]
    #: Why the whole document may not; None: it may.
    whole: Reason | None

    def drops_all(self, *, rescued: bool) -> bool:
        """Tell whether nothing of it is printed; an editor rescues what has a good sentence."""
        return self.whole is not None and not (rescued and None in self.sentences)


@dataclass(frozen=True, slots=True)
class Passed:
    """The result of the gate for one document."""

    #: Those that may be printed, in document order; none when the whole document was dropped.
    kept: tuple[Sentence, ...]
    #: One for the whole document, or one for each dropped sentence, in document order.
    drops: tuple[Drop, ...]


def pass_gate(
    document: Document,
    sentences: Sequence[Sentence],
    *,
    language: str,
    rescued: bool = False,
) -> Passed:
    """Return the sentences that may be printed and the reasons why the others may not.

    Args:
        document: the report.
        sentences: all of its sentences, in order.
        language: ISO 639-1 code of the edition.
        rescued: an editor wants it: no reason holds for the whole, if a sentence may be printed.
    """
    kind = kind_of(document, sentences, opinion=opinion(document), language=language)
    verdict = judge(document, sentences, kind=kind, language=language)
    if verdict.drops_all(rescued=rescued):
        return Passed((), (Drop(document.id, str(verdict.whole)),))
    judged = list(zip(sentences, verdict.sentences, strict=True))
    return Passed(
        tuple(sentence for sentence, reason in judged if reason is None),
        tuple(Drop(document.id, reason, sentence) for sentence, reason in judged if reason),
    )


def judge(
    document: Document, sentences: Sequence[Sentence], *, kind: Kind, language: str
) -> Judgment:
    """Return why a report, and each of its sentences, may not be printed.

    Args:
        document: the report.
        sentences: all of its sentences, in order.
        kind: what kind of text it is; a party speaks of itself in the first person.
        language: ISO 639-1 code of the edition.
    """
    of_sentence = Judge(document, language=language, kind=kind)
    speaker = speakers_of(document, kind=kind)
    verdicts = _with_paragraphs(
        sentences,
        [
            Reason.SPEAKERLESS if speaker(one.start) is None else of_sentence(one)
            for one in sentences
        ],
    )
    whole = _judge_whole(document, sentences, verdicts, kind=kind, language=language)
    return Judgment(tuple(verdicts), whole)


def _with_paragraphs(
    sentences: Sequence[Sentence], verdicts: Sequence[Reason | None]
) -> list[Reason | None]:
    """Return the verdicts with every sentence of a caption, or below a label, told to be one.

    A short paragraph in which a sentence is a caption, such as "FILE - …" or the photo's credit,
    is a caption as a whole; one that opens with a label is of one speaker.
    """
    judged = list(zip(sentences, verdicts, strict=True))
    lengths = Counter(sentence.paragraph for sentence in sentences)
    of_paragraph = {
        sentence.paragraph: reason
        for sentence, reason in judged
        if reason in OF_A_PARAGRAPH and lengths[sentence.paragraph] <= LONGEST_CAPTION
    }
    return [
        of_paragraph.get(sentence.paragraph) if reason is None else reason
        for sentence, reason in judged
    ]


def _judge_whole(
    document: Document,
    sentences: Sequence[Sentence],
    verdicts: Sequence[Reason | None],
    *,
    kind: Kind,
    language: str,
) -> Reason | None:
    if document.language and primary(document.language) != primary(language):
        return Reason.LANGUAGE
    own = [
        sentence
        for sentence, reason in zip(sentences, verdicts, strict=True)
        if reason is None or reason in PROSE
    ]
    if kind in DROPPED and own:
        return DROPPED[kind]
    wording = WORDINGS.get(primary(language))
    if wording and wording.roundup_title.search(document.title[:LONGEST_LABEL]):
        return Reason.ROUNDUP
    least, fewest_words = FEWEST_OF_SHORT if kind in _SHORT else FEWEST
    words = accumulate(count_words(sentence.text) for sentence in own)
    if None in verdicts and len(own) >= least and any(count >= fewest_words for count in words):
        return None
    return next((reason for mark, reason in MARKED_STUB if mark in document.marks), Reason.STUB)
