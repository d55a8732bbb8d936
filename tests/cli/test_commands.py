import io
import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from briefing import __version__
from briefing.cli import DONE, FAILED, IN_PART, INTERRUPTED, WRONG_USE
from briefing.cli.app import PANELS, progress, tell_count, tell_step
from briefing.cli.serve import briefings_of
from briefing.core.edition import STEPS
from briefing.core.model import Item
from briefing.core.text.classifiers import linear
from briefing.settings import Settings, load
from briefing.setup.clock import now
from briefing.store import documents
from tests.cli.test_app import NEEDED, Screen
from tests.examples import examples
from tests.publishing import SOURCE
from tests.small_day import DAY, RATE, Said, assert_whole, briefing, refused, told, write_lines
from tests.store.ready import ready_store
from tests.test_docs import registered
from tests.waiting import PATIENCE, open_terminal, wait_for
from tests.web.admin.climate import CLIMATE, reports

pytestmark = pytest.mark.usefixtures("elsewhere")

#: The console script beside this Python, and how long one call may take on a busy machine.
SCRIPT = Path(sys.executable).with_name("briefing")
SECONDS = 120


def test_verify_proves_what_was_printed(made: Path, capsys: Said) -> None:
    files = (made / "page.json", "--sources", made / "sources.jsonl")
    out, err = told(capsys, "verify", *files)
    assert err == ""
    assert out.startswith("briefing/2026-03-11: ")
    assert out.splitlines()[0].endswith(" passages verified")
    facts = json.loads(told(capsys, "verify", *files, "--json")[0])
    assert set(facts) == {
        *("edition", "checked", "failures", "corrections", "withdrawn"),
        *"note pages released waits limit signed".split(),
    }
    assert facts["corrections"] == []
    assert facts["checked"] > len(DAY)
    assert facts["failures"] == []
    # the input itself holds the sources as well
    assert briefing("verify", made / "page.json", "--sources", made / "day.jsonl") == DONE


def test_verify_finds_a_changed_and_a_missing_source(copied: Path, capsys: Said) -> None:
    sources = copied / "sources.jsonl"
    text = sources.read_text(encoding="utf-8")
    assert "4.5 per cent" in text
    sources.write_text(text.replace("4.5 per cent", "5.5 per cent"), encoding="utf-8")
    out, err = told(capsys, "verify", copied / "page.json", "--sources", sources, code=FAILED)
    assert " verified" not in out
    assert "briefing: rate: " in err
    assert "are other words" in err
    assert "has changed elsewhere since it was printed" in err
    assert briefing("verify", copied / "page.json", "--sources", sources, "--json") == FAILED
    failures = json.loads(capsys.readouterr().out)["failures"]
    assert {failure["document"] for failure in failures} == {"rate"}
    sources = write_lines(copied / "fewer.jsonl", [RATE])
    assert briefing("verify", copied / "page.json", "--sources", sources) == FAILED
    assert "the source is not among the stored texts" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("edition", "sources"),
    [("none.json", "sources.jsonl"), ("page.json", "none.jsonl"), ("page.txt", "sources.jsonl")],
)
def test_verify_names_a_lost_file(edition: str, sources: str, made: Path, capsys: Said) -> None:
    err = refused(capsys, "verify", made / edition, "--sources", made / sources, code=FAILED)
    assert ("none" if "none" in edition + sources else "page.txt: not an edition") in err


def test_why_tells_the_evidence(made: Path, capsys: Said) -> None:
    brief = json.loads((made / "page.json").read_text(encoding="utf-8"))["sections"][0]["briefs"][0]
    words = told(capsys, "why", made / "page.json", brief["story"])[0]
    for part in (brief["headline"], "salience", "sections", "reports", "sentences by how likely"):
        assert part in words
    facts = json.loads(told(capsys, "why", made / "page.json", brief["story"], "--json")[0])
    assert facts["story"] == brief["story"]
    assert facts["salience"]["terms"]
    assert sum(facts["sections"].values()) == pytest.approx(1, abs=0.001)
    assert facts["links"]
    printed = [text for text, _, _, is_printed in facts["sentences"] if is_printed]
    assert brief["sentences"][0]["text"] in printed


def test_why_of_a_day_tells_all_and_finds_words_of_titles(made: Path, capsys: Said) -> None:
    err = refused(capsys, "why", made / "page.json", "s99")
    assert "no story 's99' in briefing/2026-03-11; printed: s" in err
    edition = json.loads((made / "page.json").read_text(encoding="utf-8"))
    words = told(capsys, "why", made / "page.json")[0]
    assert words.startswith(f"{edition['id']}: ")
    assert max(map(len, words.splitlines())) <= 80
    facts = json.loads(told(capsys, "why", made / "page.json", "--json")[0])
    assert {row["story"] for row in facts["reports"]} >= {
        one["story"] for one in edition["ledger"]["found"]
    }
    found = edition["ledger"]["found"][0]
    out = told(capsys, "why", made / "page.json", *found["headline"].upper().split())[0]
    assert found["story"] in out
    assert "score" in out
    facts = json.loads(told(capsys, "why", made / "page.json", found["headline"], "--json")[0])
    assert found["documents"][0] in {row["document"] for row in facts["reports"]}
    err = refused(capsys, "why", made / "page.json", "no such report", code=FAILED)
    assert "has 'no such report' in its title; use fewer words" in err


def test_help_shows_each_command_once_by_what_people_do(capsys: Said) -> None:
    panels = " ".join(PANELS.values()).split()
    assert sorted(panels) == sorted({words.split()[0] for words, _ in registered()})
    assert re.findall("^([A-Z].*):$", told(capsys, "--help")[0], re.MULTILINE)[1:] == [*PANELS]

    # What a value is, in words of people.
    for words in ("make", "why", "choose", "serve", "worker", "sources check"):
        out = told(capsys, *words.split(), "--help")[0]
        assert "list[" not in out
        assert "<path>" in out or "--config" not in out


def test_why_names_a_story_as_printed_in_plain_characters(copied: Path, capsys: Said) -> None:
    edition = json.loads((copied / "page.json").read_text(encoding="utf-8"))
    found, other = edition["ledger"]["found"][:2]
    (brief,) = [
        brief
        for section in edition["sections"]
        for brief in section["briefs"]
        if brief["story"] == found["story"]
    ]
    source = edition["documents"][brief["sources"][0]]
    source["kind"], source["publisher"] = "statement", "Port Office"
    brief["headline"] = "Harbor opens <OSP.N>"
    edition["evidence"][other["story"]]["beaten"] = [found["headline"]]
    (copied / "page.json").write_text(json.dumps(edition))
    for words in ("", "port office: harbor opens", found["story"], other["story"]):
        out = " ".join(told(capsys, "why", copied / "page.json", words)[0].split())
        assert "Port Office: Harbor opens" in out
        assert found["headline"] not in out

    briefs = [brief for section in edition["sections"] for brief in section["briefs"]]
    for named in (*briefs, edition["ledger"]["found"][0]):
        named["headline"] = "\x1b[2J\x9b31mHostile\nwords"
    (copied / "page.json").write_text(json.dumps(edition))
    for words in ("", "hostile"):
        out = told(capsys, "why", copied / "page.json", words)[0]
        assert "Hostile words" in out
        assert not {"\x1b", "\x9b"} & set(out)


# init, plugins, version, help


def test_init_writes_the_defaults_and_never_overwrites(tmp_path: Path, capsys: Said) -> None:
    assert "next: briefing make" in told(capsys, "init", "desk/world")[0]
    file = tmp_path / "desk" / "world" / "briefing.toml"
    assert load(file) == Settings().within(file.parent)
    file.write_text('name = "Mine"\n', encoding="utf-8")
    err = refused(capsys, "init", "desk/world")
    assert "briefing.toml already exists; move it away first" in err
    assert load(file).name == "Mine"
    Path("file").touch()
    assert "'file' is a file; give a folder" in refused(capsys, "init", "file")
    assert briefing("init") == DONE
    assert load(tmp_path / "briefing.toml") == Settings().within(tmp_path)


def test_plugins_lists_every_kind(capsys: Said) -> None:
    known = json.loads(told(capsys, "plugins", "--json")[0])
    assert set(known) == {"ranker", "classifier", "source", "theme"}
    assert known["ranker"]["salience"] == "briefing"
    rows = [line.split() for line in told(capsys, "plugins")[0].splitlines()]
    assert rows == [
        [kind, name, package] for kind, found in known.items() for name, package in found.items()
    ]


def test_the_version_is_that_of_the_package_and_help_is_no_error(capsys: Said) -> None:
    for words in ("version", "--version"):
        assert told(capsys, words)[0] == f"{__version__}\n"
    for given in ((), ("--help",), ("make", "--help"), ("train",), ("sources",)):
        assert "Usage:" in told(capsys, *given)[0]


# a folder without settings

#: Commands that need no settings, and those that write them.
STATELESS = {
    *("init", "make", "preview", "evaluate", "plugins", "version", "restore", "serve"),
    "languages",
    "train sections",
}


#: Where another call than that of a wrong option is one that needs settings.
CALLS = {
    "verify": "2026-01-04",
    "why": "2026-01-04",
    "subscribers resume": "a@b.example",
    "subscribers import": "day.jsonl --consent form",
    "sources import": "day.jsonl",
}


@pytest.mark.parametrize("name", [name for name, _ in registered() if name not in STATELESS])
def test_without_settings_it_says_so(name: str, day: Path, tmp_path: Path, capsys: Said) -> None:
    err = refused(capsys, *name.split(), *CALLS.get(name, NEEDED.get(name, "")).split())
    assert "no briefing.toml here: write one with `briefing init`" in err
    assert list(tmp_path.iterdir()) == [day]


def test_serve_begins_with_the_defaults_and_keeps_what_is_taken_away(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        assert briefing("serve", "--port", taken.getsockname()[1]) != DONE
    file = tmp_path / "briefing.toml"
    assert load(file) == Settings().within(file.parent)
    file.write_text('name = "Mine"\n')
    ((_, live),) = briefings_of(None)[0]
    file.unlink()
    assert live().name == "Mine"


def test_settings_that_cannot_be_read_are_no_missing_ones(tmp_path: Path, capsys: Said) -> None:
    (tmp_path / "briefing.toml").symlink_to("none")
    for words in ("sources list", "make day.jsonl -o p.pdf"):
        assert "briefing.toml: cannot be read as settings" in refused(capsys, *words.split())


# errors


def test_verbose_adds_the_traceback(day: Path, capsys: Said) -> None:
    assert briefing("make", day, "-o", "p.pdf", "--theme", "baroque", "--verbose") == WRONG_USE
    err = capsys.readouterr().err
    assert err.startswith("Traceback (most recent call last):\n")
    assert (
        err.splitlines()[-1]
        == "briefing: theme: unknown theme 'baroque'; known: classic, large, memo, reader"
    )


class Broken(io.StringIO):
    """A standard output that refuses every word."""

    def __init__(self, error: Exception) -> None:
        super().__init__()
        self._error = error

    def write(self, _text: str) -> int:
        raise self._error


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (OSError(28, "No space left on device"), "system error ([Errno 28] No space left"),
        (RuntimeError("two\nlines"), "internal error (RuntimeError: two lines); see --verbose"),
    ],
)
def test_whatever_is_raised_ends_as_one_line(
    error: Exception, said: str, monkeypatch: pytest.MonkeyPatch, capsys: Said
) -> None:
    monkeypatch.setattr("sys.stdout", Broken(error))
    err = told(capsys, "version", code=FAILED)[1]
    assert err.startswith(f"briefing: {said}")
    assert err.count("\n") == 1
    assert told(capsys, "version", "--verbose", code=FAILED)[1].startswith("Traceback")


# progress


def test_the_bar_is_told_of_every_step(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stderr", Screen())
    with progress() as bar:
        watch = tell_step(bar)
        for step in ("read", *STEPS, "print"):
            watch(step)
        (task,) = bar.tasks
        assert task.finished
        assert task.description == "print"
        tell_count(bar)(2, 8)
        assert bar.tasks[1].percentage == 25


# the console script


@pytest.fixture
def terminal() -> Iterator[tuple[int, int]]:
    ends = open_terminal()
    yield ends
    for end in ends:
        os.close(end)


#: Said to a terminal when nothing more is written.
_END = b"\x04"


def _read_along(terminal: int, shown: bytearray) -> None:
    while not shown.endswith(_END):
        shown += os.read(terminal, 65_536)


@contextmanager
def read_along(terminal: tuple[int, int]) -> Iterator[bytearray]:
    """Give what is shown on a terminal, all of it at the end.

    A terminal that nobody reads is full after some seconds, and what writes to it waits.
    """
    ours, theirs = terminal
    shown = bytearray()
    reading = threading.Thread(target=_read_along, args=(ours, shown), daemon=True)
    reading.start()
    yield shown
    os.write(theirs, _END)
    reading.join()


def script(*words: str | Path, **streams: int) -> subprocess.CompletedProcess[bytes]:
    command, terminal = [SCRIPT, *words], {**os.environ, "TERM": "xterm"}
    return subprocess.run(command, env=terminal, timeout=SECONDS, check=False, **streams)  # type: ignore[call-overload,no-any-return]  # noqa: S603  our own script


def test_the_script_has_a_terminal(made: Path, tmp_path: Path, terminal: tuple[int, int]) -> None:
    with read_along(terminal) as shown:
        words = ("make", made / "day.jsonl", "-o", "p.pdf")
        done = script(*words, stdout=subprocess.PIPE, stderr=terminal[1])
    assert done.returncode == DONE
    assert done.stdout.startswith(b"p.pdf: 4 reports")
    assert "━" in shown.decode("utf-8", "replace")
    assert (tmp_path / "p.pdf").read_bytes() == (made / "page.pdf").read_bytes()


def test_it_is_a_module_as_well_and_says_nothing_without_standard_output(tmp_path: Path) -> None:
    words = [sys.executable, "-m", "briefing", "--version"]
    done = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, check=False)  # noqa: S603  our own
    assert (done.returncode, done.stdout, done.stderr) == (DONE, f"{__version__}\n", "")
    words = ["/bin/sh", "-c", f"exec {SCRIPT} version >&-"]
    done = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, check=False)  # noqa: S603  our own
    assert (done.returncode, done.stderr) == (DONE, "")


def test_ctrl_c_at_a_prompt_ends_with_its_code(tmp_path: Path, terminal: tuple[int, int]) -> None:
    (tmp_path / "briefing.toml").touch()
    ours, theirs = terminal
    asking = subprocess.Popen(  # noqa: S603  our own script
        ["/usr/bin/setsid", "--ctty", SCRIPT, "operators", "add", "ada"],
        cwd=tmp_path,
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        # A shell that starts the tests in the background lets them, and all they start, ignore it.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509  no threads
    )
    with read_along(terminal) as shown:
        wait_for(lambda: b"Password: " in shown)
        os.write(ours, b"\x03")
        assert asking.wait(PATIENCE) == INTERRUPTED
    assert shown.count(b"\n") == 2
    assert b"\nbriefing: interrupted; no file is half-written" in shown


@pytest.mark.slow
def test_the_console_script_takes_names_that_are_no_text(made: Path, tmp_path: Path) -> None:
    (tmp_path / "d\udcff.jsonl").write_bytes((made / "day.jsonl").read_bytes())
    words = ("make", "d\udcff.jsonl", "none\udcff", "-o", "p\udcff.pdf")
    pipe = subprocess.PIPE
    done = script(*words, stdin=subprocess.DEVNULL, stdout=pipe, stderr=pipe)
    assert done.returncode == IN_PART
    assert done.stderr.decode("utf-8").startswith("briefing: none�: cannot be opened")
    assert done.stderr.count(b"\n") == 1
    assert_whole(tmp_path / "p\udcff.pdf")


@pytest.fixture
def reported(tmp_path: Path) -> Path:
    (tmp_path / "briefing.toml").touch()
    store = ready_store("briefing.db", folder=tmp_path)
    with store.write() as tx:
        for one in reports():
            item = Item(one, keys=(f"url {one.url}",), from_page=True)
            documents.keep(tx, item, source=SOURCE, at=now())
    store.close()
    return tmp_path


def test_plain_lines_and_labeled_lines_give_a_model(reported: Path, capsys: Said) -> None:
    (reported / "climate.txt").write_text("\n\n".join(CLIMATE[:20]), encoding="utf-8")
    rows = [{"text": text, "section": "climate"} for text in CLIMATE[20:30]]
    rows.append({"text": "The band of Ostra played in the rain.", "section": "other"})
    lines = "".join(json.dumps(row) + "\n" for row in rows)
    (reported / "more.jsonl").write_text(lines, encoding="utf-8")
    train = tuple("train section climate climate.txt more.jsonl -o climate.model".split())
    said = told(capsys, *train)[0]
    assert said.startswith("climate.model: 30 examples, ")
    assert "precision " in said
    assert "it is least sure of:" in said
    content = (reported / "climate.model").read_bytes()
    assert linear.from_bytes(content).sections == ("climate", "other")
    facts = json.loads(told(capsys, *train, "--json")[0])
    assert facts["examples"] == 30
    assert set(facts["f1"]) == {"value", "ci95"}
    assert (reported / "climate.model").read_bytes() == content


@examples("name, content, said")
def test_examples_that_are_too_few_are_told(
    reported: Path, capsys: Said, name: str, content: str, said: str
) -> None:
    (reported / "a.txt").write_text(content, encoding="utf-8")
    assert said in told(capsys, "train", "section", name, "a.txt", "-o", "x.model", code=FAILED)[1]
    assert not (reported / "x.model").exists()


@pytest.mark.parametrize("content", ["{", "[1]", '{"text": 7, "section": "x"}', "{}"])
def test_broken_lines_are_told(reported: Path, capsys: Said, content: str) -> None:
    (reported / "a.jsonl").write_text(content, encoding="utf-8")
    assert briefing("train", "section", "climate", "a.jsonl", "-o", "x.model") == FAILED
    assert "a.jsonl: cannot be read as examples" in capsys.readouterr().err
