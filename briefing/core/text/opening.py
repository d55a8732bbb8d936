"""Predicts from the words of headline and opening how likely a report is worth printing."""

import math
import pkgutil
from typing import Final

from briefing.core.language import kept, spoken
from briefing.core.model import Document
from briefing.core.ports import WorthOf
from briefing.core.text.classifiers import linear

#: Class of reports worth printing in the model of words.
WORTH: Final = "worth"
#: Characters below the headline that the encoder reads, and those of which the words are weighed;
#: the bound of the log-odds.
_OPENING, _PASSAGE, SUREST = 300, 900, 5.0
#: Log-odds from which a report whose style is that of opinion is news: of 9,929 labeled reports,
#: judged by words learned from other years, 9 of 1,140 pass; 5 are worth printing, 2 are opinion.
_NEWS = 0.4


@kept(1)
def word_model() -> WorthOf | None:
    """Return the model of words of the current language, which gives log-odds; None without one."""
    if not (name := spoken().importance.words):
        return None
    model = linear.from_bytes(pkgutil.get_data("briefing.core.language", name) or b"")
    return lambda openings: [log_odds(row[WORTH]) for row in model(openings)]


def opening(document: Document) -> str:
    """Return the headline and the opening of a report, as the encoder reads them."""
    return f"{document.title}. {_head(document, _OPENING)}"


def passage(document: Document) -> str:
    """Return what the model of words reads: twice the headline, and some five sentences."""
    return f"{document.title}. {document.title}. {_head(document, _PASSAGE)}"


def _head(document: Document, length: int) -> str:
    return " ".join(document.text[: 2 * length].split())[:length]


def log_odds(share: float) -> float:
    """Return the log-odds of a probability, between -5 and 5."""
    least = 1 / (1 + math.exp(SUREST))
    share = min(1 - least, max(least, share))
    return round(math.log(share / (1 - share)), 6)


def is_news(document: Document) -> bool:
    """Tell whether a report is surely worth printing, judged by its words."""
    weighed = word_model()
    return weighed is not None and weighed([passage(document)])[0] >= _NEWS
