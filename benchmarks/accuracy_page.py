"""The page ``docs/accuracy.md``: what the figures mean, the figures, the failures, the models."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from importlib import resources
from pathlib import Path

from jinja2 import StrictUndefined, Template

from benchmarks import accuracy_tables as tables
from benchmarks.accuracy_tables import Report, Reports, by_date
from benchmarks.prose import figure, table, wrapped

_HEAD = """\
`./run bench accuracy DATA` writes this page from the development data; do not edit it. The
figures are those that [`briefing evaluate`](commands.md#briefing-evaluate) gives for the same
files, except those for returned mail, which it does not read."""

_LIMITS = """\
**What they leave open.** The sets are small, mostly American and British news, and most were
labeled by one reader; another would disagree on some labels. Most settings were chosen with a
part of these data in view, so expect somewhat worse on your own news; the
[decisions](decisions/README.md) say which part chose what. None of the figures says whether a
source is right."""

_INTERVALS = """\
**How to read an interval.** Every figure comes from a sample; of 95 % intervals, about nineteen
in twenty hold the figure that all days or articles of the same kind would give. If the intervals
of two figures overlap widely, do not rank one above the other. An interval of 1 to 1 is no
certainty: where nothing was wrong in 30 sentences, as many as one in ten may be wrong on other
days. ROUGE counts the words shared with summaries that people wrote: it ranks methods on one set,
and means little by itself."""

_RANKERS = """\
Three sentences per item, compared with summaries that people wrote; F1 × 100. `salience` is the
default ranker, `lead` takes the first sentences, the others are sumy's. Sumy's methods are left
out on `daily`, where they take many minutes."""

_READING = """\
The rule was learned from half A. *Lacks a need*: share of printed sentences that need one which
is not printed above them. *Refused*: share of sentences that stand alone but may not open a
brief. *Opens*: share of briefs that open with the news."""

_STORIES = """\
B³ asks of each report how much of its story belongs with it (precision), and how much of what
belongs with it is there (recall). Where reports have dates, each day is grouped alone, as in use.
*Held out* are reports from which the model of pairs has learned nothing."""

_CARDS = """\
| | sentences | stories |
| --- | --- | --- |
| file, in `briefing/core/text/classifiers/` | {sections} | {stories} |
| learned from | labels by reading, and loose labels where they agree | labels by reading alone |
| texts labeled by reading | 6,286 | 7,599, of which 1,322 titles with openings |
| never learned | the labeled days, and texts like one of theirs | the same |
| made by | `briefing train sections` | `briefing train sections --part stories` |
| meant for | the section of a sentence of English news | that of a story, by headline and opening |
| not meant for | other languages or sections; deciding alone what is archived | the same |
| weakest on | diplomacy, British business, cut sentences | politics about money; opinion |"""

_CARDS_NOTE = """\
Both tell economy, security, diplomacy and other. Both are linear models over n-grams: numbers, no
code. Anyone with the data can make each again with one command; see
[decision 3](decisions/0003-section-classifier.md), which also has the trials, the thresholds,
and the figures of the optional encoder (`briefing[languages]`), which this page does not
measure."""


def page_of(reports: Reports) -> str:
    """Return the whole page; a part without a report says so."""
    parts = (
        ("# How accurate it is", (_HEAD,)),
        ("## What these numbers mean for a reader", tuple(_for_readers(reports))),
        ("## All measures", (_aims(reports), tables.every_measure(reports))),
        ("## Which sentences are chosen", (_RANKERS, tables.rankers(reports))),
        ("## What is printed of a day", (_part(reports, "choice", tables.days_of_choice),)),
        ("## Whether it can be read", (_READING, _part(reports, "reading", tables.halves))),
        ("## How reports become stories", (_STORIES, tables.stories(reports))),
        ("## Which section", tuple(_sections(reports))),
        ("## The printed pages", (_part(reports, "pages", tables.days_of_pages),)),
        ("## Where it fails", tuple(_failures(reports))),
        ("## Model cards", (_cards(), _CARDS_NOTE)),
    )
    texts = (wrapped(text) for head, body in parts for text in (head, *body))
    return "\n\n".join(texts) + "\n"


#: The table of the README, and what stands around it there.
_RESULTS = Path(__file__).with_name("results.md.jinja")
_BEGIN, _END = "<!-- written by ./run bench accuracy -->\n", "<!-- end of the table -->\n"


def with_results(readme: str, reports: Reports) -> str:
    """Return a README with its table of results made again; no measure of it may be missing."""

    def rouge(name: str, ranker: str) -> str:
        own = reports[f"summaries/{name}"]["rankers"][ranker]
        return f"{own['rouge1']:.1f}, {own['rouge2']:.1f}"

    def b3(name: str) -> str:
        report = reports[f"stories/{name}"]
        return figure((report.get("held_out") or by_date(report))["b3_f1"], 2)

    table = Template(_RESULTS.read_text(encoding="utf-8"), undefined=StrictUndefined).render(
        reports=reports,
        pages=reports["pages"],
        rouge=rouge,
        b3=b3,
        figure=figure,
        count=lambda share: round(share["mean"] * share["of"]),
    )
    before, _, rest = readme.partition(_BEGIN)
    return f"{before}{_BEGIN}\n{table}\n\n{_END}{rest.partition(_END)[2]}"


def _part(reports: Reports, name: str, say: Callable[[Report], str]) -> str:
    return say(reports[name]) if name in reports else "Not measured: there were no data."


def _hundred(share: float) -> str:
    """Return a share as so many of 100, with a decimal where few are left."""
    digits = 0 if round(100 * share, 1) % 1 == 0 or share > 0.1 else 1
    return f"{100 * share:.{digits}f} of 100"


def _for_readers(reports: Reports) -> Iterator[str]:
    """Yield the paragraphs that a desk officer reads."""
    says = {
        "pages": _verbatim_means,
        "choice/fresh": _choice_means,
        "sections/five-fold": _sections_mean,
        "reading": _reading_means,
        "stories/days": _stories_mean,
    }
    yield from (say(reports[name]) for name, say in says.items() if name in reports)
    yield from (_LIMITS, _INTERVALS)


def _verbatim_means(report: Report) -> str:
    passages = sum(day["passages"] for day in report["days"])
    wrong = report["missing_sentences"] + report["unverified_sentences"]
    return (
        f"**You may quote it.** {passages} passages were printed from {report['editions']} real "
        f"days; {wrong or 'none'} differed from the source or was missing from the PDF. "
        f"{report['one_page']} of {report['editions']} editions took exactly one page. The number "
        "behind a sentence names the report that it was taken from, word for word."
    )


def _choice_means(report: Report) -> str:
    must, right, lead = (report[name] for name in ("must_told", "section_acceptable", "lead_right"))
    times = report["told_twice"]
    twice = "one story was" if times == 1 else f"{times or 'no'} stories were"
    return (
        f"**It is a good first look, not the last word.** A reader went through {report['days']} "
        f"days and marked {must['of']} stories that such a page must tell; "
        f"{round(must['mean'] * must['of'])} of them were told. On {_hundred(lead['mean'])} days "
        "the page led with a story that might lead. "
        f"{_hundred(right['mean'])} printed sentences stood in a section that the reader accepted "
        f"for their report, and {twice} told twice. If "
        "you follow a matter closely, go on following it: a story that your sources do not carry, "
        "or that one of them carries in passing, will not be on the page."
    )


def _sections_mean(report: Report) -> str:
    return (
        "**If a story seems to be missing, look in the next section.** On sentences chosen for "
        f"being hard, the model names the same section as a reader for "
        f"{_hundred(report['accuracy'])}, and for {_hundred(report['lenient_accuracy'])} that one "
        "or another which an editor could accept."
    )


def _reading_means(report: Report) -> str:
    held = report["brief"]["halves"].get("B", report["brief"])
    return (
        "**A sentence may miss the one before it.** Sentences are printed as they were written, "
        "and some speak of a person or a plan that the report had named earlier. On pages made of "
        f"one article, {_hundred(report['unresolved'])} printed sentences need one that is not "
        f"above them; in short briefs, on articles that the rule was not learned from, "
        f"{_hundred(held['unresolved'])}. Where one puzzles you, open the source."
    )


def _stories_mean(report: Report) -> str:
    figures = by_date(report)
    return (
        "**“5 reports, 3 publishers” is a weight, not a count to quote.** Of the reports that "
        f"stand in a story with a given one, {_hundred(figures['b3_precision'])} belong there, and "
        f"of those that belong there {_hundred(figures['b3_recall'])} are found (labeled days)."
    )


def _aims(reports: Reports) -> str:
    missed = [row for row in tables.all_rows(reports) if row.cells()[-1] == "no"]
    names = "; ".join(f"{row.measure} ({row.cells()[1]})" for row in missed)
    return (
        "Shares are 0 to 1. The aims were set before the work for them began. "
        f"{f'Missed: {names}.' if missed else 'All are met.'}"
    )


def _sections(reports: Reports) -> Iterator[str]:
    yield "Rows are labels by reading, columns what the model gave."
    named = {
        "five-fold": ("Sentences, five-fold", tables.sections),
        "held-out": ("Sentences of a kind never learned", tables.kinds),
        "stories": ("Stories of the labeled days, never learned", tables.sections),
    }
    for name, (head, say) in named.items():
        yield f"### {head}"
        yield _part(reports, f"sections/{name}", say)


def _failures(reports: Reports) -> Iterator[str]:
    """Yield what goes wrong, class by class; stories by the names that their labels have."""
    if "choice" in reports:
        yield from _choice_fails(reports["choice"])
    if "sections/five-fold" in reports:
        yield from _sections_fail(reports["sections/five-fold"])
    if "reading" in reports:
        yield _reading_fails(reports["reading"])
    if any(name.startswith("stories/") for name in reports):
        yield _stories_fail(reports)


def _choice_fails(report: Report) -> Iterator[str]:
    long, opinion = report["long"]["mean"], report["opinion"]["mean"]
    yield (
        f"**Choice.** {_hundred(long)} printed sentences have more than 40 words, and "
        f"{_hundred(opinion)} come from opinion pieces. Missed must-print stories and wrong "
        "sections, by day:"
    )
    lines = [
        f"- {day['name']}: {words} {', '.join(names)}"
        for day in report["by_day"]
        for words, names in (
            ("missed", [f"`{story}`" for story in day["missed"]]),
            ("wrong section:", [_ticked(figures) for figures in day.get("wrong_section", [])]),
        )
        if names
    ]
    yield "\n".join(lines) or (
        "None: no must-print story was missed, and no sentence stood in a wrong section. These are "
        f"{report['section_right']['of']} sentences, on days that helped to choose the settings."
    )


def _ticked(story: str) -> str:
    """Return what is said of a story with the name of its label in ticks."""
    name, _, rest = story.partition(" ")
    return f"`{name}` {rest}"


def _sections_fail(report: Report) -> Iterator[str]:
    pairs = sorted(
        (-count, label, given)
        for label, row in report["confusion"].items()
        for given, count in row.items()
        if given != label and count
    )
    wrong = -sum(count for count, _, _ in pairs) or 1
    other = -sum(count for count, *names in pairs if "other" in names)
    yield (
        f"**Sections.** {_hundred(other / wrong)} mistakes in the five-fold measurement have "
        "“other” on one side: whether a sentence belongs on the page at all is harder to tell than "
        "where. The most frequent:"
    )
    rows = [
        (f"{label} → {given}", f"{-count:,}", figure(-count / wrong, 2))
        for count, label, given in pairs[:6]
    ]
    yield table(("label → given", "sentences", "share of the mistakes"), rows)


def _reading_fails(report: Report) -> str:
    brief = report["brief"]
    return (
        f"**Reading.** Of {report['printed']} sentences on pages of one article, "
        f"{_hundred(report['unresolved'])} lack a sentence that they need; of {brief['printed']} "
        f"in briefs, {_hundred(brief['unresolved'])}. {report['junk']} fragments, such as bylines "
        f"and captions, were printed. {_hundred(1 - report['lead_opens'])} briefs open with a "
        f"sentence that does not tell the news, and {_hundred(report['refused'])} sentences that "
        "stand alone are refused as openings."
    )


def _stories_fail(reports: Reports) -> str:
    sets = {
        name.partition("/")[2]: by_date(report)
        for name, report in sorted(reports.items())
        if name.startswith("stories/")
    }
    mixed = min(sets, key=lambda name: (sets[name]["b3_precision"], name))
    split = min(sets, key=lambda name: (sets[name]["b3_recall"], name))
    days = reports.get("stories/days", {}).get("days") or {}
    worst = min(days, key=lambda day: (days[day], day), default="")
    return (
        f"**Stories.** Different events are most often put together in `{mixed}` (precision "
        f"{figure(sets[mixed]['b3_precision'])}), and one event falls apart most often in "
        f"`{split}` (recall {figure(sets[split]['b3_recall'])})."
        + (f" The hardest labeled day is {worst} (F1 {figure(days[worst])})." if worst else "")
    )


def _cards() -> str:
    folder = resources.files("briefing.core.text.classifiers")
    sizes = {
        name: f"`{name}.model`, {len((folder / f'{name}.model').read_bytes()) / 1e6:.2f} MB"
        for name in ("sections", "stories")
    }
    return _CARDS.format_map(sizes)
