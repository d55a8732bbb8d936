"""Reports in another language that join a story, on sentences told in ten languages.

Each news sentence of PUD is one story, and its professional translations are reports of it in
other languages (docs/decisions/0034-foreign-reports.md).
"""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from briefing.core.errors import InputError
from briefing.core.model import Document, Story
from briefing.core.ports import Embed
from briefing.core.text.foreign import join
from briefing.encoder import load
from briefing.lab.assess.lines import given, numbered
from briefing.lab.evaluate.figures import ratio_ci95

#: Stories of a usual day.
_DAY = 30
#: Languages of pages that are measured.
_PAGES = ("en", "de", "fr", "es", "pt", "it", "ru")


def assess_foreign(paths: Iterable[Path]) -> dict[str, Any]:
    """Measure joins by the page's language and that of the reports; ``load`` gives the encoder.

    ``days`` has the same in days of 30 stories, for all languages of reports together.
    """
    texts: dict[str, dict[str, str]] = {}
    for where, line in (line for path in paths for line in numbered(path)):
        try:
            texts.setdefault(line["lang"], {})[given(line, "id", where)] = line["text"]
        except (KeyError, TypeError, AttributeError) as error:
            raise InputError(f"{where}: no sentence in a language ({error})") from error
    return measure_foreign(texts, pages=_PAGES, embed=load())


def measure_foreign(
    texts: Mapping[str, Mapping[str, str]], *, pages: Sequence[str], embed: Embed
) -> dict[str, Any]:
    """Return joins by the page's language: by that of the reports, and in days of 30 stories.

    joined, right: reports that join a story, and those that join their own. without: those that
    join one although their own is taken out. precision: of both, with an interval that resamples
    stories. ``texts`` are by language and story.
    """
    told: dict[str, Any] = {}
    for page in pages:
        own = texts.get(page, {})
        others = {code: its for code, its in texts.items() if code != page}
        names = sorted(own)
        days = [names[first : first + _DAY] for first in range(0, len(names), _DAY)]
        told[page] = {
            **{code: _joins(own, {code: its}, [names], embed) for code, its in others.items()},
            "days": _joins(own, others, days, embed),
        }
    return told


def _joins(
    own: Mapping[str, str],
    others: Mapping[str, Mapping[str, str]],
    days: Sequence[Sequence[str]],
    embed: Embed,
) -> dict[str, Any]:
    reports, counts = 0, {name: [0, 0, 0] for day in days for name in day}
    for (code, its), day in ((other, day) for other in others.items() for day in days):
        halves = day[::2], day[1::2]
        # Each report meets a day with its story, and then the half of the day that has it not.
        for stories, told in ((day, day), halves, halves[::-1]):
            asked = [name for name in told if name in its]
            reports += len(asked) if told is day else 0
            for story in _joined(own, its, stories, asked, code=code, embed=embed):
                for report, _cosine in story.foreign:
                    count = counts[report.id.partition(" ")[2]]
                    count[0] += told is day
                    count[1] += report.id == f"{code} {story.id}"
                    count[2] += told is not day
    joined, right, without = (sum(count[place] for count in counts.values()) for place in range(3))
    pairs = [(float(own[1]), float(own[0] + own[2])) for own in counts.values()]
    return {
        "reports": reports,
        "joined": joined,
        "right": right,
        "recall": right / reports if reports else None,
        "without": without,
        "precision": right / (joined + without) if joined + without else None,
        "ci95": ratio_ci95(pairs) if joined + without else None,
    }


def _joined(  # noqa: PLR0913  a day, and what is asked of it
    own: Mapping[str, str],
    its: Mapping[str, str],
    stories: Sequence[str],
    asked: Sequence[str],
    *,
    code: str,
    embed: Embed,
) -> Sequence[Story]:
    return join(
        [Story(name, (Document(name, "", own[name]),)) for name in stories],
        [Document(f"{code} {name}", "", its[name], language=code) for name in asked],
        openings={**own, **{f"{code} {name}": its[name] for name in asked}},
        embed=embed,
    )
