"""Decides what does not belong on the page, and why: whole documents, then sentences."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate

from briefing.core.model import Document, Drop, Mark, Sentence
from briefing.core.text.furniture import Judge, Reason, primary
from briefing.core.text.shape import count_words, is_stamped
from briefing.core.text.wording import WORDINGS, Wording

__all__ = ["Judgment", "Passed", "Reason", "judge", "pass_gate"]

#: A report needs this much prose of its own without the page furniture.
FEWEST_SENTENCES, FEWEST_WORDS = 2, 40
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
#: Marks of a source that are enough to leave a report out.
MARKED = ((Mark.OPINION, Reason.OPINION), (Mark.LIVE, Reason.LIVE_BLOG))
#: Marks of a source that explain a stub.
MARKED_STUB = ((Mark.PAYWALL, Reason.PAYWALL), (Mark.BLURB, Reason.BLURB))
#: Paragraphs that open with a clock time make a live page from this number on.
LIVE_STAMPS = 3
#: Sentences in the first person, outside quotations: this many and one in six make an opinion.
#: Of 355 articles of other sets (stories, writers) this takes 11: nine first-person accounts,
#: speeches and opinions, and two reports (docs/decisions/0008-gate.md).
FIRST_PERSONS, FIRST_PERSON_SHARE = 3, 1 / 6
#: Characters of title and URL that are read; longer ones carry no label.
LONGEST_LABEL = 1000
#: Host and path of an address, without query and fragment (RFC 3986, appendix B).
_ADDRESS = re.compile(r"(?:[a-z][a-z0-9+.-]*:)?(?://(?P<host>[^/?#]*))?(?P<path>[^?#]*)")


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
    verdict = judge(document, sentences, language=language)
    if verdict.drops_all(rescued=rescued):
        return Passed((), (Drop(document.id, str(verdict.whole)),))
    judged = list(zip(sentences, verdict.sentences, strict=True))
    return Passed(
        tuple(sentence for sentence, reason in judged if reason is None),
        tuple(Drop(document.id, reason, sentence) for sentence, reason in judged if reason),
    )


def judge(document: Document, sentences: Sequence[Sentence], *, language: str) -> Judgment:
    """Return why a report, and each of its sentences, may not be printed.

    Args:
        document: the report.
        sentences: all of its sentences, in order.
        language: ISO 639-1 code of the edition.
    """
    of_sentence = Judge(document, language=language)
    verdicts = _with_paragraphs(sentences, list(map(of_sentence, sentences)))
    whole = _judge_whole(document, sentences, verdicts, language=language)
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
    language: str,
) -> Reason | None:
    if document.language and primary(document.language) != primary(language):
        return Reason.LANGUAGE
    label = _by_mark(document, MARKED) or _judge_label(document, language)
    if label is not None:
        return label
    if sum(is_stamped(line[:80]) for line in document.text.splitlines()) >= LIVE_STAMPS:
        return Reason.LIVE_BLOG
    if _is_personal(verdicts):
        return Reason.OPINION
    return _judge_stub(document, sentences, verdicts)


def _by_mark(document: Document, marks: Sequence[tuple[Mark, Reason]]) -> Reason | None:
    return next((reason for mark, reason in marks if mark in document.marks), None)


def _judge_stub(
    document: Document, sentences: Sequence[Sentence], verdicts: Sequence[Reason | None]
) -> Reason | None:
    if not _is_stub(sentences, verdicts):
        return None
    return _by_mark(document, MARKED_STUB) or Reason.STUB


def _is_stub(sentences: Sequence[Sentence], verdicts: Sequence[Reason | None]) -> bool:
    own = [
        sentence
        for sentence, reason in zip(sentences, verdicts, strict=True)
        if reason is None or reason in PROSE
    ]
    words = accumulate(count_words(sentence.text) for sentence in own)
    return (
        None not in verdicts
        or len(own) < FEWEST_SENTENCES
        or all(count < FEWEST_WORDS for count in words)
    )


def _judge_label(document: Document, language: str) -> Reason | None:
    """Judge by title, publisher and URL alone, in a language with rules."""
    wording = WORDINGS.get(primary(language))
    return None if wording is None else _judge_words(document, wording)


def _judge_words(document: Document, wording: Wording) -> Reason | None:
    title = document.title[:LONGEST_LABEL]
    path = _path(document.url)
    slug = path[-1] if path else ""
    if (
        wording.opinion_title.search(title)
        or wording.opinion_publisher.search(document.publisher[:LONGEST_LABEL])
        or not wording.opinion_path.isdisjoint(path)
        or wording.opinion_slug.search(slug)
    ):
        return Reason.OPINION
    if wording.live_title.search(title) or wording.live_slug.search(slug) or "live" in path:
        return Reason.LIVE_BLOG
    return Reason.ROUNDUP if wording.roundup_title.search(title) else None


def _path(url: str) -> tuple[str, ...]:
    """Return the first label of the host and the parts of the path, in lower case."""
    host, path = _ADDRESS.match(url[:LONGEST_LABEL].lower()).groups("")  # type: ignore[union-attr]  # it matches any text
    return (host.split(".")[0], *(part.rsplit(".", 1)[0] for part in path.split("/") if part))


def _is_personal(verdicts: Sequence[Reason | None]) -> bool:
    counts: Mapping[Reason | None, int] = Counter(verdicts)
    personal = counts.get(Reason.FIRST_PERSON, 0)
    prose = personal + counts.get(None, 0)
    return personal >= FIRST_PERSONS and personal >= FIRST_PERSON_SHARE * prose
