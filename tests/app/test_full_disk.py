import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from briefing.cli import DONE, FAILED, run
from tests.examples import examples
from tests.mailroom import ANN, BO, config, publish, today
from tests.small_day import Said, told
from tests.waiting import mount, small_disk

DAY = str(today())


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Return the folder of a desk on a disk of its own, of three megabytes."""
    folder = tmp_path_factory.mktemp("small")
    with small_disk(folder, megabytes=3) as mounted:
        if not mounted:
            pytest.skip("no small disk can be mounted here")
        (folder / "desk").mkdir()
        publish(folder / "desk", ANN, BO)
        shutil.copytree(Path(__file__).parents[2] / "examples" / "2026-03-11", folder / "news")
        assert run(["sources", "add", str(folder / "news"), config(folder / "desk")]) == DONE
        yield folder


@pytest.fixture
def full(small: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Return the folder, with no byte left on its disk."""
    monkeypatch.chdir(small / "desk")
    filler = small / "filler"
    with filler.open("wb", buffering=0) as file:
        try:
            while True:
                file.write(bytes(4096))
        except OSError:
            pass
    yield small / "desk"
    filler.unlink()


@examples("words")
def test_a_full_disk_is_said_to_be_full(words: tuple[str, ...], full: Path, capsys: Said) -> None:
    before = {one.name for one in full.iterdir()}
    code = run(words if words[0] == "make" else (*words, config_of(full)))
    out, err = capsys.readouterr()
    assert code == FAILED, out
    assert "no space left" in (out + err).lower()
    assert "internal error" not in out + err
    after = {one.name for one in full.iterdir() if not one.name.endswith((".lock", "-wal", "-shm"))}
    assert after <= before
    (full.parent / "filler").unlink()
    assert run(["verify", DAY, config_of(full)]) == DONE
    (full.parent / "filler").touch()


def config_of(folder: Path) -> str:
    return f"--config={folder / 'briefing.toml'}"


def test_a_disk_that_is_read_only_is_said_to_be(small: Path, capsys: Said) -> None:
    assert mount("-o", "remount,ro", str(small))
    try:
        for words in (["collect"], ["backup", str(small / "saved.tar")]):
            said = told(capsys, *words, config_of(small / "desk"), code=FAILED)[1]
            assert "read-only" in said.lower(), said
            assert said.count("\n") == 1
    finally:
        assert mount("-o", "remount,rw", str(small))
