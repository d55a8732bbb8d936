"""An edition is signed with the desk's key, and who has another key or none is told so."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pikepdf
import pytest

from briefing.cli import run
from briefing.sources.sandbox.printed import EDITION
from tests.small_day import DAY, make_all, write_lines

Said = pytest.CaptureFixture[str]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a signed edition, then one with the next key; nobody may change them."""
    folder = tmp_path_factory.mktemp("signed")
    day = write_lines(folder / "day.jsonl", DAY)
    config = folder / "briefing.toml"
    config.write_text("")
    for number in (1, 2):
        assert run(["sign", "init", f"{number}.key", "--config", str(config)]) == 0
        config.write_text(f'[sign]\nkey = "{number}.key"\n')
        assert make_all(folder, day, "--config", config) == 0
        (folder / "page.pdf").rename(folder / f"{number}.pdf")
        (folder / "page.json").rename(folder / f"{number}.json")
    return folder


def verified(capsys: Said, *words: object) -> tuple[int, dict[str, Any]]:
    capsys.readouterr()
    code = run(["verify", *map(str, words), "--json"])
    return code, json.loads(capsys.readouterr().out)


def test_both_keys_are_known_by_the_public_file(made: Path, capsys: Said) -> None:
    keys = made / "2.key.pub"
    assert len(keys.read_text().splitlines()) == 2
    for number in (1, 2):
        code, facts = verified(capsys, made / f"{number}.pdf", "--key", keys)
        assert (code, facts["failures"]) == (0, [])
        assert facts["signed"].endswith("one of those given")
    sources = made / "sources.jsonl"
    assert verified(capsys, made / "1.json", "--sources", sources, "--key", keys)[0] == 0
    code, facts = verified(capsys, made / "2.pdf", "--key", made / "1.key.pub")
    assert code == 1
    assert facts["failures"][0]["reason"].startswith("signed with another key: ")


def test_without_a_key_it_says_which_one_signed(made: Path, capsys: Said) -> None:
    code, facts = verified(capsys, made / "1.pdf")
    assert code == 0
    assert facts["signed"].startswith("signed with the key ")
    signed = verified(capsys, made / "2.pdf")[1]["signed"]
    assert run(["sign", "show", "--config", str(made / "briefing.toml")]) == 0
    assert signed.split(";")[0].removeprefix("signed with the key ") in capsys.readouterr().out


def changed(made: Path, path: Path, change: dict[str, Any]) -> Path:
    with pikepdf.open(made / "1.pdf") as pdf:
        content = json.loads(pdf.attachments[EDITION].get_file().read_bytes()) | change
        text = json.dumps({key: one for key, one in content.items() if one is not None})
        del pdf.attachments[EDITION]
        pdf.attachments[EDITION] = pikepdf.AttachedFileSpec(pdf, text.encode(), filename=EDITION)
        pdf.save(path)
    return path


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"signature": None}, "it is not signed"),
        ({"signature": {"key": "00" * 32, "value": "00" * 64}}, "the signature is not of this"),
        (
            {"signature": {"key": f"01{'00' * 31}", "value": f"01{'00' * 63}"}},
            "the signature is not",
        ),
        ({"signature": {"key": "no", "value": "no"}}, "the signature is not of this record"),
        ({"name": "Other"}, "the signature is not of this record"),
    ],
)
def test_a_signature_that_is_stripped_or_of_something_else_is_found(
    made: Path, tmp_path: Path, capsys: Said, change: dict[str, Any], reason: str
) -> None:
    path = changed(made, tmp_path / "page.pdf", change)
    code, facts = verified(capsys, path, "--key", made / "1.key.pub")
    assert code == 1
    assert any(one["reason"].startswith(reason) for one in facts["failures"])


def test_a_key_file_is_never_overwritten_nor_read_by_others(made: Path, capsys: Said) -> None:
    before = (made / "1.key").read_bytes()
    assert run(["sign", "init", "1.key", "--config", str(made / "briefing.toml")]) == 2
    assert "exists; name another file" in capsys.readouterr().err
    assert (made / "1.key").read_bytes() == before
    assert (made / "1.key").stat().st_mode & 0o077 == 0


def test_a_key_that_is_none_is_one_line(made: Path, tmp_path: Path, capsys: Said) -> None:
    config = tmp_path / "briefing.toml"
    for content, words in (("", "not a key"), (None, "cannot be read")):
        key = tmp_path / "bad.key"
        key.unlink(missing_ok=True)
        if content is not None:
            key.write_text(content)
            key.chmod(0o600)
        config.write_text('[sign]\nkey = "bad.key"\n')
        assert run(["sign", "show", "--config", str(config)]) != 0
        error = capsys.readouterr().err
        assert words in error
        assert error.count("\n") == 1
    empty = tmp_path / "none.pub"
    empty.write_text("nothing")
    assert run(["verify", str(made / "1.pdf"), "--key", str(empty)]) == 2
    assert "no public key" in capsys.readouterr().err
