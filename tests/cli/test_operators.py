import io
import json
import os
import select
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pikepdf
import pytest

from briefing.app.access import matches
from briefing.app.keys import digest_key, tries_at
from briefing.cli import DONE, FAILED, WRONG_USE, run
from briefing.core.model import (
    AuditEvent,
    Consent,
    Operator,
    Preferences,
    SecondFactor,
    Session,
    State,
    Subscriber,
)
from briefing.setup.clock import now
from briefing.sources.records import EDITION
from briefing.store import Store, audit, operators, subscribers
from tests.daytime import COMMAND
from tests.examples import examples
from tests.mailroom import config, opened
from tests.small_day import DAY, Said, make_all, told, write_lines
from tests.store.ready import act, look
from tests.waiting import open_terminal

pytestmark = pytest.mark.paper

PASSWORD = "four words make one"  # noqa: S105  of nobody


@pytest.fixture
def desk(tmp_path: Path) -> Path:
    config(tmp_path)
    (tmp_path / "password").write_text(f"{PASSWORD}\nnot this line\n")
    return tmp_path


def call(desk: Path, *words: str) -> int:
    return run([*words, f"--config={desk / 'briefing.toml'}"])


def heard(capsys: Said, desk: Path, *words: str, code: int = DONE) -> tuple[str, str]:
    return told(capsys, *words, f"--config={desk / 'briefing.toml'}", code=code)


def add(desk: Path, name: str = "ada") -> int:
    return call(desk, "operators", "add", name, f"--password-file={desk / 'password'}")


def operator(desk: Path, name: str = "ada") -> Operator:
    with opened(desk) as store:
        kept = look(store, operators.get, name)
    assert kept
    return kept


def acts(store: Store) -> list[AuditEvent]:
    return list(look(store, audit.recent))


def open_session(store: Store, name: str) -> None:
    at = now()
    with store.write() as tx:
        session = Session(name, "token", since=at, until=at + timedelta(hours=1))
        operators.open_session(tx, name.encode().ljust(32), session)


def has_session(store: Store, name: str) -> bool:
    return look(store, operators.session, name.encode().ljust(32), at=now()) is not None


def on_terminal(words: list[str], typed: list[str]) -> tuple[str, int]:
    """Run a command on a terminal, type a line at each question; return what is shown."""
    ours, theirs = open_terminal()
    command = [*COMMAND, "operators", *words]
    child = subprocess.Popen(  # noqa: S603  our own command
        command, stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True
    )
    os.close(theirs)
    shown, answers = b"", list(typed)
    try:
        while select.select([ours], [], [], 300)[0]:
            shown += os.read(ours, 1000)
            # The space comes last, when what was typed before is thrown away.
            if answers and shown.endswith(b": "):
                os.write(ours, f"{answers.pop(0)}\n".encode())
    except OSError:
        pass  # it has ended
    finally:
        os.close(ours)
        if answers:
            child.kill()
    return shown.decode(), child.wait(300)


class TestOperators:
    def test_one_is_added_once_with_a_files_first_line(self, desk: Path, capsys: Said) -> None:
        assert add(desk) == DONE
        assert capsys.readouterr().out == "ada: may sign in\n"
        kept = operator(desk)
        assert kept.hash.startswith("$argon2id$")
        assert matches(PASSWORD, kept=kept.hash)
        assert not matches(PASSWORD[:-1], kept=kept.hash)
        with opened(desk) as store:
            (act,) = acts(store)
        assert (act.who, act.what, act.origin) == ("command", "add operator", "")
        assert act.about == "ada, administrator"
        assert add(desk) == WRONG_USE
        assert "briefing operators password ada" in capsys.readouterr().err

    def test_a_password_comes_from_standard_input_or_it_is_said_what_to_give(
        self, desk: Path, monkeypatch: pytest.MonkeyPatch, capsys: Said
    ) -> None:
        assert call(desk, "operators", "add", "ada") == WRONG_USE
        assert "give --password-file FILE, or -" in capsys.readouterr().err
        typed = io.TextIOWrapper(io.BytesIO(f"{PASSWORD}\r\n".encode()))
        monkeypatch.setattr(sys, "stdin", typed)
        assert call(desk, "operators", "add", "ada", "--password-file=-") == DONE
        assert matches(PASSWORD, kept=operator(desk).hash)

    def test_on_a_terminal_it_is_typed_twice_unseen(self, desk: Path) -> None:
        typed = [PASSWORD, "other", PASSWORD, PASSWORD]
        shown, code = on_terminal(["add", "ada", f"--config={desk / 'briefing.toml'}"], typed)
        assert code == DONE
        assert "ada: may sign in" in shown
        assert PASSWORD not in shown
        assert shown.count("Password:") == len(typed) // 2

    def test_a_password_file_that_cannot_be_read_is_told(self, desk: Path, capsys: Said) -> None:
        (desk / "password").write_bytes(b"\xff" * 20)
        assert add(desk) == FAILED
        (desk / "password").unlink()
        assert add(desk) == FAILED
        told = capsys.readouterr().err
        assert "is not UTF-8" in told
        assert "No such file" in told

    def test_they_are_listed_without_their_hashes(self, desk: Path, capsys: Said) -> None:
        add(desk, "eve")
        add(desk)
        capsys.readouterr()
        assert call(desk, "operators", "list") == DONE
        day = f"{now():%Y-%m-%d}"
        assert capsys.readouterr().out == (
            f"ada: editor, since {day}\neve: administrator, since {day}\n"
        )
        told = json.loads(heard(capsys, desk, "operators", "list", "--json")[0])
        assert [set(one) for one in told] == [{"name", "role", "since"}] * 2

    def test_what_one_may_is_changed_and_an_address_stays(self, desk: Path, capsys: Said) -> None:
        add(desk)
        change = ("operators", "change", "ada", "--role")
        assert call(desk, *change, "editor", "--mail=ada@desk.example") == DONE
        assert call(desk, *change, "reader") == DONE
        for wrong in (("all",), ("reader", "--mail=nobody")):
            assert call(desk, *change, *wrong) == WRONG_USE
        assert "ada: reader" in capsys.readouterr().out
        kept = operator(desk)
        assert (kept.role, kept.mail) == ("reader", "ada@desk.example")

    def test_a_new_password_ends_all_sessions_and_the_lock(self, desk: Path, capsys: Said) -> None:
        add(desk)
        with opened(desk) as store:
            open_session(store, "ada")
            act(store, operators.note_failure, tries_at("ada"), at=now())
        (desk / "password").write_text("quite another password")
        file = f"--password-file={desk / 'password'}"
        assert "all sessions ended" in heard(capsys, desk, "operators", "password", "ada", file)[0]
        with opened(desk) as store:
            assert not has_session(store, "ada")
            since = now() - timedelta(1)
            assert look(store, operators.failures, tries_at("ada"), since=since) == ()
            assert [act.what for act in acts(store)] == ["change password", "add operator"]
        assert matches("quite another password", kept=operator(desk).hash)
        assert call(desk, "operators", "password", "eve", file) == WRONG_USE

    def test_a_second_factor_that_is_lost_is_removed(self, desk: Path, capsys: Said) -> None:
        add(desk)
        with opened(desk) as store:
            open_session(store, "ada")
            act(store, operators.keep_factor, SecondFactor("ada", "salt", now(), 1, ("code",)))
        heard(capsys, desk, "operators", "reset", "ada")
        with opened(desk) as store:
            assert not has_session(store, "ada")
            assert acts(store)[0].what == "reset second factor"
            assert look(store, operators.factor_of, "ada") is None
        told = heard(capsys, desk, "operators", "reset", "ada", code=WRONG_USE)
        assert "no operator of this name has a second factor" in told[1]

    def test_who_is_removed_is_signed_out(self, desk: Path, capsys: Said) -> None:
        add(desk)
        with opened(desk) as store:
            open_session(store, "ada")
        assert call(desk, "operators", "remove", "ada") == DONE
        with opened(desk) as store:
            assert not has_session(store, "ada")
            assert acts(store)[0].what == "remove operator"
        assert call(desk, "operators", "remove", "ada") == WRONG_USE
        assert "no operator; `briefing operators list` shows all" in capsys.readouterr().err


class TestRequests:
    @pytest.mark.parametrize(("option", "done"), [((), "let in"), (("--decline",), "declined")])
    def test_who_waits_is_let_in_or_declined(
        self, desk: Path, capsys: Said, option: tuple[str, ...], done: str
    ) -> None:
        address = "ines@ministry.example"
        with opened(desk) as store, store.write() as tx:
            asked = Consent(now(), "asked", "form")
            number = subscribers.add(tx, Subscriber(0, address), consent=asked)
            assert number
        told = heard(capsys, desk, "subscribers", "let-in", address, *option, code=WRONG_USE)
        assert "is not waiting for approval" in told[1]
        with opened(desk) as store, store.write() as tx:
            verified = Consent(now(), "verified", "form")
            subscribers.change_preferences(tx, number, Preferences(), consent=verified)
        told = heard(capsys, desk, "subscribers", "let-in", address, *option)
        assert told[0] == f"{address}: {done}\n"
        with opened(desk) as store:
            kept = look(store, subscribers.get, number)
            assert (kept.state if kept else None) == (None if option else State.ACTIVE)
            assert acts(store)[0].what == f"{'decline' if option else 'approve'} subscriber"


class TestTokens:
    def test_one_is_shown_once_and_kept_as_a_digest(self, desk: Path, capsys: Said) -> None:
        out, err = heard(capsys, desk, "tokens", "add", "wall", "--role=reader")
        text = out.strip()
        assert text.startswith("briefing_")
        assert len(text) == len("briefing_") + 43
        assert "not shown again" in err
        with opened(desk) as store:
            with store.write() as tx:
                found = operators.token(tx, digest_key(text), at=now())
                assert operators.token(tx, digest_key(text[:-1]), at=now()) is None
            assert found
            assert (found.name, found.role) == ("wall", "reader")
            assert acts(store)[0].about == "wall, reader"
        assert text.encode() not in b"".join(one.read_bytes() for one in desk.glob("*.db*"))

    def test_names_and_rights_are_known_and_one_is_revoked(self, desk: Path, capsys: Said) -> None:
        heard(capsys, desk, "tokens", "add", "Wall", "--role=reader", code=WRONG_USE)
        text = heard(capsys, desk, "tokens", "add", "wall", "--role=reader")[0].strip()
        assert call(desk, "tokens", "add", "wall", "--role=editor") == WRONG_USE
        assert "briefing tokens revoke wall" in capsys.readouterr().err
        assert call(desk, "tokens", "revoke", "wall") == DONE
        with opened(desk) as store:
            assert act(store, operators.token, digest_key(text), at=now()) is None
            assert acts(store)[0].what == "revoke token"
        assert call(desk, "tokens", "revoke", "wall") == WRONG_USE
        assert "no token; `briefing tokens list` shows all" in capsys.readouterr().err

    def test_they_are_listed_with_their_last_use(self, desk: Path, capsys: Said) -> None:
        call(desk, "tokens", "add", "wall", "--role=reader")
        text = capsys.readouterr().out.strip()
        call(desk, "tokens", "add", "desk", "--role=editor")
        with opened(desk) as store, store.write() as tx:
            operators.token(tx, digest_key(text), at=datetime(2026, 3, 12, 8, 12, tzinfo=UTC))
        first, second = heard(capsys, desk, "tokens", "list")[0].splitlines()
        assert first.startswith("desk: editor, since ")
        assert first.endswith(", never used")
        assert second.endswith(", used 2026-03-12 08:12 UTC")
        told = json.loads(heard(capsys, desk, "tokens", "list", "--json")[0])
        assert [one["used"] for one in told] == [None, "2026-03-12T08:12:00+00:00"]


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
    return run(["verify", *map(str, words), "--json"]), json.loads(capsys.readouterr().out)


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

    # Without a key it says which one signed.
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


@examples("change, reason")
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
