"""Chooses which of a story's titles is printed above its sentences, verbatim."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Sequence, Set

from briefing.core.model import PARTIES, Document, Sentence, Story

#: Agencies, whose titles tell what has happened to papers of every side.
_WIRES = re.compile(
    r"(?:the )?(?:associated press|ap|reuters|thomson reuters|agence france-presse|afp|upi|"
    r"united press international|dpa|efe|ansa|kyodo(?: news)?|jiji(?: press)?|yonhap(?: news)?|pti|"
    r"press trust of india|aap|bloomberg)(?: news(?: agency)?|\.com)?",
    re.IGNORECASE,
)
#: What makes a title less plain, each counted once: a question or a call; whom it speaks to, or who
#: speaks; a label or promise of a view; words of judgment, or that shout; few words in quotation
#: marks, from which the writer keeps a distance; a speaker before or behind a colon; a preview. So
#: does that a party says it of itself.
_LOUD = (
    re.compile(r"[?!]|\.\.\.|…"),
    re.compile(r"\b(?:I|(?<!what )[Ww]e|[Yy]ou|[Oo]ur|[Yy]our|[Mm]y|[Uu]s)\b(?!\.)"),
    re.compile(
        r"^(?:(?:opinion|analysis|commentary|editorial|review|exclusive|watch|video|column|live)\b"
        r" ?[:|–—-]|(?:how|why|what|when|who|here['’]s|here are|\d+ (?:things|reasons|ways|"
        r"takeaways|questions)|(?:the )?(?:case|truth|real)\b|is |are |can |should |will )\b)"
        r"|\b(?:explained|explainer|takeaways|what (?:we know|to know|it means|happened))\b"
        r"|(?:[:|–—-] ?(?:opinion|analysis|commentary|editorial))$",
        re.IGNORECASE,
    ),
    re.compile(
        r"\b(?:slam|blast|rip|bash|lash|fum|rag|mock|taunt|smear|destroy|humiliat|betray|stun|shock|"
        r"explo|outrag|scoff|torch|shred|crush|troll|vilif|demoniz|brag|rant|trash|gaslight)"
        r"(?:e?s|ed|ing|al|er|ped|ping|hes|hed|hing|ful|sive|eous|ious)?\b"
        r"|\b(?:fury|furious|disgrac|hypocri|cowardly|sham|scam|hoax|scary|epic|insane|radical|"
        r"desperat|pathetic|ridicul|vicious|brutal|bizarre|finally|fully|dangerous colors)\w*",
        re.IGNORECASE,
    ),
    re.compile(r"(?<![\w.-])(?!UNICEF|UNESCO|NASCAR|NASDAQ)[A-Z]{6,}(?![\w.-])"),
    re.compile(r"(?<!\w)[‘'“\"][^\s‘’'“”\"]+(?: [^\s‘’'“”\"]+){0,2}[’'”\"](?!\w)"),
    re.compile(r"^[^:]{3,40}: |: [^:]{3,30}$"),
    re.compile(
        r"^As |\b(?:set|poised|expected|likely|about|prepar\w+|hop\w+) to\b|\bahead of\b"
        r"|\b(?:could|may|might)\b"
    ),
)

_WORD = re.compile(r"[^\W\d_]{4,}")
#: What a title that fits nothing of what is printed counts, beside the best.
_OTHER = 2


def choose_headline(
    story: Story, sentences: Sequence[Sentence], *, used: Set[str], wanted: str = ""
) -> tuple[str, str]:
    """Choose a headline and the document it is the title of.

    The title of the document ``wanted`` precedes all others. A title not in ``used`` (those already
    on the page) precedes one that is, mixed case precedes capitals, and the plainest title precedes
    what judges, asks, previews or tells something else than the sentences. That of an agency and
    then that of the first sentence's document precede the others, and these follow the story's
    order. Without any usable title: an empty one, and the first sentence's document.
    """
    lead = sentences[0].document
    first = [document for document in story.documents if document.id == lead]
    usable = [document for document in _unique((*first, *story.documents)) if document.headline]
    if not usable:
        return "", lead
    told = frozenset().union(*(_words(one.text) for one in sentences))
    fit = {one.id: _fit(one.title, told) for one in usable}
    most = max(fit.values()) or 1.0
    other = {one.id: round(_OTHER * (1 - fit[one.id] / most)) * (one.id != lead) for one in usable}
    best = min(
        usable,
        key=lambda one: (
            one.id != wanted,
            one.title in used,
            one.title.isupper(),
            _loudness(one.title) + (one.kind in PARTIES) + other[one.id],
            other[one.id],
            _WIRES.fullmatch(one.publisher) is None,
        ),
    )
    return best.title, best.id


def _fit(title: str, told: Set[str]) -> float:
    """Return how well a title fits the words of what is printed below it, 0 to 1."""
    own = _words(title)
    return round(len(own & told) / math.sqrt(len(own) or 1), 6)


def _words(text: str) -> frozenset[str]:
    """Return the first five letters of each word of four or more: "leased" and "leases" agree."""
    return frozenset(word[:5] for word in _WORD.findall(text.casefold()))


def _loudness(title: str) -> int:
    return sum(pattern.search(title) is not None for pattern in _LOUD)


def _unique(documents: Iterable[Document]) -> Iterator[Document]:
    yield from {document.id: document for document in documents}.values()
