import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from briefing.cli import DONE, run
from tests import mailroom
from tests.examples import tables
from tests.mailroom import ANN, BO, publish
from tests.small_day import Said, told
from tests.test_docs import registered

COMMANDS = Path(__file__).parents[2] / "docs" / "commands.md"
#: Commands whose --json is the file that the edition goes to; ``-`` prints it.
OF_AN_EDITION = {"make", "publish"}
#: Commands whose keys depend on what is measured, explained or spoken.
WITH_OPEN_KEYS = {"evaluate", "why", "languages"}
DAY = str(mailroom.today())

#: Calls in the order in which they are made in one folder: name, further words.
CALLS: list[tuple[str, str]] = tables(__file__)["CALLS"]
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
    found = re.findall(r"^## briefing (.+?)\n(.*?)(?=^## |\Z)", COMMANDS.read_text(), re.M | re.S)
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
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
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
def test_each_command_prints_the_keys_that_are_documented(folder: Path, capsys: Said) -> None:
    assert folder
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


def test_json_of_an_edition_goes_to_standard_output_alone(folder: Path, capsys: Said) -> None:
    out, err = told(capsys, "publish", "--date", DAY, "--json", "-")
    assert json.loads(out)["date"] == DAY
    assert err.startswith(f"ostra-desk/{DAY}: already published, ")
    assert not (folder / "-").exists()
