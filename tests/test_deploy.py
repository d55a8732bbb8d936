import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from configparser import RawConfigParser
from pathlib import Path
from typing import Any

import pytest
import typer

from briefing.cli import app
from briefing.settings import parsed

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "examples" / "deploy"
SERVICES = sorted(FOLDER.glob("*.service"))
UNITS = [*SERVICES, *sorted(FOLDER.glob("*.timer"))]
CONTAINER = (FOLDER / "Containerfile").read_text()
COMPOSE = (FOLDER / "compose.yaml").read_text()
CLUSTER = (FOLDER / "compose.cluster.yaml").read_text()
#: What every service is walled in by.
WALLS = {
    "NoNewPrivileges": "yes",
    "ProtectSystem": "strict",
    "ProtectHome": "yes",
    "PrivateTmp": "yes",
    "PrivateDevices": "yes",
    "CapabilityBoundingSet": "",
    "StateDirectory": "briefing",
    "User": "briefing",
    "UMask": "0077",
}


def unit(path: Path) -> RawConfigParser:
    """Read a unit; a key may stand several times."""
    match = RawConfigParser(strict=False, delimiters=("=",), comment_prefixes=("#",))
    match.optionxform = str  # type: ignore[assignment,method-assign]
    match.read_string(path.read_text())
    return match


def listed(text: str, key: str) -> list[str]:
    match = re.search(rf'{key}:? (\[".*"\])', text)
    assert match
    words: list[str] = json.loads(match[1])
    return words


def calls() -> Iterator[list[str]]:
    """Yield the words of each call of briefing in the files."""
    for path in SERVICES:
        program, *words = shlex.split(unit(path)["Service"]["ExecStart"])
        assert program == "/opt/briefing/bin/briefing"
        yield words
    assert listed(CONTAINER, "ENTRYPOINT") == ["/opt/briefing/bin/briefing"]
    yield listed(CONTAINER, 'CMD(?= \\["serve)')
    yield listed(COMPOSE, "command")
    for words in re.findall(r'command: (\[".*"\])', CLUSTER):
        yield json.loads(words)


@pytest.mark.parametrize("words", [*calls()], ids=" ".join)
def test_only_commands_and_options_that_exist_are_called(words: list[str]) -> None:
    name, *given = words
    group: Any = typer.main.get_group(app)
    known = {option for each in group.commands[name].params for option in each.opts}
    assert {word for word in given if word.startswith("-")} <= known


@pytest.mark.parametrize("path", SERVICES, ids=lambda path: path.name)
def test_a_service_is_walled_in(path: Path) -> None:
    written = unit(path)["Service"]
    assert {name: written.get(name) for name in WALLS} == WALLS
    # its settings, and so its store, stand where it may write
    assert written["WorkingDirectory"] == f"/var/lib/{written['StateDirectory']}"


@pytest.mark.parametrize("name", ["briefing-run.timer", "briefing-backup.timer"])
def test_the_timer_begins_a_service_that_is_there(name: str) -> None:
    timer = unit(FOLDER / name)["Timer"]
    assert (FOLDER / timer["Unit"]).exists()
    assert unit(FOLDER / timer["Unit"])["Service"]["Type"] == "oneshot"


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="no systemd on this machine")
@pytest.mark.parametrize("path", UNITS, ids=lambda path: path.name)
def test_systemd_understands_every_line(path: Path) -> None:
    printed = subprocess.run(  # noqa: S603  our own words
        ["systemd-analyze", "verify", str(path)],  # noqa: S607  wherever it is installed
        capture_output=True,
        text=True,
        check=False,
    ).stderr
    assert [line for line in printed.splitlines() if "is not executable" not in line] == []


def test_the_container_holds_what_it_needs_and_is_not_root() -> None:
    for line in re.findall(r"^COPY (?!--from)(.+) \S+$", CONTAINER, re.MULTILINE):
        for name in line.split():
            assert (ROOT / name).exists()
    libraries = re.findall(r"echo (lib\S+)", (ROOT / "run").read_text())
    assert len(libraries) == 3
    assert " ".join(libraries) in CONTAINER
    last = CONTAINER.rpartition("\nFROM ")[2]
    assert re.search(r"^USER briefing$", last, re.MULTILINE)
    assert "/healthz" in last


def test_images_are_named_without_a_host_in_files_indented_by_twos() -> None:
    images = [
        *re.findall(r"^FROM (\S+)", CONTAINER, re.MULTILINE),
        *re.findall(r"^ +image: (\S+)$", COMPOSE + CLUSTER, re.MULTILINE),
    ]
    ours = ["debian:trixie-slim", "debian:trixie-slim", "briefing", "briefing"]
    assert images == [*ours, "postgres:17"]
    for compose in (COMPOSE, CLUSTER):
        assert f"dockerfile: {(FOLDER / 'Containerfile').relative_to(ROOT)}" in compose
        for line in compose.splitlines():
            assert "\t" not in line
            assert (len(line) - len(line.lstrip(" "))) % 2 == 0
        assert re.findall(r"^(\w+):", compose, re.MULTILINE) == ["services", "volumes"]


def test_the_container_can_use_a_database_and_the_locks_name_the_same_versions() -> None:
    (lock,) = re.findall(r"--require-hashes -r /build/(\S+)", CONTAINER)
    held = (ROOT / lock).read_text()
    for name in ("psycopg", "psycopg-binary", "procrastinate"):
        assert re.search(rf"^{name}==", held, re.MULTILINE)
    assert "postgresql-client" in CONTAINER

    def versions(name: str) -> set[tuple[str, str]]:
        lines = (ROOT / name).read_text()
        return set(re.findall(r"^([\w.-]+)==(\S+)", lines, re.MULTILINE))

    small, cluster = versions("requirements.lock"), versions("requirements-cluster.lock")
    assert small < cluster < versions("requirements-dev.lock")


def test_the_settings_of_the_cluster_can_be_read(tmp_path: Path) -> None:
    written = re.findall(r"^#   (.*)$", CLUSTER.partition("The settings go")[0], re.MULTILINE)
    settings = parsed("\n".join(written), folder=tmp_path)
    assert settings.engine.kind == "procrastinate"
    assert settings.store.at == "postgresql://briefing@store/briefing"


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
        ("test", " chromium" + NGINX + " poppler-utils espeak-ng"),
        ("docs", " poppler-utils chromium"),
    ],
)
def test_a_user_is_told_what_is_missing_in_a_command(bare: Path, command: str, also: str) -> None:
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
    assert bash(bare, "-c", often).stdout.split() == ["python3", "python3-venv"] * 40
    libraries(bare, PANGOFT2)
    assert bash(bare, "-c", often).stdout.split()[:2] == ["libpango-1.0-0", "libharfbuzz-subset0"]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dist")
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)  # noqa: S603  our own words
    (built,) = folder.glob("*.whl")
    return built


def test_the_wheel_holds_the_package_with_its_theme_and_nothing_beside(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    assert {"briefing/templates/classic/page.html", "briefing/docs/editors.md"} <= {*names}
    assert {name.partition("/")[0] for name in names} == {"briefing", "briefing-0.2.0.dist-info"}


def test_a_page_is_made_away_from_the_checkout(wheel: Path, tmp_path: Path) -> None:
    site = tmp_path / "site"
    zipfile.ZipFile(wheel).extractall(site)
    code = (
        "import sys, briefing; from briefing.cli import run; print(briefing.__file__); "
        "sys.exit(run(['make', sys.argv[1], '-o', 'page.pdf']))"
    )
    made = subprocess.run(  # noqa: S603  our own words
        [sys.executable, "-c", code, str(ROOT / "examples" / "2026-03-12")],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(site)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert made.returncode == 0, made.stderr
    assert made.stdout.startswith(str(site))
    assert (tmp_path / "page.pdf").read_bytes().startswith(b"%PDF")
