"""Sections that are taught by examples, on the pages of the administration."""

import json
import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field, fields
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from threading import Lock

from pydantic import TypeAdapter

from briefing.app.make import save as save_files
from briefing.app.teach import Taught, TrainingFacts, draw, teach
from briefing.core.errors import InputError, writing
from briefing.core.frozen import frozen
from briefing.core.messages import Translatable, counted
from briefing.core.model import OTHER
from briefing.core.text.classifiers.learning import Example
from briefing.settings import Settings, parsed
from briefing.settings.file import alone
from briefing.setup.parts import trained
from briefing.setup.settings_editor import TableEditor
from briefing.store import Store
from briefing.store.audit import Actor

#: Folder of examples and models, beside the settings file.
_FOLDER = "sections"
_NAME = re.compile(r"[a-z][a-z0-9 -]{0,29}")
_NO_NAME = Translatable(
    "section names start with a letter and have at most 30 lowercase letters, digits, spaces and "
    "hyphens"
)
#: Most characters of a sentence, and most examples of a section.
_LONGEST, _MOST = 1_000, 2_000
#: Shortest sentence, in words.
_FEWEST_WORDS = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class SectionTrial(TrainingFacts):
    """A trained model that has not been accepted yet."""

    #: When it was trained, as ISO 8601.
    at: str
    #: Digest of the model.
    model: str

    @property
    def made(self) -> datetime:
        """When it was trained, aware."""
        return datetime.fromisoformat(self.at)


@frozen
class SectionTrainer:
    """Keeps the examples and models of sections beside one settings file.

    Thread-safe; one section is trained at a time.
    """

    #: Writes which model a section has.
    sections: TableEditor
    _training: Lock = field(default_factory=Lock)

    def examples(self, name: str) -> tuple[Example, ...]:
        """Return the labeled sentences of a section, oldest first; empty for an unknown section.

        Raises InputError if the file of examples cannot be read.
        """
        path = self._path(name, "jsonl")
        return read_examples(path, section=name) if path.exists() else ()

    def say(self, name: str, answers: Mapping[str, bool], *, actor: Actor) -> int:
        """Store whether sentences belong to a section, and return the number of new ones.

        The last answer for a sentence counts. Raises InputError if there would be too many, or one
        is too long or too short; OutputError if they cannot be written; and BusyError if another
        process has been writing them, or the settings, for seconds.
        """
        self._permit(actor)
        new = {_line(text): belongs for text, belongs in answers.items()}
        for text in new:
            if len(text) > _LONGEST:
                raise InputError(
                    Translatable(
                        "a sentence has {n} characters; give at most {most}",
                        n=len(text),
                        most=_LONGEST,
                    )
                )
            if len(text.split()) < _FEWEST_WORDS:
                raise InputError(
                    Translatable(
                        "{text} is not a sentence; give at least {n} words",
                        text=repr(text[:60]),
                        n=_FEWEST_WORDS,
                    )
                )
        # Concurrent writers must not overwrite each other's examples.
        with alone(self._folder.parent):
            known = {example.text: example.belongs for example in self.examples(name)}
            every = known | new
            if len(every) > _MOST:
                raise InputError(
                    Translatable("more than {n} sentences; train with what is there", n=_MOST)
                )
            self._keep_examples(name, every)
        changed = {text: belongs for text, belongs in new.items() if known.get(text) != belongs}
        if changed:
            self._note(actor, "add examples", f"{name}: {len(changed)}")
        return len(changed)

    def forget(self, name: str, text: str, *, actor: Actor) -> None:
        """Delete an example."""
        self._permit(actor)
        with alone(self._folder.parent):
            every = {example.text: example.belongs for example in self.examples(name)}
            if every.pop(text, None) is None:
                return
            self._keep_examples(name, every)
        self._note(actor, "remove example", f"{name}: {text}")

    def _permit(self, actor: Actor) -> None:
        # Checked first, since files are not rolled back with a transaction.
        self._store.look(actor.permit, "add examples")

    def _note(self, actor: Actor, what: str, about: str) -> None:
        self._store.apply(actor.note, what, about)

    def _keep_examples(self, name: str, every: Mapping[str, bool]) -> None:
        lines = [
            json.dumps({"text": text, "section": name if belongs else OTHER}, ensure_ascii=False)
            for text, belongs in every.items()
        ]
        content = "".join(f"{line}\n" for line in lines)
        save_files({self._path(name, "jsonl"): content.encode("utf-8", "replace")})

    def train(self, name: str, *, actor: Actor) -> SectionTrial:
        """Train a section from its examples and the archive; the model waits to be accepted.

        Raises InputError if there are too few examples, or too few reports in the archive.
        """
        self._permit(actor)
        with self._training:
            settings = parsed(self.sections.settings.file().text, folder=self._folder.parent)
            taught = taught_section(
                self._store, settings, self.examples(name), section=name, at=actor.at
            )
            known = {part.name: getattr(taught, part.name) for part in fields(TrainingFacts)}
            trial = SectionTrial(
                at=actor.at.isoformat(timespec="minutes"),
                model=sha256(taught.content).hexdigest(),
                **known,
            )
            save_files(
                {
                    self._path(name, "trial.model"): taught.content,
                    self._path(name, "trial.json"): json.dumps(asdict(trial)).encode(),
                }
            )
        self._note(actor, "train section", name)
        return trial

    @property
    def _store(self) -> Store:
        return self.sections.settings.store

    @property
    def _folder(self) -> Path:
        return self.sections.settings.path.parent / _FOLDER

    def trial(self, name: str) -> SectionTrial | None:
        """Return the model that waits to be accepted; None if there is none."""
        with suppress(OSError, ValueError):
            facts = self._path(name, "trial.json").read_bytes()
            return TypeAdapter(SectionTrial).validate_json(facts)
        return None

    def accept(self, name: str, *, model: str, seen: str, actor: Actor) -> None:
        """Make the trained model that of the section, which is added if it does not exist.

        ``model`` is the digest of the model that was shown, ``seen`` that of the sections. Raises
        InputError if no model waits, or a different one.
        """
        self._permit(actor)
        try:
            content = self._path(name, "trial.model").read_bytes()
        except OSError as error:
            raise InputError(
                Translatable("{name}: there is no trained model to accept", name=name)
            ) from error
        if sha256(content).hexdigest() != model:
            raise InputError(
                Translatable(
                    "{name}: another model was trained in the meantime; review it first", name=name
                )
            )
        # A separate file: the model in use must not change until the settings name the new one.
        place = self._path(name, f"{model[:8]}.model")
        save_files({place: content})
        tables, row = self.sections, {"name": name, "model": f"{_FOLDER}/{place.name}"}
        is_new = name not in {table["name"] for table in tables.rows()}
        rows = tables.added(row) if is_new else tables.changed(row)
        tables.write(rows, seen=seen, actor=actor)
        self._note(actor, "accept model", name)
        self._drop_trial(name)

    def discard(self, name: str, *, actor: Actor) -> None:
        """Discard the model that waits to be accepted; the examples stay."""
        self._permit(actor)
        self._drop_trial(name)
        self._note(actor, "discard model", name)

    def _drop_trial(self, name: str) -> None:
        for ending in ("trial.model", "trial.json"):
            path = self._path(name, ending)
            with writing(path, "cannot be removed"):
                path.unlink(missing_ok=True)

    def begun(self) -> tuple[str, ...]:
        """Return the sections that have examples but are not in the settings file."""
        there = {row["name"] for row in self.sections.rows()}
        files = sorted((self._folder).glob("*.jsonl"))
        return tuple(file.stem for file in files if is_name(file.stem) and file.stem not in there)

    def _path(self, name: str, ending: str) -> Path:
        if not is_name(name):
            raise InputError(f"{name}: {_NO_NAME}")
        return self._folder / f"{name}.{ending}"


def read_examples(path: Path, *, section: str) -> tuple[Example, ...]:
    """Read sentences of a section: JSON lines with text and section, or plain lines that belong.

    Raises InputError if it can be read as neither.
    """
    try:
        lines = [line for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
        if path.suffix != ".jsonl":
            return tuple(Example(_line(line), belongs=True) for line in lines)
        rows = [json.loads(line) for line in lines]
        return tuple(Example(_line(row["text"]), row["section"] == section) for row in rows)
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise InputError(
            f"{path}: cannot be read as examples; give a sentence on each line, or in a .jsonl "
            'file {"text", "section"} on each'
        ) from error


def taught_section(
    store: Store, settings: Settings, given: Sequence[Example], *, section: str, at: datetime
) -> Taught:
    """Train a section from labeled sentences and the reports collected so far.

    Raises InputError if the name cannot be used, or there are too few examples or reports; and
    StoreError if the store cannot be read.
    """
    if not is_name(section):
        raise InputError(f"{section}: {_NO_NAME}")
    drawn = store.look(draw, language=settings.language, at=at)
    return teach(given, section=section, drawn=drawn, classifier=trained(settings))


def quality_words(taught: Taught) -> str:
    """Return in one line what a section was trained on, and how well it does."""
    shares = (
        f"{name} {share.value:.2f} ({share.low:.2f} to {share.high:.2f})"
        for name, share in taught.quality.shares.items()
    )
    against = counted(taught.read + taught.drawn, "counterexample")
    return f"{counted(taught.examples, 'example')}, {against}; {', '.join(shares)}"


def is_name(text: str) -> bool:
    """Return whether a text is valid as the name of a taught section."""
    return _NAME.fullmatch(text) is not None and text != OTHER


def _line(text: str) -> str:
    return " ".join(text.encode("utf-8", "replace").decode().split())
