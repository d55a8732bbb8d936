"""./run on a machine that has nothing: what it says is missing, and that it says it at once."""

import shutil
import subprocess
from pathlib import Path

import pytest

RUN = Path(__file__).parents[1] / "run"
PANGO, PANGOFT2, HARFBUZZ = "libpango-1.0.so.0", "libpangoft2-1.0.so.0", "libharfbuzz-subset.so.0"
#: It is looked for where servers are, also on this machine.
NGINX = "" if Path("/usr/sbin/nginx").exists() else " nginx-light"
#: What the script itself calls.
CALLED = ("bash", "cat", "dirname", "sed", "sha256sum")


@pytest.fixture
def bare(tmp_path: Path) -> Path:
    """Return a folder with the script and, as its whole PATH, a folder of commands."""
    shutil.copy(RUN, tmp_path)
    commands = tmp_path / "bin"
    commands.mkdir()
    for name in CALLED:
        (commands / name).symlink_to(shutil.which(name) or "")
    script(commands / "id", "echo 1000")
    script(commands / "apt-get", "exit 1")
    libraries(tmp_path)
    return tmp_path


def script(path: Path, *lines: str) -> None:
    path.write_text("\n".join(("#!/bin/bash", *lines, "")))
    path.chmod(0o755)


def libraries(folder: Path, *names: str) -> None:
    """Let the machine have libraries: the named ones first, then more than a pipe holds."""
    listed = "\n".join([*names, *(f"libother{n}.so.{n}" for n in range(20_000))])
    (folder / "loaded").write_text(listed)
    script(folder / "bin" / "ldconfig", f"cat {folder}/loaded")


def bash(folder: Path, *command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # noqa: S603  our own script
        [folder / "bin" / "bash", *command],
        cwd=folder,
        env={"PATH": str(folder / "bin")},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize(
    ("command", "also"),
    [
        ("example", ""),
        ("test", " chromium" + NGINX + " poppler-utils"),
        ("docs", " poppler-utils chromium"),
    ],
)
def test_an_ordinary_user_is_told_all_that_is_missing_in_one_command(
    bare: Path, command: str, also: str
) -> None:
    ended = bash(bare, "run", command)
    assert ended.returncode == 1
    packages = "libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0 python3 python3-venv" + also
    assert ended.stderr.splitlines() == [
        "run: missing system packages; install them, then run this again:",
        f"run:   sudo apt-get install {packages}",
    ]


def test_libraries_that_are_there_are_found_every_time(bare: Path) -> None:
    libraries(bare, PANGO, PANGOFT2, HARFBUZZ)
    often = "set -- help; source ./run >/dev/null; for n in {1..40}; do missing; done"
    ended = bash(bare, "-c", often)
    assert ended.stdout.split() == ["python3", "python3-venv"] * 40
    libraries(bare, PANGOFT2)
    assert bash(bare, "-c", often).stdout.split()[:2] == ["libpango-1.0-0", "libharfbuzz-subset0"]
