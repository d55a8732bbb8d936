"""Keeps off the page what does not belong there: documents, sentences, datelines and credits."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import accumulate

from briefing.core.frozen import frozen
from briefing.core.language import Clauses, Language, primary
from briefing.core.model import Document, Kind, Mark, Sentence
from briefing.core.text.furniture import FEWEST_WORDS, Judge, Reason, count_words, has_words
from briefing.core.text.kind import kind_of
from briefing.core.text.segment import segment
from briefing.core.text.speech import LONGEST_LABEL, speakers_of
from briefing.core.text.words import content_stems

#: Fewest words, page furniture aside, of a report that is no stub: of 183 reports with one good
#: sentence or fewer than 40 words, as large a share is worth printing (.44) as of all others.
FEWEST = 10
#: Kinds of which nothing is printed.
DROPPED = {Kind.OPINION: Reason.OPINION, Kind.LIVE: Reason.LIVE_BLOG}
#: Reasons that apply to the whole paragraph: it is a caption, or the words of one speaker.
OF_A_PARAGRAPH = frozenset({Reason.CAPTION, Reason.LABELED})
#: Most sentences of such a paragraph; a longer one is the report itself, without line breaks.
LONGEST_CAPTION = 4
#: A sentence dropped for one of these reasons still counts as prose.
PROSE = frozenset(
    {Reason.TOO_LONG, Reason.CUT_OFF, Reason.QUESTION, Reason.UNBALANCED}
    | {Reason.SPEAKERLESS, Reason.FIRST_PERSON, Reason.SECOND_PERSON}
)
#: Marks of a source that explain a stub.
MARKED_STUB = ((Mark.PAYWALL, Reason.PAYWALL), (Mark.BLURB, Reason.BLURB))
#: Reasons for which only the headline of a report may be used, to name its story.
HEADLINE_ONLY = frozenset({Reason.STUB, Reason.PAYWALL, Reason.BLURB})


@frozen
class Judgment:
    """The gate's verdict on one document."""

    #: Why each sentence may not be printed; None: it may.
    sentences: tuple[Reason | None, ...]
    #: Why nothing of the document may be printed; None: it passes.
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
    # The reason applies to all sentences of the paragraph.
    lengths = Counter(sentence.paragraph for sentence in sentences)
    of_paragraph = {
        sentence.paragraph: reason
        for sentence, reason in judged
        if reason in OF_A_PARAGRAPH and lengths[sentence.paragraph] <= LONGEST_CAPTION
    }
    # Sentences before the headline in its paragraph are a caption or a deck.
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
    # Without prose the style is that of page furniture: only the kind by title and address counts.
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
    """Return the index of the sentence at the only dateline of a report, else 0.

    It is also 0 unless news follows and so little precedes that it is a caption, deck or blurb.
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


#: A place in capitals, or a place and an agency, with the dash that follows.
_DATELINE = re.compile(
    r"[ \t]{0,9}(?:[A-Z]{4}[^\n]{0,80}[-–—]|[A-Z][^\n(]{2,40} ?\([A-Z][^\n()]{1,20}\))[-–— ]{0,9}"
)
#: Most good sentences above a dateline: of 42 reports with one or two, 40 open with a caption, a
#: deck or a blurb; of 5 with more, one does.
_ABOVE = 2
#: Author and date of an embedded post: "— Ada Lind (@adalind) May 3, 2018".
_SIGNATURE = re.compile(r"(?:[–—]|--) ?[^\n()]{1,60}\(@\w{1,30}\),? [^\n]{0,20}\d{4}\b")
#: Most characters of a post with its links.
_LONGEST_POST = 350


def _posts(text: str) -> Iterator[tuple[int, int]]:
    """Yield start and end of each post embedded in a report; its words are not the report's."""
    before = 0
    for signature in _SIGNATURE.finditer(text) if "(@" in text else ():
        line = text.rfind("\n", before, signature.start()) + 1
        yield max(before, line, signature.start() - _LONGEST_POST), signature.end()
        before = signature.end()


#: Fewest stems of a headline and characters of a text that must share a word; characters searched.
_FEWEST_RELATED, _SHORTEST_RELATED, _LONGEST_RELATED = 3, 400, 5_000


def _is_unrelated(document: Document) -> bool:
    """Tell whether headline and text share no word: it belongs to another report, or comments."""
    title = set(filter(str.isalpha, content_stems(document.title)))
    return (
        len(title) >= _FEWEST_RELATED
        and len(document.text) >= _SHORTEST_RELATED
        and title.isdisjoint(content_stems(document.text[:_LONGEST_RELATED]))
    )


#: Characters within which a dateline must end; the longest in a day of wire reports has 50, and a
#: byline may precede it.
_WITHIN = 140
#: Characters searched for a heading at the start of a sentence.
_BEHIND = 400
#: Most consecutive parts of a dateline: a byline, "(ANSA) - ", "ROME, Jan. 4 - ".
_PARTS = 4
#: Sentences of a document that may open it, since photo credit and byline may precede; more if
#: each is a line of its own, such as the author's name and the newspaper.
_OPENING, _LINES = 2, 6
#: A place, not initials, that may follow captions and notes: "PARIS — ", "ST. PAUL, Minn. — ".
_PLACE_IN_CAPITALS = re.compile(r"[A-Z]{5}|[A-Z]{2,4}\.? [A-Z]{2}")

#: The name of a section before a headline, and the fewest words of a headline that is sought.
_KICKER, _FEWEST_OF_HEADLINE = re.compile(r"[\w .’'-]{0,40}"), 4
#: Where a sentence begins after a headline without a mark between; and straight quotation marks.
_BREAK = re.compile(r"\s(?=[\"'(]?[A-Z\d])")
_STRAIGHT = str.maketrans("‘’“”", "''\"\"")

#: Part of any dateline with an agency and a dash: the end of the agency, then the dash.
_SIGNED = re.compile("[)\\]/A-Z][.:]? {0,2}[-–—―_]")


def news_sentences(document: Document, *, language: str) -> tuple[Sentence, ...]:
    """Return sentences without datelines and credits; ``language``: if the document has none."""
    own = Language.of_text(document.language or language)
    headline = document.title.strip().translate(_STRAIGHT)
    sentences = segment(document)
    opening = (
        _behind_headline(sentence, headline, own) if headline else sentence
        for sentence in sentences[:_LINES]
    )
    return tuple(skip_dateline(each, language=own) for each in (*opening, *sentences[_LINES:]))


def _behind_headline(sentence: Sentence, headline: str, language: Language) -> Sentence:
    """Return a sentence without a headline that runs into it.

    The name of a section may precede the headline. The sentence stays whole if the headline ends
    with a function word, as one that the publisher cut short does, or if few words follow.
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
    """Return a sentence without its dateline, still as an exact slice.

    Any form of dateline is recognized in the first two sentences of a document (the first may be a
    byline), and in the first six if each is a line of its own. Otherwise, a dateline needs a place
    in capitals and a dash within the first six paragraphs, and an agency and a dash after them. A
    heading in capitals and a label ("Why it matters:") are removed anywhere.
    """
    text, place, words = sentence.text, 0, language.datelines
    dashed = "-" in text or "–" in text or "—" in text or "―" in text or "_" in text
    opens = sentence.index < _OPENING
    lines = opens or sentence.index == sentence.paragraph < _LINES
    shouted = dashed and sentence.paragraph < _LINES and bool(_PLACE_IN_CAPITALS.match(text))
    for _ in range(_PARTS):
        head = text[place : place + _WITHIN]
        # After the opening, a dateline needs an agency and a dash.
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
    if not place:
        return sentence
    return replace(sentence, start=sentence.start + place, text=text[place:])


def _is_sure(
    head: re.Match[str], rest: str, language: Language, *, opens: bool, lines: bool
) -> bool:
    """Tell whether place, date and agency suffice to make a match a dateline."""
    place = (head["place"] or "").strip(" ,")
    dated = bool(head["first"] or head["date"])
    if head["agency"]:
        sure = head["known"] or dated or (lines and head["dash"])
        return bool(sure) and _signs(head["agency"], place, language.clauses)
    if head["colon"]:
        # a place rather than a speaker
        return (
            opens
            and bool(place)
            and (dated or (place.isupper() and len(place) > 4))
            and not language.datelines.spoken.search(rest)
            and not language.datelines.offices.search(place)
        )
    if len(place) > 1 and place.split(",")[0].isupper():
        return lines
    if dated or not place:
        return opens and dated
    # a state or capital, or in one ("Herat, Afghanistan"), or shown by the clause after the dash
    name, places = place.rsplit(",", 1)[-1].strip().removeprefix("New "), language.places
    is_known = name in places.states or name in places.seats
    return (
        opens
        and place.split(maxsplit=1)[0].rstrip(",.").casefold() not in language.stop_words
        and not language.datelines.offices.search(place)
        and (is_known or bool(language.clauses.verb.search(rest)))
    )


def _signs(agency: str, place: str, words: Clauses) -> bool:
    """Tell whether brackets name an agency, rather than abbreviate the words before them."""
    initials = iter("".join(word[0] for word in place.split()))
    shortens = place and all(
        letter in initials for letter in agency.strip("()[] .").replace(".", "")
    )
    return not (shortens or words.verb.search(place) or words.attribution.search(place))
