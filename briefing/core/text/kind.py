"""Tells what kind of text a report is: by declaration, address, form and style, in this order."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Sequence, Set

from briefing.core.model import Document, Kind, Sentence
from briefing.core.text.furniture import count_words, is_stamped, primary
from briefing.core.text.speech import (
    ADDRESS,
    HEAD,
    LONGEST_LABEL,
    STATEMENT_TITLE,
    is_party,
    is_state,
    quotations,
    turns,
)
from briefing.core.text.words import WORDINGS, Wording, tokens

#: Characters of the text in which a market report has its numbers.
_READ = 1_500
#: Paragraphs that open with a clock time make a live page from this number on.
_LIVE_STAMPS = 3
#: A text of so many sentences, or of fewer words, is a teaser.
_TEASER_SENTENCES, _TEASER_WORDS = 2, 40
#: Share of numbers among the words of a table or a price list.
_TABLE_SHARE = 0.12

_TRANSCRIPT_TITLE = re.compile(
    r"^\W*(?:opening |closing |full )?(?:remarks|transcript|speech|address|interview)\b"
    r"|\b(?:press|news) (?:briefing|conference|call|gaggle)\b|\bspeech (?:of|by)\b|\btranscript\b"
    r"|\bremarks (?:by|to|at|with)\b",
    re.IGNORECASE,
)
_TRANSCRIPT_TEXT = re.compile(
    r"[\[(](?:applause|laughter|crosstalk|inaudible)\b"
    r"|\bfollowing is (?:the|a) (?:full )?(?:transcript|speech|text of the speech)\b",
    re.IGNORECASE,
)
_OFFICIAL_NOTICE = re.compile(
    r"^\W*(?:a )?proclamation\b|\b(?:nominations?|nominates|nominees|appointments?|bills? signed|"
    r"disaster declaration|press review|public schedule|national day|independence day|travel to|"
    r"to deliver|presidential delegation)\b|\b(?:day|week|month|remembrance)\b[^:]{0,60}, \d{4}$"
    r"|\bdelegation (?:here|leaves|arrives|tours)\b"
    # Ceremonies, and letters that only hand a paper on.
    r"|\b(?:anniversary|years of|birthdays?|celebrat\w{1,6}|commemorat\w{1,6}|congratulat\w{1,6}|"
    r"ceremon(?:y|ies)|festivals?|galas?|exhibitions?|seminars?|contests?|awards?|finalists?|"
    r"achievements|(?:breaks|broke) ground|"
    r"(?:letters?|messages?) to (?:the )?(?:congress|speaker))\b",
    re.IGNORECASE,
)
#: Parts of addresses under which papers put what is for leisure.
_LEISURE = frozenset(
    "sport sports football soccer entertainment entertainment-arts celebrity celebrities movies "
    "music tv games gaming lifestyle style fashion food travel horoscopes".split()
)
_PROCLAIMED = re.compile(r"^\W*By the President of the United States of America\W+A Proclamation")
#: "Worst since 1987", "highest in nine years", "first ever", "record low".
_RECORD = re.compile(
    r"\b(?:worst|biggest|largest|highest|lowest|deadliest|sharpest|steepest|strongest|weakest|"
    r"heaviest|greatest|fastest|first time)\b[^.;\n]{0,60}?\b(?:since|ever|on record|in history|"
    r"in (?:[\w-]{1,20} ){0,3}(?:decades?|years|months|generations?|centur(?:y|ies)))\b"
    r"|\brecord (?:high|low|level|fall|drop|rise|loss|gain|number|deficit|surplus)s?\b"
    r"|\ball-time (?:high|low|record)s?\b",
    re.IGNORECASE,
)
#: One listed company, by its ticker: "<GM>", "(NYSE: GM)".
_TICKER = re.compile(r"<[A-Z]{1,6}(?:\.[A-Z]{1,3})?>|\((?:NYSE|NASDAQ|LSE|AMEX)\W{1,3}[A-Z]{1,6}\)")
#: A headline of a market report: what is traded, and how it stands.
_TRADED = re.compile(
    r"\b(?:futures|shares|stocks|equities|bonds|gilts|debt|gold|silver|copper|zinc|lead|tin|coffee|"
    r"cocoa|sugar|corn|wheat|soybeans?|hogs|cattle|rubber|palm oil|crude|dollar|yen|sterling|"
    r"deposits|prices|trading|credit markets?|wall street|auction)\b",
    re.IGNORECASE,
)
_STANDS = re.compile(
    r"\b(?:open(?:s|ing)?|closes?|closing|ends?|settles?|firm(?:s|er)?|easier|eases?|quiet(?:ly)?|"
    r"mixed|steady|steadier|little changed|narrowly|higher|lower|midday|noon|fixed|outlook|dull|"
    r"(?:mid)?session)\b",
    re.IGNORECASE,
)
#: A headline of a borrower's new issue.
_ISSUE = re.compile(
    r"\b(?:to issue|issues|launch(?:es)?|sells|prices)\b.{0,60}"
    r"\b(?:(?:euro)?bonds?|notes|warrants?|treasury bills|debentures?)\b",
    re.IGNORECASE,
)
_WORD = re.compile(r"[^\W\d_]+|\d[\d.,]*")
_EXPLAINS = re.compile(
    r"^\W*(?:analysis\b|how|why|what|where|who|when|is|are|can|could|will|would|should|does|do)\b"
    r".*\?\W*$"
    r"|^\W*(?:analysis|explainer|explained)\s*[:|–—-]|[:|–—-]\s*(?:analysis|explainer)\W*$"
    r"|(?:^\W*|[:|–—-]\s*)(?:how|why|what)\b"
    r"|\b(?:fact[- ]check(?:ing|ed)?|explained|round-?up|timeline|at a glance)\b"
    r"|^\W*(?:the story (?:of|behind)|inside|meet) "
    r"|^\W*(?:\d+|three|four|five|six|seven|ten) (?:things|takeaways|ways|reasons|questions)\b",
    re.IGNORECASE,
)


def kind_of(
    document: Document, sentences: Sequence[Sentence], *, opinion: float, language: str
) -> Kind:
    """Tell what kind of text a report is.

    What is said of the single report counts first, then who publishes it or what the operator
    declared of its source, then its form, and its style last. ``opinion``: how likely it is one by
    its words alone; the language is for a report that has none.
    """
    marks = {mark.value for mark in document.marks}
    if Kind.OPINION in marks or Kind.LIVE in marks:
        return Kind.OPINION if Kind.OPINION in marks else Kind.LIVE
    wording = WORDINGS.get(primary(document.language or language))
    party = _of_party(document, marks)
    return (
        (party if party is not Kind.STATE else None)
        or (wording and _by_label(document, wording))
        or party
        or next((kind for kind in Kind if kind in marks), None)
        or _by_form(document, sentences, opinion=opinion)
    )


def _of_party(document: Document, marks: Set[str]) -> Kind | None:
    """Return the kind of what a government or its agency publishes; None for other publishers."""
    if not is_party(document):
        return None
    state = Kind.STATE in marks or is_state(document)
    if Kind.TRANSCRIPT in marks or (not state and _is_transcript(document)):
        return Kind.TRANSCRIPT
    title, head = document.title[:LONGEST_LABEL], document.text[:HEAD]
    if _OFFICIAL_NOTICE.search(title) or _PROCLAIMED.search(head):
        return Kind.NOTICE
    return Kind.STATE if state else Kind.STATEMENT


def _is_transcript(document: Document) -> bool:
    if STATEMENT_TITLE.search(document.title[:LONGEST_LABEL]):
        return False
    speakers = Counter(turn.speaker for turn in turns(document.text))
    return bool(
        _TRANSCRIPT_TITLE.search(document.title[:LONGEST_LABEL])
        or _TRANSCRIPT_TEXT.search(document.text)
        or any(count > 1 for count in speakers.values())
    )


def _is_interview(text: str) -> bool:
    """Tell whether questions and answers alternate, and who answers has a name."""
    talk = turns(text)
    named = Counter(turn.speaker for turn in talk if not turn.asks and len(turn.speaker) > 1)
    return sum(turn.asks for turn in talk) > 1 and any(count > 1 for count in named.values())


def _by_label(document: Document, wording: Wording) -> Kind | None:
    """Judge by title, publisher and address alone."""
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


def _by_form(document: Document, sentences: Sequence[Sentence], *, opinion: float) -> Kind:
    text, title = document.text, document.title[:LONGEST_LABEL]
    if sum(is_stamped(line[:80]) for line in text.splitlines()) >= _LIVE_STAMPS:
        return Kind.LIVE
    leisure = not _LEISURE.isdisjoint(_path(document.url))
    if leisure or is_routine(document):
        return Kind.FEATURE if leisure else Kind.NOTICE
    short = len(sentences) <= _TEASER_SENTENCES or count_words(text[:HEAD]) < _TEASER_WORDS
    if not short and _is_interview(text):
        return Kind.TRANSCRIPT
    if not short and is_likely(opinion):
        return Kind.OPINION
    if _EXPLAINS.search(title):
        return Kind.ANALYSIS
    return Kind.TEASER if short else Kind.WIRE


def is_routine(document: Document) -> bool:
    """Tell whether a report is a notice of one listed company, a market report or a table.

    One that tells a record, such as the worst fall ever, is none.
    """
    title = document.title
    if _RECORD.search(f"{title}\n{document.text[:_READ]}"):
        return False
    traded = _TRADED.search(title) and _STANDS.search(title)
    if traded or _TICKER.search(title) or _ISSUE.search(title):
        return True
    words = _WORD.findall(document.text[:_READ])
    numbers = [word for word in words if word[0].isdigit()]
    return len(numbers) > _TABLE_SHARE * len(words)


def _path(url: str) -> tuple[str, ...]:
    """Return the first label of the host and the parts of the path, in lower case."""
    host, path = ADDRESS.match(url[:LONGEST_LABEL].lower()).groups("")  # type: ignore[union-attr]  # it matches any text
    return (host.split(".")[0], *(part.rsplit(".", 1)[0] for part in path.split("/") if part))


#: Characters that are read; further text no longer changes the result.
_READ_STYLE = 6_000
#: A shorter text counts as this many words, so that a word or two decide nothing: of first
#: paragraphs of news agencies 7 % were taken for opinion with 40, 1.4 % with this.
_FEWEST = 250

#: Probability from which a report is taken for opinion (docs/decisions/0029-kinds.md).
_LIKELY = 0.35

#: Classes of words, each with the weight of ln(1 + its number in 100 words outside quotations).
#: Fitted by ``briefing train style`` on the labeled days (docs/decisions/0029-kinds.md).
WORDS: dict[str, tuple[frozenset[str], float]] = {
    "attribution": (
        frozenset(
            "said says told according reported announced added asked noted confirmed spokesman "
            "spokeswoman spokesperson statement officials sources".split()
        ),
        -2.07,
    ),
    "first person": (
        frozenset("i i'm i've i'd i'll we we're we've we'll our ours us my mine me".split()),
        1.0,
    ),
    "second person": (frozenset("you you're you've you'll your yours".split()), 0.81),
    "stance": (
        frozenset(
            "indeed perhaps surely simply merely actually really clearly obviously certainly truly "
            "precisely rather instead yet so thus hardly course fact even just".split()
        ),
        1.34,
    ),
    "judgment": (
        frozenset(
            "wrong bad good worse worst better best great terrible horrible absurd ridiculous "
            "disgrace shameful foolish dangerous radical honest dishonest hypocrisy truth lie lies "
            "real true false problem reason reasons fear hate love moral failure fail fails "
            "failed".split()
        ),
        2.51,
    ),
    "is": (frozenset("is isn't are aren't".split()), 0.53),
    "negation": (frozenset("not no never nothing nobody none".split()), 1.42),
    "weekday": (
        frozenset("monday tuesday wednesday thursday friday saturday sunday".split()),
        -1.27,
    ),
}
#: Weight of ln(1 + the share of the text that stands in quotation marks), and the constant.
QUOTED, BIAS = -4.07, -2.31


def features(document: Document) -> tuple[float, ...]:
    """Return one value a class of :data:`WORDS`, then the quoted share; each is 0 or more."""
    text = document.text[:_READ_STYLE]
    quoted = [
        text[quotation.start : quotation.end] for quotation in quotations(text) if quotation.closed
    ]
    # A quotation begins and ends with a mark, so that no word reaches across.
    counts = Counter(tokens(text))
    counts.subtract(tokens(" ".join(quoted)))
    words = max(_FEWEST, counts.total())
    # A space counts in place of each quotation.
    outside = len(text) - sum(len(quotation) - 1 for quotation in quoted)
    return (
        *(
            math.log1p(100 * sum(counts[word] for word in group if word in counts) / words)
            for group, _ in WORDS.values()
        ),
        math.log1p(max(0.0, 1 - outside / max(1, len(text)))),
    )


def opinion(document: Document) -> float:
    """Return the probability that a report is an opinion piece, 0 to 1, by its words alone."""
    weights = (*(weight for _, weight in WORDS.values()), QUOTED)
    score = BIAS + sum(w * x for w, x in zip(weights, features(document), strict=True))
    return 1 / (1 + math.exp(-score))


def is_likely(opinion: float) -> bool:
    """Tell whether something of this probability is more likely opinion than not."""
    return opinion >= _LIKELY
