import json
from pathlib import Path

from briefing.cli import DONE, FAILED, WRONG_USE
from tests.cli.test_editions import ids, in_time, today
from tests.cli.test_round import READERS
from tests.mail.relays import Taken, real
from tests.mailroom import BRIEFING
from tests.small_day import Said, told

REVIEWER = "chief@desk.example"
PASSWORDS = {"ann": "three green herons", "ben": "seven slow barges"}


def desk(folder: Path, *, port: int = 1, more: str = "") -> str:
    """Write a desk with two operators."""
    rule = f'[release]\nby = 2\nreviewers = ["{REVIEWER}"]\n{more}'
    config = in_time(folder, port=port, more=rule)
    for name, password in PASSWORDS.items():
        (folder / name).write_text(f"{password}\n")
    return config


def add_operators(capsys: Said, config: str, folder: Path) -> None:
    for name in PASSWORDS:
        file = f"--password-file={folder / name}"
        told(capsys, "operators", "add", name, file, "--role=publisher", config)


def release(
    capsys: Said, config: str, folder: Path, name: str, *, code: int = DONE, file: str = ""
) -> tuple[str, str]:
    file = f"--password-file={folder / (file or name)}"
    return told(capsys, "editions", "release", today(), "--operator", name, file, config, code=code)


def recipients(taken: list[Taken]) -> list[str]:
    return [one.recipient for one in taken]


def test_the_round_sends_nothing_before_two_have_released_it(tmp_path: Path, capsys: Said) -> None:
    with real() as (port, taken):
        config = desk(tmp_path, port=port)
        add_operators(capsys, config, tmp_path)
        assert f"{BRIEFING}/{today()}: waits for its release" in told(capsys, "run", config)[0]
        assert recipients(taken) == [REVIEWER]
        assert taken[0].mail["Subject"].startswith("[Ostra Desk] To release: the page of ")
        text = taken[0].text()
        assert "https://news.desk.example/admin/release" in text
        assert "It leaves when 2 operators have released it" in text
        # again and again: one mail a draft, and nothing to readers
        assert "publish" not in told(capsys, "run", config)[0]
        told(capsys, "publish", config)
        told(capsys, "run", config, "--due")
        assert recipients(taken) == [REVIEWER]
        assert "it waits for its release\n" in told(capsys, "verify", today(), config)[0]

        assert "1 more operator must release it" in release(capsys, config, tmp_path, "ann")[0]
        _, err = release(capsys, config, tmp_path, "ann", code=WRONG_USE)
        assert f"ann has released the draft of {today()} already" in err
        _, err = release(capsys, config, tmp_path, "ben", file="ann", code=FAILED)
        assert "no such operator, or another password" in err
        release(capsys, config, tmp_path, "eve", file="ann", code=FAILED)
        told(capsys, "run", config)
        assert recipients(taken) == [REVIEWER]
        assert "signed by ann, " in told(capsys, "verify", today(), config)[0]

        assert "the edition leaves" in release(capsys, config, tmp_path, "ben")[0]
        told(capsys, "run", config)
        assert len(ids(taken)) == len(taken) == 1 + len(READERS)
        out, _ = told(capsys, "verify", today(), config)
        assert "released by ann, " in out
        assert "; ben, " in out
        facts = json.loads(told(capsys, "verify", today(), config, "--json")[0])
        assert [one["who"] for one in facts["released"]] == ["ann", "ben"]
        assert not facts["waits"]


def test_a_dropped_draft_is_made_again_and_signed_anew(tmp_path: Path, capsys: Said) -> None:
    config = desk(tmp_path)
    add_operators(capsys, config, tmp_path)
    assert "waits for its release" in told(capsys, "publish", config)[0]
    release(capsys, config, tmp_path, "ann")
    assert "draft dropped" in told(capsys, "editions", "drop", today(), config)[0]
    assert "no draft of" in release(capsys, config, tmp_path, "ben", code=FAILED)[1]
    told(capsys, "publish", config)
    assert "1 more operator must" in release(capsys, config, tmp_path, "ben")[0]


def test_what_nobody_releases_goes_at_its_deadline(tmp_path: Path, capsys: Said) -> None:
    with real() as (port, taken):
        config = desk(tmp_path, port=port, more='deadline = "+1"\nat_deadline = "go"\n')
        told(capsys, "publish", config)
        assert "the deadline of its release was" in told(capsys, "run", config, "--dry-run")[0]
        told(capsys, "run", config, "--due")
        assert recipients(taken).count(REVIEWER) == 1
        assert len(taken) == 1 + len(READERS)
        assert "released by the deadline, " in told(capsys, "verify", today(), config)[0]
