"""A value that an option cannot have is wrong use: exit code 2, one line, and what is allowed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from briefing.cli import DONE, WRONG_USE, run
from tests.test_docs import registered

Said = pytest.CaptureFixture[str]
#: What else a command needs so that only the option is wrong.
NEEDED = {
    "make": "a.txt -o page.pdf",
    "preview": "a.txt",
    "verify": "edition.json",
    "why": "edition.json s1",
    "evaluate": "sections a.jsonl",
    "train section": "climate a.txt -o model",
    "train sections": "a.jsonl -o model",
    "train reading": "a.jsonl -o model",
    "train importance": "a.jsonl",
    "backup": "saved.tar",
    "restore": "saved.tar",
    "operators add": "ada",
    "operators password": "ada",
    "operators remove": "ada",
    "tokens add": "wall --right read",
    "tokens revoke": "wall",
    "sources add": "news",
    "sources remove": "news",
    "sources edit": "news --weight 2",
    "sources pause": "news",
    "sources resume": "news",
    "sources import": "own.opml",
    "sources export": "own.opml",
    "subscribers add": "ann@readers.example --consent letter",
    "subscribers edit": "ann@readers.example --at 06:00",
    "subscribers show": "ann@readers.example",
    "subscribers import": "readers.csv --consent letter",
    "subscribers export": "all.csv",
    "subscribers remove": "ann@readers.example",
    "subscribers pause": "ann@readers.example",
    "subscribers resume": "",
    "editions show": "2026-03-12",
    "choose": "s1",
    "editions withdraw": "2026-03-12",
    "editions release": "2026-03-12 --operator ada",
    "editions note": "2026-03-12 --remove",
    "editions drop": "2026-03-12",
}
#: What must be there before, so that the value is what is wrong.
BEFORE = {"subscribers edit": "subscribers add ann@readers.example --consent letter"}
#: A wrong value of each option that has one, and what is said; by command where it differs.
WRONG = {
    "--date": ("yesterday", "write it as 2026-01-04"),
    "--keep": ("-1", "give 0 or more"),
    "--port": ("-1", "give 0 or more"),
    "--sentences": ("0", "give 1 or more"),
    "--ranker": ("longest", "known: "),
    "--theme": ("loud", "known: "),
    "--paper": ("A9", "known: A4, A5, Letter"),
    "--kind": ("telex", "known: "),
    "--text": ("both", "auto, feed or page"),
    "--language": ("english", "two letters"),
    "--weight": ("3", "give one of 0.5, 0.75, 1, 1.5, 2"),
    "--grade": ("G", "a letter from A to F"),
    "--right": ("all", "give read or steer"),
    "--since": ("once", "is not a date up to today"),
    "--state": ("asleep", "give pending, active"),
    "--format": ("docx", "give pdf, html, text, link"),
    "--days": ("someday", "write mon, tue"),
    "--at": ("25:00", "write it as 07:00"),
    "--zone": ("No/Where", "write it as Europe/Zurich"),
    "--sections": ("gossip", "there are economy"),
    "--lists": ("gossip", "not offered to readers; none is offered"),
    "--part": ("luck", "known: encoder, sentences, stories"),
    "--protocol": ("twice", "known: five-fold, held-out, model"),
    "--ended-since": ("once", "write it as 2026-01-04T06:00"),
    "--only": ("dream", "collect"),
    "--headline": ("0", "give 1 or more"),
    "--config": ("nowhere.toml", "nowhere.toml"),
}
#: Options whose value is a file: a folder is none.
FILES = {
    *("--output", "--html", "--markdown", "--word", "--epub", "--report"),
    *("--save-sources", "--previous", "--password-file", "--sources", "--key"),
}
#: As above where the same name means something else elsewhere.
FILES_OF = {("make", "--text"), ("make", "--json"), ("publish", "--text"), ("publish", "--json")}
OF_COMMAND = {
    ("evaluate", "--ranker"): "summaries a.jsonl --ranker longest",
    ("subscribers resume", "--reason"): "ann@readers.example --reason complaint",
    ("subscribers resume", "--config"): "ann@readers.example --config nowhere.toml",
    ("deliver", "--date"): "--status --date yesterday",
    ("deliver", "--dry-run"): "--dry-run a.txt",
    ("deliver", "--test"): "--test ann",
    ("saga", "--part"): "s1 --part yesterday",
    ("sources edit", "--kind"): "news --kind telex",
    ("sources ledger", "--days"): "--days 0",
    ("verify", "--config"): "2026-03-12 --config nowhere.toml",
    ("why", "--config"): "2026-03-12 s1 --config nowhere.toml",
}
#: Any value can be meant, or the store decides: then it is said what is there, with another code.
FREE = {
    "--name",
    "--owner",
    "--consent",
    "--labels",
    "--noisy",
    "--print-in",
    "--without",
    "--reason",
    "--resend",
    "--join-to",
    "--decline",
    "--operator",
    "--signed",
}
#: Doctor says of settings that cannot be read what it says of all that is broken: exit code 1.
#: Restoring writes settings where there are none. Whether a host is one, only a network says.
SAYS_ITSELF = {("doctor", "--config"), ("restore", "--config"), ("serve", "--host")}


def valued() -> list[tuple[str, str]]:
    """Return every option that has a value, with its command."""
    return [
        (name, max(parameter.opts, key=len))
        for name, command in registered()
        for parameter in command.params
        if any(word.startswith("--") for word in parameter.opts) and not _is_flag(parameter)
    ]


def _is_flag(parameter: Any) -> bool:  # noqa: ANN401  typer's own
    return bool(getattr(parameter, "is_flag", False))


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
        one
        for one in valued()
        if one not in SAYS_ITSELF and (one[1] not in FREE or one in OF_COMMAND)
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
    (tmp_path / "a.txt").write_text("Fog in Sund\n\nThe airport of Sund was closed by fog.\n")
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
