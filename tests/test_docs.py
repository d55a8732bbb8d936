"""The documentation, held to what it says: its commands run, its links and names exist."""

import re
import runpy
import shlex
import shutil
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pikepdf
import pytest
import typer
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from briefing.cli import app, run
from briefing.core.model import Score, Sentence
from briefing.core.ports import Classifier
from briefing.settings import Settings
from briefing.settings.reference import table_of
from briefing.setup import registry
from tests.plain_press import printing
from tests.small_day import Said

ROOT = Path(__file__).parents[1]
PAGES = (
    ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md", ROOT / "SECURITY.md",
    *sorted((ROOT / "docs").glob("*.md")), *sorted((ROOT / "docs" / "decisions").glob("*.md")),
)  # fmt: skip
RUN = (ROOT / "run").read_text()

#: A fenced block: its language, the file it stands for (if it names one), and its lines.
FENCE = re.compile(r"^```(\w+)(?: ([\w./-]+))?\n(.*?)^```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
TICKED = re.compile(r"`([^`\n]+)`")
#: What in ticks is meant as a path of the repository: a slash inside and an ending or a last slash.
PATH = re.compile(r"\.?\w[\w.-]*(?:/[\w.-]+)*(?:/|/[\w-]+\.\w+)")
TOP_FILE = re.compile(r"\w+\.(?:md|lock)|pyproject\.toml")
#: What the commands of the documentation make.
MADE = ("out/", "desk/", "pages/")


def named(path: Path) -> str:
    return str(path.relative_to(ROOT))


def prose(path: Path) -> str:
    return FENCE.sub("", path.read_text())


@dataclass(frozen=True, slots=True)
class Typed:
    """A command of a console block."""

    words: tuple[str, ...]
    #: The exit code that the block promises.
    exit_code: int
    #: Lines shown below it; "…" stands for anything.
    shown: tuple[str, ...]


def typed(block: str) -> Iterator[Typed]:
    """Yield each command of a console block with what is shown below it."""
    for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
        first, *shown = part.splitlines()
        code = re.search(r"  # exit (\d)$", first)
        words = tuple(shlex.split(first, comments=True))
        yield Typed(words, int(code[1]) if code else 0, tuple(filter(None, shown)))


def steps(path: Path) -> Iterator[Typed | tuple[str, str]]:
    """Yield in order each command of a page and each file that a block of it stands for."""
    for language, file, block in FENCE.findall(path.read_text()):
        if file:
            yield (file, block)
        elif language == "console":
            yield from typed(block)


def commands_of_example() -> Iterator[tuple[str, ...]]:
    """Yield the briefing commands that ``./run example`` runs."""
    body = re.search(r"^example\(\) \{\n(.*?)^\}", RUN, re.MULTILINE | re.DOTALL)
    assert body
    for line in body[1].replace("\\\n", " ").splitlines():
        if line.strip().startswith("$briefing "):
            yield tuple(shlex.split(line)[1:])


def known_to_run() -> set[str]:
    return set(re.findall(r"^([a-z]+)\) ", RUN.partition('case "$command" in')[2], re.MULTILINE))


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the examples and all that ``./run example`` makes of them."""
    folder = tmp_path_factory.mktemp("desk")
    shutil.copytree(ROOT / "examples", folder / "examples")
    with pytest.MonkeyPatch.context() as patch, printing(plain=False):
        patch.chdir(folder)
        assert [run(words) for words in commands_of_example()] == [0, 0, 0]
    return folder


def check(command: Typed, printed: str) -> None:
    for line in command.shown:
        pattern = ".*".join(re.escape(part.strip()) for part in line.split("…"))
        assert re.search(pattern, printed), f"{command.words} does not print {line!r}:\n{printed}"


def with_commands() -> Iterator[object]:
    """Yield the pages that have commands."""
    for page in PAGES:
        if any(steps(page)):
            yield pytest.param(page, id=named(page))


@pytest.mark.parametrize("page", tuple(with_commands()))
def test_the_commands_of_a_page_do_what_it_shows(
    page: Path, desk: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Said
) -> None:
    shutil.copytree(desk, tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    for step in steps(page):
        if not isinstance(step, Typed):
            Path(step[0]).parent.mkdir(parents=True, exist_ok=True)
            Path(step[0]).write_text(step[1])
            continue
        name, *words = step.words
        if name == "./run":
            assert words[0] in known_to_run()
            continue
        assert name == "briefing", f"only briefing and ./run are run: {step.words}"
        # The first page is printed, and a sheet that is proved is drawn.
        paper = page.name == "README.md" or (words[0] == "verify" and words[1].endswith(".pdf"))
        with printing(plain=not paper):
            code = run(words)
        out, err = capsys.readouterr()
        assert code == step.exit_code, f"{step.words}: exit {code}\n{err}"
        check(step, out + err)


def test_the_commands_of_run_are_explained_and_the_first_makes_the_example() -> None:
    assert next(typed(FENCE.findall(PAGES[0].read_text())[0][2])).words == ("./run", "example")
    explained = {
        step.words[1] for step in steps(ROOT / "CONTRIBUTING.md") if isinstance(step, Typed)
    }
    assert explained == known_to_run()


def slug(heading: str) -> str:
    """Return the anchor of a heading, as code hosts make it."""
    return re.sub(r"[^\w -]", "", heading.lower()).strip().replace(" ", "-")


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_every_relative_link_leads_somewhere(page: Path) -> None:
    for link in LINK.findall(prose(page)):
        if link.startswith("https://"):
            continue
        file, _, anchor = link.partition("#")
        target = (page.parent / file).resolve() if file else page
        assert target.exists(), f"{named(page)}: {link}"
        headings = re.findall(r"^#+ (.+)$", target.read_text(), re.MULTILINE) if anchor else []
        assert not anchor or anchor in map(slug, headings), f"{named(page)}: {link}"


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_every_path_in_ticks_exists_and_none_is_of_a_machine(page: Path) -> None:
    assert not re.search(r"(?<![\w.])/(?:home|work|tmp|root|Users)/", page.read_text())
    own = tuple(f"{path.name}/" for path in ROOT.iterdir() if path.is_dir())
    for words in TICKED.findall(prose(page)):
        if TOP_FILE.fullmatch(words) or (PATH.fullmatch(words) and words.startswith(own)):
            known = words.startswith(MADE) or "NAME" in words or (ROOT / words).exists()
            assert known, f"{named(page)}: {words}"


def documented(page: str, column: int = 0) -> list[tuple[str, ...]]:
    """Return rows of the tables of a page, each cell without its ticks; heads are left out."""
    rows = re.findall(r"^\| (.+) \|$", (ROOT / "docs" / page).read_text(), re.MULTILINE)
    cells = [tuple(cell.strip() for cell in row.split(" | ")) for row in rows]
    return [row for row in cells if row[column].startswith("`")]


def fields(model: type[BaseModel], stem: str = "") -> Iterator[tuple[str, FieldInfo]]:
    """Yield each setting by its dotted name, those of a table in place of the table itself."""
    for name, field in model.model_fields.items():
        inner = table_of(field)
        if inner is None or isinstance(field.default, tuple):
            yield stem + name, field
        if inner is not None:
            yield from fields(inner, f"{stem}{name}.")


def test_every_setting_is_documented_with_its_default() -> None:
    rows = {row[0].strip("`"): row[1] for row in documented("settings.md")}
    assert list(rows) == [name for name, _ in fields(Settings)]
    for name, field in fields(Settings):
        if field.is_required():
            assert rows[name] == "required"
        elif name == "sections":
            assert rows[name] == ", ".join(f"`{each.name}`" for each in field.default)
        else:
            default = tomllib.loads(f"value = {rows[name].strip('`')}")["value"]
            usual = list(field.default) if isinstance(field.default, tuple) else field.default
            assert default == usual


def test_the_table_of_settings_is_that_of_the_code() -> None:
    page = (ROOT / "docs" / "settings.md").read_text()
    written = runpy.run_path(str(ROOT / "docs" / "settings_table.py"))["with_table"](page)
    assert written == page, "./run docs writes it"


def registered() -> Iterator[tuple[str, Any]]:
    """Yield every command by the words that call it."""
    group: Any = typer.main.get_group(app)
    for name, command in group.commands.items():
        inner = getattr(command, "commands", None)
        if inner is None:
            yield name, command
        else:
            yield from ((f"{name} {word}", each) for word, each in inner.items())


def test_every_command_is_documented_with_its_options() -> None:
    text = (ROOT / "docs" / "commands.md").read_text()
    chapters = dict(re.findall(r"^## briefing (.+?)\n(.*?)(?=^## |\Z)", text, re.M | re.S))
    assert set(chapters) == {name for name, _ in registered()}
    for name, command in registered():
        options = {
            option
            for parameter in command.params
            for option in parameter.opts
            if option.startswith("-") and option != "--help"
        }
        rows = {word for cell in re.findall(r"^\| (`-.+?) \|", chapters[name], re.M)
                for word in TICKED.findall(cell)}  # fmt: skip
        assert rows == options, name


def test_every_built_in_part_is_documented() -> None:
    rows = {row[0]: TICKED.findall(row[2]) for row in _kinds()}
    chapter = (ROOT / "docs" / "collecting.md").read_text().partition("## What can be a source")[2]
    rows["source"] = sorted(re.findall(r"^\| `(\w+)` \|", chapter.partition("\n## ")[0], re.M))
    assert list(rows) == list(registry.KINDS)
    for kind, names in rows.items():
        assert names == [name for name, by in registry.providers(kind).items() if by == "briefing"]
    assert [row[1] for row in _kinds()] == [f"`briefing.{kind}s`" for kind in registry.KINDS]


def _kinds() -> list[tuple[str, ...]]:
    return [row for row in documented("plugins.md", 1) if row[0] in registry.KINDS]


def test_the_examples_of_plug_ins_answer_their_ports() -> None:
    names: dict[str, Any] = {"__name__": "example"}
    for language, _, block in FENCE.findall((ROOT / "docs" / "plugins.md").read_text()):
        if language == "python":
            exec(compile(block, "plugins.md", "exec"), names)  # noqa: S102  it is our own page
    scored: Sequence[Score] = names["score"](
        [Sentence("d1", 0, 7, "It held")], titles={"d1": "Held"}
    )
    classifier: Classifier = names["from_bytes"](b"")
    assert [each.value for each in scored] == [7.0]
    assert [sum(row.values()) for row in classifier(["It held"])] == [1.0]
    assert callable(names["plain"])


def test_every_field_of_an_edition_is_documented_from_its_type() -> None:
    page = (ROOT / "docs" / "edition-json.md").read_text()
    written = runpy.run_path(str(ROOT / "docs" / "edition_json.py"))["with_tables"](page)
    assert written == page, "./run docs writes it"
    assert not [row for row in page.splitlines() if row.startswith("| ") and row.endswith("|  |")]


def test_the_digest_of_an_edition_is_computed_by_other_means(
    desk: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pikepdf.open(desk / "out" / "briefing.pdf") as pdf:
        edition = pdf.attachments["edition.json"].get_file().read_bytes()
    ((_, _, block),) = [
        example
        for example in FENCE.findall((ROOT / "docs" / "edition-json.md").read_text())
        if example[0] == "python"
    ]
    Path("edition.json").write_bytes(edition)
    exec(compile(block, "edition-json.md", "exec"), {})  # noqa: S102  it is our own page
    Path("edition.json").write_bytes(edition.replace(b'"publishers":', b'"publishers":1', 1))
    with pytest.raises(AssertionError):
        exec(compile(block, "edition-json.md", "exec"), {})  # noqa: S102
