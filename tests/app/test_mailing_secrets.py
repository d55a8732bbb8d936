import stat
from base64 import b64decode, b64encode
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from briefing.core.errors import SettingsError
from briefing.settings import DkimSettings, Settings
from briefing.setup.post import keys_of, relay_of, secrets_of

OLD, NEW = b"o" * 32, b"n" * 40


def desk(folder: Path, **mail: object) -> Settings:
    return Settings.model_validate({"mail": mail}).within(folder)


def write(folder: Path, *lines: bytes, mode: int = 0o600) -> Path:
    path = folder / "briefing.secrets"
    path.write_bytes(b"\n".join(lines) + b"\n")
    path.chmod(mode)
    return path


def test_a_secret_is_made_once_for_its_owner_alone(tmp_path: Path) -> None:
    (made,) = secrets_of(desk(tmp_path))
    path = tmp_path / "briefing.secrets"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert b64decode(path.read_bytes()) == made
    assert len(made) == 32
    assert secrets_of(desk(tmp_path)) == (made,)
    assert [one.name for one in tmp_path.iterdir()] == ["briefing.secrets"]


def test_a_secret_not_kept_leaves_no_file_and_many_makers_have_the_same(tmp_path: Path) -> None:
    first, second = (secrets_of(desk(tmp_path), keep=False) for _ in range(2))
    assert first != second
    assert list(tmp_path.iterdir()) == []
    with ThreadPoolExecutor(8) as pool:
        found = set(pool.map(lambda _: secrets_of(desk(tmp_path)), range(32)))
    assert len(found) == 1


def test_the_newest_stands_last_and_empty_lines_do_not_count(tmp_path: Path) -> None:
    write(tmp_path, b64encode(OLD), b"", b64encode(NEW) + b"\r")
    assert secrets_of(desk(tmp_path)) == (OLD, NEW)


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o666])
def test_a_file_that_others_may_read_or_change_is_refused(mode: int, tmp_path: Path) -> None:
    path = write(tmp_path, b64encode(OLD), mode=mode)
    with pytest.raises(SettingsError, match="others may read it; run: chmod 600"):
        secrets_of(desk(tmp_path))
    path.chmod(0o400)
    assert secrets_of(desk(tmp_path)) == (OLD,)


@pytest.mark.parametrize(
    "line", [b"hush", b64encode(b"short"), b"%" * 44, b"\xff" * 44, b64encode(b"x" * 31)]
)
def test_a_line_that_is_no_secret_is_told_by_its_number_alone(line: bytes, tmp_path: Path) -> None:
    write(tmp_path, b64encode(OLD), line)
    with pytest.raises(SettingsError, match=r"briefing.secrets: line 2: is not a secret") as told:
        secrets_of(desk(tmp_path))
    assert line.decode("latin-1") not in str(told.value)


def test_an_empty_file_and_a_place_that_cannot_be_written_are_told(tmp_path: Path) -> None:
    write(tmp_path, b"")
    with pytest.raises(SettingsError, match="is empty; delete it"):
        secrets_of(desk(tmp_path))
    with pytest.raises(SettingsError, match="cannot be made"):
        secrets_of(desk(tmp_path, secrets_file="none/briefing.secrets"))
    (tmp_path / "folder").mkdir()
    with pytest.raises(SettingsError, match="folder: cannot be read"):
        secrets_of(desk(tmp_path, secrets_file="folder"))


def test_a_password_is_the_first_line_of_a_file_or_in_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "password").write_text(" hush ü\r\nsecond\n")
    (tmp_path / "empty").touch()
    (tmp_path / "latin").write_bytes(b"\xfc\n")

    def ask(name: str, variable: str = "") -> str:
        monkeypatch.setenv("BRIEFING_SMTP_PASSWORD", variable)
        return relay_of(desk(tmp_path, user="ada", password_file=name)).password

    assert ask("password", "other") == " hush ü"
    assert ask("empty") == ""
    assert ask("", "other") == "other"
    for name, said in (("", "or set BRIEFING_SMTP"), ("latin", "not UTF-8"), ("none", "be read")):
        with pytest.raises(SettingsError, match=said):
            ask(name)


def test_a_key_that_is_none_is_told(tmp_path: Path) -> None:
    (tmp_path / "key.pem").write_text("hush")
    dkim = (DkimSettings(domain="desk.example", selector="b", key_file="key.pem"),)
    with pytest.raises(SettingsError, match="DKIM key b") as told:
        keys_of(desk(tmp_path, dkim=dkim))
    assert "hush" not in str(told.value)
