"""The only room that names adapters and reads the clock: from settings to parts that work."""

from __future__ import annotations

import platform
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from hashlib import sha256
from importlib import resources
from importlib.metadata import version
from pathlib import Path
from typing import Any, BinaryIO

from briefing import __version__, assess, registry
from briefing.edition import Watch
from briefing.errors import InputError, ModelError, UnknownNameError, UsageError
from briefing.evaluate.proof import Proof, prove
from briefing.make import Printed, make
from briefing.model import Document, Edition
from briefing.ports import Classifier, Ranker, Recipe
from briefing.press import record
from briefing.press.measure import Press
from briefing.press.screen import screen_html
from briefing.press.text import page_text
from briefing.press.theme import Theme
from briefing.settings import Settings
from briefing.sources.files import read
from briefing.sources.records import Reading, to_line

#: What decides the bytes of a page beside our own code.
_DECIDING = ("weasyprint", "sumy", "nltk", "numpy", "scipy", "jinja2", "sentencex")
#: Settings that do not decide the bytes of a page.
_NOT_DECIDING = {"store", "collect", "publish"}
#: The model that is shipped, beside the room that reads it.
_SHIPPED = "sections.model"


def read_inputs(
    paths: Sequence[str],
    *,
    stdin: BinaryIO | None = None,
    progress: Callable[[str], None] | None = None,
) -> Reading:
    """Read documents from files, folders and standard input.

    Raises:
        InputError: not one document could be read.
    """
    reading = read(paths, stdin=stdin, progress=progress)
    if not reading.documents:
        raise InputError(_nothing_read(reading))
    return reading


def _nothing_read(reading: Reading) -> str:
    if not reading.failed:
        return "no documents in the input; give text, HTML, .jsonl files or folders of them"
    (where, reason), others = reading.failed[0], len(reading.failed) - 1
    more = f"; and {others} more inputs failed" if others else ""
    return f"{where}: {reason}{more}"


def model_bytes(settings: Settings) -> bytes:
    """Return the section model that the settings name, else the one that is shipped.

    Raises:
        ModelError: it cannot be read.
    """
    if not settings.model:
        return (resources.files("briefing.text.classifiers") / _SHIPPED).read_bytes()
    try:
        return Path(settings.model).read_bytes()
    except OSError as error:
        raise ModelError(f"{settings.model}: cannot be read ({error.strerror})") from error


def classifier(settings: Settings) -> Classifier:
    """Return the classifier of the settings, with its model or its words.

    Raises:
        UsageError: it is not known, or does not know a section that the page asks for.
    """
    found = _build_classifier(settings)
    unknown = [one.name for one in settings.sections if one.name not in found.sections]
    if unknown:
        raise UsageError(
            f"classifier {settings.classifier!r} does not know section {unknown[0]!r}; it knows "
            f"{', '.join(found.sections)}: give the section words, or train a model with it"
        )
    return found


def _build_classifier(settings: Settings) -> Classifier:
    build: Callable[..., Classifier] = registry.load("classifier", settings.classifier)
    if settings.classifier == "keywords":
        return build(
            {section.name: section.words for section in settings.sections if section.words}
        )
    model = model_bytes(settings)
    try:
        return build(model)
    except ModelError as error:
        raise ModelError(f"{settings.model or _SHIPPED}: {error}") from error


def ranker(name: str) -> Ranker:
    """Return a ranker by name."""
    found: Ranker = registry.load("ranker", name)
    return found


def theme(settings: Settings) -> Theme:
    """Return the theme of the settings."""
    found: Theme = registry.load("theme", settings.page.theme)()
    return found


def press(settings: Settings) -> Press:
    """Return the press for the theme and the paper of the settings."""
    chosen = theme(settings)
    return Press(chosen, chosen.paper(settings.page.paper))


def recipe(settings: Settings, documents: Sequence[Document] = ()) -> Recipe:
    """Return the recipe of the settings; its manifest names all that decides the bytes."""
    return Recipe(
        name=settings.name,
        sections=tuple(section.name for section in settings.sections),
        ranker=ranker(settings.ranker),
        classifier=classifier(settings),
        language=settings.language,
        dateline=settings.dateline,
        window=timedelta(hours=settings.window_hours),
        other=settings.other,
        manifest=_manifest(settings, documents),
    )


def _manifest(settings: Settings, documents: Sequence[Document]) -> dict[str, str]:
    came_in = "\n".join(f"{document.id} {document.sha256}" for document in documents)
    return {
        "briefing": __version__,
        "python": platform.python_version(),
        **{name: version(name) for name in _DECIDING},
        "settings": _short(settings.model_dump_json(exclude=_NOT_DECIDING).encode()),
        **({"model": _short(model_bytes(settings))} if settings.classifier != "keywords" else {}),
        "documents": _short(came_in.encode()),
    }


def _short(content: bytes) -> str:
    return f"sha256 {sha256(content).hexdigest()}"


def read_edition(path: Path) -> record.Record:
    """Read an edition's JSON from a file.

    Raises:
        InputError: it cannot be read or is no edition.
    """
    try:
        return record.read(path.read_text(encoding="utf-8"), name=str(path))
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror})") from error
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: not an edition (not UTF-8)") from error


def day_of(documents: Sequence[Document], given: date | None) -> date:
    """Return the day given, else that of the latest document, else today in local time.

    A document that claims to be from after tomorrow (somewhere it is tomorrow already) is wrong
    about its day and has no say.
    """
    today = datetime.now().astimezone().date()
    dated = (document.published.date() for document in documents if document.published)
    possible = [day for day in dated if day <= today + timedelta(days=1)]
    return given or max(possible, default=today)


def check_previous(previous: Edition | None, *, day: date) -> None:
    """Raise UsageError when the edition before is not before the day."""
    if previous is not None and previous.day >= day:
        raise UsageError(
            f"the edition before is of {previous.day}, this one of {day}; "
            "give an earlier --previous or a later --date"
        )


@dataclass(frozen=True, slots=True)
class Done:
    """What ``briefing make`` has made."""

    printed: Printed
    reading: Reading


def make_page(
    paths: Sequence[str],
    *,
    settings: Settings,
    day: date | None,
    previous: Edition | None,
    watch: Watch,
) -> Done:
    """Read inputs and make their page.

    Raises:
        BriefingError: as told by the rooms that do the work.
    """
    watch("read")
    reading = read_inputs(paths, stdin=getattr(sys.stdin, "buffer", None))
    on = day_of(reading.documents, day)
    check_previous(previous, day=on)
    printed = make(
        reading.documents,
        day=on,
        recipe=recipe(settings, reading.documents),
        press=press(settings),
        previous=previous,
        watch=watch,
        failed=reading.failed,
    )
    return Done(printed, reading)


def contents(done: Done, *, kind: str, settings: Settings) -> bytes:
    """Return an edition as "pdf", "html", "text", "json" or, its cited texts, "sources"."""
    edition = done.printed.edition
    writers: dict[str, Callable[[], str]] = {
        "html": lambda: screen_html(edition, theme=theme(settings)),
        "text": lambda: page_text(edition, theme=theme(settings)),
        "json": lambda: record.write(edition),
        "sources": lambda: "".join(map(to_line, edition.documents.values())),
    }
    return done.printed.pdf if kind == "pdf" else writers[kind]().encode()


def verify(edition: Path, sources: Path) -> tuple[str, Proof]:
    """Prove an edition's JSON from its source texts; return its id and the outcome.

    Raises:
        InputError: one of the two files cannot be read.
    """
    told = read_edition(edition)
    reading = read_inputs([str(sources)])
    texts = {document.id: document for document in reading.documents}
    return told.edition.id, prove(told.edition, sources=texts, digests=told.digests)


@dataclass(frozen=True, slots=True)
class Measuring:
    """What an operator may say about a measurement."""

    #: Names of rankers, or "all"; empty: the one of the settings.
    rankers: tuple[str, ...] = ()
    #: Sentences a summary.
    sentences: int = 3
    #: How sections are measured: "model", "five-fold" or "held-out".
    protocol: str = "model"
    #: Further labelled files to train on, for the two protocols that train.
    noisy: tuple[Path, ...] = ()


def evaluate(
    task: str, paths: Sequence[Path], *, settings: Settings, asked: Measuring, watch: assess.Watch
) -> dict[str, Any]:
    """Measure one part of the system on labelled data.

    Raises:
        UnknownNameError: no such task, ranker or protocol.
        InputError: the data cannot be read.
    """
    tasks: dict[str, Callable[[], dict[str, Any]]] = {
        "summaries": lambda: assess.assess_summaries(
            paths,
            rankers=_rankers(asked.rankers or (settings.ranker,)),
            sentences=asked.sentences,
            watch=watch,
        ),
        "sections": lambda: _evaluate_sections(paths, settings=settings, asked=asked),
        "stories": lambda: assess.assess_stories(paths, watch=watch),
        "extraction": lambda: assess.assess_extraction(paths, watch=watch),
        "pages": lambda: assess.assess_pages(
            paths, recipe=recipe(settings), press=lambda: press(settings), watch=watch
        ),
    }
    if task not in tasks:
        raise UnknownNameError("task", task, tasks)
    return tasks[task]()


def _rankers(asked: Sequence[str]) -> dict[str, Ranker]:
    """Return the rankers asked for, "lead" always among them as the bar."""
    chosen = registry.names("ranker") if "all" in asked else asked
    return {name: ranker(name) for name in dict.fromkeys(("lead", *chosen))}


def _evaluate_sections(
    paths: Sequence[Path], *, settings: Settings, asked: Measuring
) -> dict[str, Any]:
    if asked.protocol == "model":
        return assess.assess_sections(paths, classifier=classifier(settings))
    return assess.assess_protocol(paths, protocol=asked.protocol, noisy=asked.noisy)
