"""Tells opinion from reporting by its words."""

from __future__ import annotations

import math
from collections import Counter

from briefing.core.model import Document
from briefing.core.text.quotation import quotations
from briefing.core.text.words import tokens

#: Characters that are read; further text no longer changes the result.
_READ = 6_000
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
    text = document.text[:_READ]
    quoted = [text[one.start : one.end] for one in quotations(text) if one.closed]
    # A quotation begins and ends with a mark, so that no word reaches across.
    counts = Counter(tokens(text))
    counts.subtract(tokens(" ".join(quoted)))
    words = max(_FEWEST, counts.total())
    # A space counts in place of each quotation.
    outside = len(text) - sum(len(one) - 1 for one in quoted)
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
