"""Determines the kind of a report by declaration, address, form and style, in this order."""

import math
import re
from collections import Counter
from collections.abc import Sequence, Set

from briefing.core.language import Furniture, KindCues, Language, Style
from briefing.core.model import Document, Kind, Sentence
from briefing.core.text.furniture import MAYBE_DIGIT, is_stamped
from briefing.core.text.speech import (
    ADDRESS,
    HEAD,
    LONGEST_LABEL,
    OPENING,
    is_party,
    is_state,
    quotations,
    turns,
)
from briefing.core.text.words import tokens

#: Characters of the text that are read for signs of a market report or table.
_READ = 1_500
#: Fewest lines of a live page that open with a clock time.
_LIVE_STAMPS = 3
#: Most sentences of a teaser.
_TEASER_SENTENCES = 2
#: Share of numbers among the words of a table or a price list.
_TABLE_SHARE = 0.12

_WORD = re.compile(r"[^\W\d_]+|\d[\d.,]*")


def kind_of(
    document: Document, sentences: Sequence[Sentence], *, opinion: float, language: Language
) -> Kind:
    """Return the kind of a report.

    What the report itself states counts first, then its publisher and what the operator declared
    for its source, then its form, and its style last. ``opinion``: probability of an opinion piece
    by its words alone; ``language``: that of the report.
    """
    marks = {mark.value for mark in document.marks}
    if Kind.OPINION in marks or Kind.LIVE in marks:
        return Kind.OPINION if Kind.OPINION in marks else Kind.LIVE
    party = _of_party(document, marks, language)
    return (
        (party if party is not Kind.STATE else None)
        or _by_label(document, language.furniture)
        or party
        or next((kind for kind in Kind if kind in marks), None)
        or _by_form(document, sentences, opinion=opinion, words=language.kinds)
    )


def _of_party(document: Document, marks: Set[str], language: Language) -> Kind | None:
    """Return the kind of a report by a government or other party; None for other publishers."""
    if not is_party(document):
        return None
    state = Kind.STATE in marks or is_state(document)
    if Kind.TRANSCRIPT in marks or (not state and _is_transcript(document, language)):
        return Kind.TRANSCRIPT
    title, head = document.title[:LONGEST_LABEL], document.text[:HEAD]
    if language.kinds.official_notice.search(title) or language.kinds.proclaimed.search(head):
        return Kind.NOTICE
    return Kind.STATE if state else Kind.STATEMENT


def _is_transcript(document: Document, language: Language) -> bool:
    if language.speech.statement_title.search(document.title[:LONGEST_LABEL]):
        return False
    speakers = Counter(turn.speaker for turn in turns(document.text))
    return bool(
        language.kinds.transcript_title.search(document.title[:LONGEST_LABEL])
        or language.kinds.transcript_text.search(document.text)
        or any(count > 1 for count in speakers.values())
    )


def _by_label(document: Document, wording: Furniture) -> Kind | None:
    """Return opinion or live by title, publisher, address, and start and end of the text."""
    title = document.title[:LONGEST_LABEL]
    path = _path(document.url)
    slug = path[-1] if path else ""
    if (
        wording.opinion_title.search(title)
        or wording.opinion_publisher.search(document.publisher[:LONGEST_LABEL])
        or not wording.opinion_path.isdisjoint(path)
        or wording.opinion_slug.search(slug)
        or wording.opinion_text.search(document.text[:HEAD])
        or wording.opinion_text.search(document.text, max(0, len(document.text) - HEAD))
    ):
        return Kind.OPINION
    live = wording.live_title.search(title) or wording.live_slug.search(slug) or "live" in path
    return Kind.LIVE if live else None


def _by_form(
    document: Document, sentences: Sequence[Sentence], *, opinion: float, words: KindCues
) -> Kind:
    text, title = document.text, document.title[:LONGEST_LABEL]
    if sum(is_stamped(line[:80]) for line in text.splitlines()) >= _LIVE_STAMPS:
        return Kind.LIVE
    leisure = not words.leisure.isdisjoint(_path(document.url))
    if leisure or is_routine(document, words=words):
        return Kind.FEATURE if leisure else Kind.NOTICE
    short = len(sentences) <= _TEASER_SENTENCES
    if not short and is_likely(opinion):
        return Kind.OPINION
    if words.explains.search(title):
        return Kind.ANALYSIS
    return Kind.TEASER if short else Kind.WIRE


def is_routine(document: Document, *, words: KindCues) -> bool:
    """Tell whether a report is a company notice, a market report or a table; a record is news."""
    title, text = document.title, document.text[:_READ]
    traded = words.traded.search(title) and words.stands.search(title)
    if not (traded or words.ticker.search(title) or words.issue.search(title)):
        # Usually the digits alone are already too few; counting words is slower.
        if len(MAYBE_DIGIT.findall(text)) <= _TABLE_SHARE * sum(map(str.isalpha, text.split())):
            return False
        read = _WORD.findall(text)
        if sum(word[0].isdigit() for word in read) <= _TABLE_SHARE * len(read):
            return False
    return not words.record.search(f"{title}\n{text}")


def _path(url: str) -> tuple[str, ...]:
    """Return the first label of the host and the parts of the path, in lower case."""
    host, path = ADDRESS.match(url[:LONGEST_LABEL].lower()).groups("")  # type: ignore[union-attr]  # it matches any text
    return (host.split(".")[0], *(part.rsplit(".", 1)[0] for part in path.split("/") if part))


#: A shorter text counts as this many words, so that a word or two cannot decide: with 40, 7 % of
#: the first paragraphs of news agencies were classified as opinion; with this, 1.4 %.
_FEWEST = 250

#: Probability from which a report is classified as opinion (docs/decisions/0029-kinds.md).
_LIKELY = 0.35


def features(document: Document, *, style: Style) -> tuple[float, ...]:
    """Return one value per class of words, then the quoted share, damped; each is 0 or more."""
    text = document.text[:OPENING]
    quoted = [
        text[quotation.start : quotation.end] for quotation in quotations(text) if quotation.closed
    ]
    # Quotations begin and end with a mark, so joining them creates no new words.
    counts, inside = Counter(tokens(text)), Counter(tokens(" ".join(quoted)))
    words = max(_FEWEST, counts.total() - inside.total())
    # Each quotation counts as one character.
    outside = len(text) - sum(len(quotation) - 1 for quotation in quoted)
    return (
        *(
            math.log1p(100 * sum(counts[w] - inside[w] for w in group if w in counts) / words)
            for group in style.words.values()
        ),
        math.log1p(max(0.0, 1 - outside / max(1, len(text)))),
    )


def opinion(document: Document, *, style: Style) -> float:
    """Return the probability that a report is opinion, by its words alone; 0 without weights."""
    if not style.weights:
        return 0.0
    values = (*features(document, style=style), 1.0)
    score = sum(w * x for w, x in zip(style.weights.values(), values, strict=True))
    return 1 / (1 + math.exp(-score))


def is_likely(opinion: float) -> bool:
    """Tell whether a report with this probability is classified as opinion."""
    return opinion >= _LIKELY
