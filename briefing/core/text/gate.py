"""Decides what does not belong on the page: documents, sentences, datelines and credits."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate

from briefing.core.language import Clauses, Language, Places, primary
from briefing.core.model import Document, Kind, Mark, Sentence
from briefing.core.text.furniture import FEWEST_WORDS, Judge, Reason, count_words, has_words
from briefing.core.text.kind import kind_of
from briefing.core.text.segment import segment
from briefing.core.text.speech import LONGEST_LABEL, speakers_of
from briefing.core.text.words import content_stems

#: Words of its own, without the page furniture, that a report needs: of 183 reports with a good
#: sentence and fewer than two, or 40 words, as many are worth telling (.44) as of all others.
FEWEST = 10
#: Kinds of which nothing is printed.
DROPPED = {Kind.OPINION: Reason.OPINION, Kind.LIVE: Reason.LIVE_BLOG}
#: Reasons that hold for the whole of a paragraph: below a picture, or by one speaker.
OF_A_PARAGRAPH = frozenset({Reason.CAPTION, Reason.LABELED})
#: Sentences of such a paragraph at most; a longer one is the report itself, set without breaks.
LONGEST_CAPTION = 4
#: A sentence dropped for one of these still counts as prose.
PROSE = frozenset(
    {Reason.TOO_LONG, Reason.CUT_OFF, Reason.QUESTION, Reason.UNBALANCED}
    | {Reason.SPEAKERLESS, Reason.FIRST_PERSON, Reason.SECOND_PERSON}
)
#: Marks of a source that explain a stub.
MARKED_STUB = ((Mark.PAYWALL, Reason.PAYWALL), (Mark.BLURB, Reason.BLURB))
#: Reasons that leave a report its headline: its story may be named by it, and nothing else of it.
HEADLINE_ONLY = frozenset({Reason.STUB, Reason.PAYWALL, Reason.BLURB})


@dataclass(frozen=True, slots=True)
class Judgment:
    """What the gate says of one document."""

    #: Why each sentence may not be printed; None: it may.
    sentences: tuple[Reason | None, ...]
    #: Why the whole document may not; None: it may.
    whole: Reason | None


def judge(
    document: Document, sentences: Sequence[Sentence], *, kind: Kind, language: str
) -> Judgment:
    """Return why a report, and each of its sentences, may not be printed."""
    of_sentence = Judge(document, language=language, kind=kind)
    speaker, posts = speakers_of(document, kind=kind), list(_posts(document.text))
    reasons = [
        Reason.SPEAKERLESS
        if speaker(sentence.start) is None
        or any(sentence.start < end and start < sentence.end for start, end in posts)
        else of_sentence(sentence)
        for sentence in sentences
    ]
    judged = list(zip(sentences, reasons, strict=True))
    # Every sentence of a caption, or below a label, is one.
    lengths = Counter(sentence.paragraph for sentence in sentences)
    of_paragraph = {
        sentence.paragraph: reason
        for sentence, reason in judged
        if reason in OF_A_PARAGRAPH and lengths[sentence.paragraph] <= LONGEST_CAPTION
    }
    # What stands before the headline in its paragraph is a caption or a deck set above it.
    heads = {
        sentence.paragraph: sentence.index
        for sentence, reason in judged[:_LINES]
        if reason is Reason.HEADLINE_REPEATED
    }
    begins = _datelined(document.text, judged)
    verdicts = tuple(
        reason
        or of_paragraph.get(sentence.paragraph)
        or (Reason.CAPTION if sentence.index < heads.get(sentence.paragraph, begins) else None)
        for sentence, reason in judged
    )
    own = [
        sentence
        for sentence, reason in zip(sentences, verdicts, strict=True)
        if reason is None or reason in PROSE
    ]
    words = accumulate(count_words(sentence.text) for sentence in own)
    of_report = Language.of_text(document.language or language)
    roundup = Language.of_text(language).furniture.roundup_title
    whole: Reason | None = None
    # Without words of its own, what it is called tells: the style is that of page furniture.
    if kind in DROPPED and (own or kind is kind_of(document, (), opinion=0.0, language=of_report)):
        whole = DROPPED[kind]
    elif document.language and primary(document.language) != primary(language):
        whole = Reason.LANGUAGE
    elif roundup.search(document.title[:LONGEST_LABEL]):
        whole = Reason.ROUNDUP
    elif None not in verdicts or not any(count >= FEWEST for count in words):
        whole = next((why for mark, why in MARKED_STUB if mark in document.marks), Reason.STUB)
    elif _is_unrelated(document):
        whole = Reason.UNRELATED
    return Judgment(verdicts, whole)


def _datelined(text: str, judged: Sequence[tuple[Sentence, Reason | None]]) -> int:
    """Return the index of the sentence that the only dateline of a report opens, else 0.

    What little stands above it, where news follows, is a caption, a deck or a blurb.
    """
    opened = [
        place
        for place, (sentence, _) in enumerate(judged)
        if (start := sentence.start)
        and _DATELINE.fullmatch(text, text.rfind("\n", max(0, start - _WITHIN), start) + 1, start)
    ]
    if len(opened) != 1:
        return 0
    above, news = ([why for _, why in part] for part in (judged[: opened[0]], judged[opened[0] :]))
    return judged[opened[0]][0].index if above.count(None) <= _ABOVE and None in news else 0


#: A place in capitals, or an agency behind a place, and what divides them from the words.
_DATELINE = re.compile(
    r"[ \t]{0,9}(?:[A-Z]{4}[^\n]{0,80}[-–—]|[A-Z][^\n(]{2,40} ?\([A-Z][^\n()]{1,20}\))[-–— ]{0,9}"
)
#: Good sentences above a dateline at most: of 42 reports with one or two read, 40 open with a
#: caption, a deck or a blurb; of 5 with more, one.
_ABOVE = 2
#: Who signs a post that a report shows, and when: "— Ada Lind (@adalind) May 3, 2018".
_SIGNATURE = re.compile(r"(?:[–—]|--) ?[^\n()]{1,60}\(@\w{1,30}\),? [^\n]{0,20}\d{4}\b")
#: Characters of a post with its links.
_LONGEST_POST = 350


def _posts(text: str) -> Iterator[tuple[int, int]]:
    """Yield where the posts that a report shows begin and end: they are not its own words."""
    before = 0
    for signature in _SIGNATURE.finditer(text) if "(@" in text else ():
        line = text.rfind("\n", before, signature.start()) + 1
        yield max(before, line, signature.start() - _LONGEST_POST), signature.end()
        before = signature.end()


#: Content words of a headline, and characters of a text, of which one word at least is the same.
_FEWEST_RELATED, _SHORTEST_RELATED, _LONGEST_RELATED = 3, 400, 5_000


def _is_unrelated(document: Document) -> bool:
    """Tell whether a headline has no word of its text: it is that of another, or makes a point."""
    title = set(filter(str.isalpha, content_stems(document.title)))
    return (
        len(title) >= _FEWEST_RELATED
        and len(document.text) >= _SHORTEST_RELATED
        and title.isdisjoint(content_stems(document.text[:_LONGEST_RELATED]))
    )


#: Characters in which a dateline must end; the longest of a day's wire has 50, bylines come before.
_WITHIN = 140
#: Characters of a caption, set without a break, behind which a dateline may begin.
_BEHIND = 400
#: Parts that may follow each other: a byline, "(ANSA) - ", "ROME, Jan. 4 - ".
_PARTS = 4
#: Only so many sentences of a document can be its opening: photo credit and byline come before;
#: more where each is a line of its own, as of names and the newspaper.
_OPENING, _LINES = 2, 6
#: A place behind captions and notes, not initials: "PARIS — ", "ST. PAUL, Minn. — ".
_PLACE_IN_CAPITALS = re.compile(r"[A-Z]{5}|[A-Z]{2,4}\.? [A-Z]{2}")

#: A section's name before a headline, and words of one that is looked for.
_KICKER, _FEWEST_OF_HEADLINE = re.compile(r"[\w .’'-]{0,40}"), 4
#: Where a headline ends and a sentence begins with no mark between; curly marks read straight.
_BREAK = re.compile(r"\s(?=[\"'(]?[A-Z\d])")
_STRAIGHT = str.maketrans("‘’“”", "''\"\"")

#: What stands in any dateline with an agency and a dash: a mark of the agency, then the dash.
_SIGNED = re.compile("[)\\]/A-Z][.:]? {0,2}[-–—―_]")


def news_sentences(document: Document, *, language: str) -> tuple[Sentence, ...]:
    """Return a document's sentences without datelines and credits; ``language``: if it has none."""
    own = Language.of_text(document.language or language)
    headline = document.title.strip().translate(_STRAIGHT)
    sentences = segment(document)
    opening = (
        _behind_headline(sentence, headline, own) if headline else sentence
        for sentence in sentences[:_LINES]
    )
    return tuple(skip_dateline(each, language=own) for each in (*opening, *sentences[_LINES:]))


def _behind_headline(sentence: Sentence, headline: str, language: Language) -> Sentence:
    """Return what follows the headline, set without a break before the words of a sentence.

    A section's name may stand before it; a credit stays, for what it shows. A headline that the
    publisher cut short goes on.
    """
    before, title, rest = sentence.text.translate(_STRAIGHT).partition(headline)
    glued = (
        title
        and _KICKER.fullmatch(before)
        and _BREAK.match(rest)
        and has_words(headline, least=_FEWEST_OF_HEADLINE)
        and headline.rsplit(maxsplit=1)[-1].casefold() not in language.stop_words
        and has_words(rest, least=FEWEST_WORDS)
    )
    if not glued:
        return sentence
    text = rest[1:]
    return replace(sentence, start=sentence.end - len(text), text=sentence.text[-len(text) :])


def skip_dateline(sentence: Sentence, *, language: Language) -> Sentence:
    """Return a sentence without its dateline; what is left is still an exact slice.

    Only the first two sentences of a document can have any dateline (the first may be a byline),
    and the first six where each is a line of its own; in the first six paragraphs one is known by a
    place in capitals and a dash, behind those by its agency and a dash, a heading by five words
    in capitals, and a label ("Why it matters:") wherever it stands. Nothing is cut that is not
    before the first word.
    """
    first = _opening(sentence, language)
    if not first:
        return sentence
    return replace(sentence, start=sentence.start + first, text=sentence.text[first:])


def _opening(sentence: Sentence, language: Language) -> int:
    """Return where the words begin behind all parts of a dateline."""
    text, place, words = sentence.text, 0, language.datelines
    dashed = "-" in text or "–" in text or "—" in text or "―" in text or "_" in text
    opens = sentence.index < _OPENING
    lines = opens or sentence.index == sentence.paragraph < _LINES
    shouted = dashed and sentence.paragraph < _LINES and bool(_PLACE_IN_CAPITALS.match(text))
    for _ in range(_PARTS):
        head = text[place : place + _WITHIN]
        # Behind the opening it has an agency and a dash.
        sought = lines or shouted or (dashed and _SIGNED.search(head))
        step = words.head.match(head) if sought else None
        if step and not _is_sure(
            step,
            text[place + step.end() :],
            language,
            opens=opens,
            lines=lines or (shouted and bool(step["dash"])),
        ):
            step = None
        if step is None:
            step = (words.credit.match(head) if lines else None) or words.label.match(head)
        if step is None and not place:
            heading = words.heading.match(text[:_BEHIND])
            step = None if heading and words.offices.search(heading.group()) else heading
        if step is None:
            break
        place += step.end()
    return place


def _is_sure(
    head: re.Match[str], rest: str, language: Language, *, opens: bool, lines: bool
) -> bool:
    """Tell whether enough of place, date and agency speak for a dateline."""
    place = (head["place"] or "").strip(" ,")
    dated = bool(head["first"] or head["date"])
    if head["agency"]:
        sure = head["known"] or dated or (lines and head["dash"])
        return bool(sure) and _signs(head["agency"], place, language.clauses)
    if head["colon"]:
        return opens and _is_before_colon(place, rest, language, dated=dated)
    if len(place) > 1 and place.split(",")[0].isupper():
        return lines
    return opens and (dated or (bool(place) and _is_place(place, rest, language)))


def _signs(agency: str, place: str, words: Clauses) -> bool:
    """Tell whether brackets name the agency of a report."""
    initials = iter("".join(word[0] for word in place.split()))
    shortens = place and all(
        letter in initials for letter in agency.strip("()[] .").replace(".", "")
    )
    return not (shortens or words.verb.search(place) or words.attribution.search(place))


def _is_before_colon(place: str, rest: str, language: Language, *, dated: bool) -> bool:
    """Tell whether words before a colon are a place, and not who speaks behind it."""
    return (
        bool(place)
        and (dated or (place.isupper() and len(place) > 4))
        and not language.datelines.spoken.search(rest)
        and not language.datelines.offices.search(place)
    )


def _is_place(words: str, rest: str, language: Language) -> bool:
    """Tell whether words before a dash are a place, and a whole sentence follows."""
    return (
        words.split(maxsplit=1)[0].rstrip(",.").casefold() not in language.stop_words
        and not language.datelines.offices.search(words)
        and (_is_known(words, language.places) or language.clauses.verb.search(rest) is not None)
    )


def _is_known(place: str, places: Places) -> bool:
    """Tell whether a place is a state or a seat of government, or in one: "Herat, Afghanistan"."""
    name = place.rsplit(",", 1)[-1].strip().removeprefix("New ")
    return name in places.states or name in places.seats
