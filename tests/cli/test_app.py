import io
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

import pytest
import typer
from rich.cells import cell_len
from typer.main import get_command

from briefing.app.readers.fields import WRITTEN
from briefing.cli import DONE, WRONG_USE, app, main, run
from briefing.cli.app import progress_bar, red, row, say
from briefing.core.model import Source
from briefing.press.formats import FORMATS
from briefing.store import sources
from tests import mailroom
from tests.daytime import COMMAND
from tests.examples import tables
from tests.mailroom import ANN, BO, publish
from tests.small_day import Said, told
from tests.store.ready import ready_store
from tests.test_docs import registered
from tests.waiting import open_terminal

LONG = "https://courier.example/" + "very-long-" * 9
WORDS = (
    f"Straits Gazette of the Eastern Archipelago has not answered since Tuesday: see {LONG} first"
)


class Screen(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture
def screen(monkeypatch: pytest.MonkeyPatch) -> Callable[[], Screen]:
    """Return what puts a terminal in place of the standard streams; pytest does so before tests."""

    def put() -> Screen:
        screen = Screen()
        monkeypatch.setattr(sys, "stdout", screen)
        monkeypatch.setattr(sys, "stderr", screen)
        return screen

    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("NO_COLOR", raising=False)
    return put


def test_on_a_terminal_lines_are_broken_between_words(screen: Callable[[], Screen]) -> None:
    shown = screen()
    say(WORDS)
    say("short enough")
    lines = shown.getvalue().splitlines()
    assert " ".join(lines).split() == [*WORDS.split(), "short", "enough"]
    assert all(cell_len(line) <= 80 for line in lines if LONG not in line)
    assert [line[:2] == "  " for line in lines] == [False, *[True] * (len(lines) - 2), False]
    shown = screen()
    say(WORDS, before="broken  ")
    first, *others = shown.getvalue().splitlines()
    assert first.startswith("broken  Straits")
    assert all(line.startswith(" " * 8) and line[8] != " " for line in others)
    shown = screen()
    say("one\n    " + "two " * 30)
    one, two, further, *_ = shown.getvalue().splitlines()
    assert (one, two[:7], further[:9]) == ("one", "    two", "      two")


def test_narrow_shows_words(screen: Callable[[], Screen], monkeypatch: pytest.MonkeyPatch) -> None:
    shown = screen()
    monkeypatch.setenv("COLUMNS", "9")
    say("a word or two that do not fit", before="x" * 20)
    assert "".join(shown.getvalue().split()) == "x" * 20 + "awordortwothatdonotfit"


def test_what_steers_a_terminal_is_left_out(screen: Callable[[], Screen]) -> None:
    shown = screen()
    say("a\x1b[2Jb\x07 c\x9b1md")
    assert shown.getvalue() == "a[2Jb c1md\n"


def test_a_program_reads_one_line_a_row(capsys: Said, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    say(WORDS, before="broken  ")
    row("well  ", "Ostra Courier", WORDS, "", LONG)
    assert capsys.readouterr().out.splitlines() == [
        f"broken  {WORDS}",
        f"well  Ostra Courier  {WORDS}  {LONG}",
    ]


def test_on_a_terminal_what_is_below_a_row_has_its_own_lines(screen: Callable[[], Screen]) -> None:
    shown = screen()
    row("well      17  ", "Ostra Courier", "", LONG, indent=10)
    assert shown.getvalue().splitlines() == ["well      17  Ostra Courier", " " * 10 + LONG]


@pytest.mark.parametrize(("name", "value"), [("NO_COLOR", "1"), ("TERM", "dumb")])
def test_red_is_for_terminals_that_want_it(
    screen: Callable[[], Screen], monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    shown = screen()
    assert red("+") == "\x1b[31m+\x1b[0m"
    say("words", before="  + 1.0 ", alarm=True)
    assert shown.getvalue() == "  \x1b[31m+\x1b[0m 1.0 words\n"
    monkeypatch.setenv(name, value)
    assert red("+") == "+"


def test_the_bar_is_red(screen: Callable[[], Screen], monkeypatch: pytest.MonkeyPatch) -> None:
    shown = screen()
    with progress_bar() as bar:
        bar.add_task("read", total=2, completed=1)
    assert re.search("\x1b\\[31m[━╸]", shown.getvalue())
    assert "\x1b[33m" not in shown.getvalue(), "and red alone"


def commands(group: typer.Typer = app) -> Iterator[tuple[str, ...]]:
    whole = get_command(group)
    yield ()
    for name, command in whole.commands.items():  # type: ignore[attr-defined]
        yield (name,)
        for inner in getattr(command, "commands", {}):
            yield (name, inner)


def test_help_is_80_columns_wide_and_ends_no_sentence_early(screen: Callable[[], Screen]) -> None:
    shown = screen()
    for words in commands():
        assert run([*words, "--help"]) == 0
    lines = [line for line in shown.getvalue().splitlines() if not line.startswith("Usage")]
    assert len(lines) > 300
    assert [line for line in lines if len(line) > 80 or line.endswith("...")] == []


def test_a_real_terminal_shows_whole_words(tmp_path: Path) -> None:
    name = "Straits Maritime Gazette and Commercial Intelligencer of the Eastern Archipelago"
    (tmp_path / "briefing.toml").touch()
    store = ready_store("briefing.db", folder=tmp_path)
    with store.write() as tx:
        source = Source(f"{tmp_path}/news", kind="folder", name=name)
        sources.add(tx, source, at=datetime(2026, 3, 12, 6, tzinfo=UTC))
    store.close()
    lines = seen(tmp_path, "sources", "list").splitlines()
    assert set(name.split()) <= set(" ".join(lines).split())
    assert all(cell_len(line) <= 80 for line in lines if str(tmp_path) not in line)
    assert re.fullmatch(r"new +not yet +0  Straits Maritime .*", lines[1])


def seen(folder: Path, *words: str) -> str:
    """Run a command on a terminal of 80 columns."""
    ours, theirs = open_terminal()
    command = [*COMMAND, *words]
    settings = {**os.environ, "COLUMNS": "80", "NO_COLOR": "1"}
    with os.fdopen(theirs, "wb") as terminal:
        done = subprocess.Popen(command, cwd=folder, stdout=terminal, env=settings)  # noqa: S603
    read = b""
    try:
        while more := os.read(ours, 65_536):
            read += more
    except OSError:  # the other end is closed
        pass
    os.close(ours)
    assert done.wait() == 0, read
    return read.decode().replace("\r\n", "\n")


TABLES = tables(__file__)
#: What else a command needs so that only the option is wrong.
NEEDED: dict[str, str] = TABLES["NEEDED"]
#: What must be there before, so that the value is what is wrong.
BEFORE = {
    "subscribers edit": "subscribers add ann@readers.example --consent letter",
    "operators change": "operators add ada --password-file a.txt",
}
#: A wrong value of each option that has one, and what is said; by command where it differs.
#: Of a preference that is one of a few values, any other is.
WRONG: dict[str, tuple[str, str]] = TABLES["WRONG"] | {
    f"--{key}": ("gossip", f"give {', '.join(type(wish.default))}")
    for key, wish in WRITTEN.items()
    if isinstance(wish.default, StrEnum)
}
#: Options whose value is a file: a folder is none.
FILES = ("--output --report --save-sources --previous --password-file --sources --key").split()
#: As above where the same name means something else elsewhere.
FILES_OF = {(name, f"--{kind}") for name in ("make", "publish") for kind in FORMATS}
OF_COMMAND = {
    ("evaluate", "--ranker"): "summaries a.jsonl --ranker longest",
    ("subscribers resume", "--reason"): "ann@readers.example --reason complaint",
    ("subscribers resume", "--config"): "ann@readers.example --config nowhere.toml",
    ("deliver", "--date"): "--status --date yesterday",
    ("deliver", "--edition"): "--status --date 2026-03-12 --edition gossip",
    ("why", "--edition"): "2026-03-12 s1 --edition gossip",
    ("deliver", "--dry-run"): "--dry-run a.txt",
    ("deliver", "--test"): "--test ann",
    ("saga", "--part"): "s1 --part yesterday",
    ("sources edit", "--kind"): "news --kind telex",
    ("sources ledger", "--days"): "--days 0",
    ("verify", "--edition"): "2026-03-12 --edition gossip",
    ("verify", "--config"): "2026-03-12 --config nowhere.toml",
    ("why", "--config"): "2026-03-12 s1 --config nowhere.toml",
}
#: Any value can be meant, or the store decides: then it is said what is there, with another code.
FREE = {
    *"--name --owner --consent --labels --print-in --without".split(),
    *"--reason --resend --join-to --decline --operator --signed --code".split(),
}
#: Doctor says of settings that cannot be read what it says of all that is broken: exit code 1.
#: Restoring writes settings where there are none. Whether a host is one, only a network says.
#: Who releases an edition is asked before which.
SAYS_ITSELF = {
    ("doctor", "--config"),
    ("restore", "--config"),
    ("serve", "--host"),
    ("editions release", "--edition"),
}


def valued() -> list[tuple[str, str]]:
    """Return every option that has a value, with its command."""
    return [
        (name, max(parameter.opts, key=len))
        for name, command in registered()
        for parameter in command.params
        if any(word.startswith("--") for word in parameter.opts)
        and not getattr(parameter, "is_flag", False)
    ]


def call(name: str, option: str) -> tuple[str, str]:
    """Return the words of a call with a wrong value, and what is said of it."""
    if (name, option) in OF_COMMAND:
        return OF_COMMAND[name, option], ""
    needed = NEEDED.get(name, "")
    if (option in FILES) or ((name, option) in FILES_OF):
        return f"{needed} {option} folder", "'folder' is a folder; give a file"
    value, allowed = WRONG[option]
    return f"{needed} {option} {value}", allowed


@pytest.mark.parametrize(
    ("name", "option"),
    [
        pair
        for pair in valued()
        if pair not in SAYS_ITSELF and (pair[1] not in FREE or pair in OF_COMMAND)
    ],
)
def test_a_wrong_value_is_wrong_use(
    name: str, option: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Said
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "briefing.toml").write_text(
        'name = "Ostra Desk"\n[mail]\nsender = "news@desk.example"\n'
        '[web]\naddress = "https://desk.example"\n'
    )
    (tmp_path / "a.txt").write_text("Fog in the Sund\n\nThe airport of Sund was closed by fog.\n")
    (tmp_path / "a.jsonl").write_text('{"id": "1", "text": "Fog.", "section": "other"}\n')
    (tmp_path / "folder").mkdir()
    words, allowed = call(name, option)
    if name in BEFORE:
        assert run(BEFORE[name].split()) == DONE
        capsys.readouterr()
    code = run([*name.split(), *words.split()])
    out, err = capsys.readouterr()
    assert code == WRONG_USE, f"{name} {words}: exit {code}\n{err}"
    assert out == ""
    assert err.startswith("briefing: ")
    assert err.count("\n") == 1, err
    assert allowed in err
    assert any(word in err for word in (option, option.removeprefix("--"), words.split()[-1])), err


@pytest.mark.parametrize(("epoch", "left"), [("", None), ("soon", None), ("86400", "86400")])
def test_an_epoch_that_is_no_number_reaches_no_library(
    monkeypatch: pytest.MonkeyPatch, epoch: str, left: str | None
) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", epoch)
    monkeypatch.setattr("sys.argv", ["briefing", "--version"])
    with pytest.raises(SystemExit):
        main()
    assert os.environ.get("SOURCE_DATE_EPOCH") == left


_LOADED = """
import sys
from briefing.cli import run
code = run(sys.argv[1:])
print(*sys.modules)
sys.exit(code)
"""
_REPORT = (
    "The council of the harbor town met on Monday and agreed on a new pier for the fishing fleet. "
    "The mayor said that the work would begin in spring and end before the autumn storms. "
    "The trade ministry promised two million crowns for the pier if the town pays the rest. "
    "They have paid for the lighthouse and the slipway, which were finished from this fund."
)


def loaded(folder: Path, *words: str) -> set[str]:
    command = [sys.executable, "-c", _LOADED, *words]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True)  # noqa: S603  ourselves
    return set(done.stdout.splitlines()[-1].split())


def test_a_command_on_the_store_loads_no_text_and_no_press(tmp_path: Path) -> None:
    # A first command would make the store, and with it load what makes tables.
    ready_store("briefing.db", folder=tmp_path).close()

    (tmp_path / "briefing.toml").touch()
    found = loaded(tmp_path, "operators", "list")

    assert {"sqlalchemy", "typer"} <= found
    heavy = {"alembic", "httpx2", "lxml", "nltk", "numpy"}
    assert found & (heavy | {"rich", "scipy", "starlette", "weasyprint"}) == set()


def test_a_page_of_a_file_loads_no_store_no_web_and_no_ranker_of_sumy(tmp_path: Path) -> None:
    (tmp_path / "pier.txt").write_text(_REPORT, encoding="utf-8")

    found = loaded(tmp_path, "make", "pier.txt", "-o", "page.pdf")

    assert {"Stemmer", "numpy", "weasyprint"} <= found
    heavy = frozenset("httpx2 nltk py3langid rich sqlalchemy starlette trafilatura".split())
    heavy |= {"scipy.special", "scipy.sparse.csgraph", "sumy.utils"}
    # nor what signs a page, or reads the record of an earlier one
    heavy |= {"cryptography.hazmat.primitives", "pypdf"}
    assert found & heavy == set()


DOCUMENTED = Path(__file__).parents[2] / "docs" / "commands.md"
#: Commands whose --json is the file that the edition goes to; ``-`` prints it.
OF_AN_EDITION = {"make", "publish"}
#: Commands whose keys depend on what is measured, explained or spoken.
WITH_OPEN_KEYS = {"evaluate", "why", "languages"}
DAY = str(mailroom.today())

#: Calls in the order in which they are made in one stocked: name, further words.
CALLS: list[tuple[str, str]] = TABLES["CALLS"]
#: Commands that are not called here: it stands in the test of the round, of the model, of sagas, of
#: watch-lists or of a release, or takes seconds or a network.
CALLED_ELSEWHERE = {
    *("sign init", "sign show", "editions release", "editions note", "editions drop", "saga"),
    *("watch", "serve", "worker", "choose", "preview", "doctor", "train section"),
    *("train sections", "operators reset", "subscribers let-in"),
}
#: Commands that know no settings.
WITHOUT_CONFIG = {"version", "plugins", "init"}


def chapters() -> dict[str, str]:
    found = re.findall(r"^## briefing (.+?)\n(.*?)(?=^## |\Z)", DOCUMENTED.read_text(), re.M | re.S)
    return dict(found)


def documented_keys(name: str) -> dict[str, set[str]]:
    """Return the keys that the row of a command names, by the option with which they are printed.

    Words in brackets stand within; after a semicolon "with `--option`:" names another shape.
    """
    row = re.search(r"^\| `--json` \| print JSON: (.+) \|$", chapters()[name], re.M)
    assert row, f"{name}: no row of docs/commands.md names the keys"
    shapes: dict[str, set[str]] = {}
    for part in re.sub(r"\([^()]*\)", "", row[1]).split(";"):
        ticked = re.findall(r"`([^`]+)`", part)
        options = [word for word in ticked if word.startswith("--")] or [""]
        keys = {word for word in ticked if not word.startswith("--")}
        shapes |= dict.fromkeys(options, keys)
    return shapes


def shape_of(name: str, words: str) -> set[str]:
    shapes = documented_keys(name)
    return next((keys for option, keys in shapes.items() if option and option in words), shapes[""])


def printed_keys(value: Any) -> Iterator[set[str]]:  # noqa: ANN401  as JSON has it
    for one in value if isinstance(value, list) else [value]:
        assert isinstance(one, dict), one
        yield set(one)


@pytest.fixture
def stocked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    publish(tmp_path, ANN, BO)
    files = {
        "news/fog.txt": "Fog in Sund\n\nThe airport of Sund was closed by fog.\n",
        "feeds.opml": '<opml version="2.0"><body><outline type="rss" text="Ostra Courier" '
        'xmlUrl="https://ostra-courier.example/rss.xml"/></body></opml>',
        "readers.csv": "address\ndee@readers.example\n",
        "letter.eml": "From: ann@readers.example\nTo: news@desk.example\nSubject: Hello\n\nHello\n",
        "password": "four words make one\n",
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_every_command_has_json_names_its_keys_and_is_called_here() -> None:
    for name, command in registered():
        options = {option for parameter in command.params for option in parameter.opts}
        assert "--json" in options, name
    for name, _ in registered():
        if name not in OF_AN_EDITION | WITH_OPEN_KEYS:
            keys = documented_keys(name)
            assert all(keys.values()), name
            for key in set().union(*keys.values()):
                assert re.fullmatch(r"[a-z]+[0-9]?(_[a-z]+)*", key), f"{name}: {key}"
    here = {name for name, _ in CALLS}
    assert {name for name, _ in registered()} == (
        here | CALLED_ELSEWHERE | OF_AN_EDITION | WITH_OPEN_KEYS
    )


@pytest.mark.slow
def test_each_command_prints_the_keys_that_are_documented(stocked: Path, capsys: Said) -> None:
    assert stocked
    for name, words in CALLS:
        own = [] if name in WITHOUT_CONFIG else ["--config", "briefing.toml"]
        capsys.readouterr()
        code = run([*name.split(), *words.format(day=DAY).split(), *own, "--json"])
        out, err = capsys.readouterr()
        assert code == DONE, f"{name}: {err}"
        seen = list(printed_keys(json.loads(out)))
        assert seen or name == "bounces", name
        for keys in seen:
            assert keys == shape_of(name, words), name


def test_json_of_an_edition_goes_to_standard_output_alone(stocked: Path, capsys: Said) -> None:
    out, err = told(capsys, "publish", "--date", DAY, "--json", "-")
    assert json.loads(out)["date"] == DAY
    assert err.startswith(f"ostra-desk/{DAY}: already published, ")
    assert not (stocked / "-").exists()
