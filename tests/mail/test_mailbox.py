import io
import ssl
from collections.abc import Callable
from pathlib import Path

import pytest

from briefing.core.errors import FetchError, InputError
from briefing.mail.incoming import MAIL_LIMIT
from briefing.mail.mailbox import Account, Arrived, Maildir, MailStream, open_imap
from tests.examples import examples
from tests.mail.relays import trust
from tests.mail.servers import (
    KNOWN,
    LETTER,
    LONG,
    PASSWORD,
    USER,
    ServerState,
    Stored,
    read_all,
    serve,
)

# Maildir


@pytest.fixture
def maildir(tmp_path: Path) -> Path:
    for name in ("new", "cur", "tmp"):
        (tmp_path / name).mkdir()
    (tmp_path / "new" / "1.a.host").write_bytes(KNOWN)
    (tmp_path / "cur" / "2.b.host:2,F").write_bytes(KNOWN)
    (tmp_path / "new" / "3.c.host").write_bytes(LETTER)
    (tmp_path / "cur" / "0.d.host:2,S").write_bytes(KNOWN)
    (tmp_path / "new" / ".hidden").write_bytes(KNOWN)
    return tmp_path


def files(path: Path) -> list[str]:
    return sorted(str(file.relative_to(path)) for file in path.rglob("*") if file.is_file())


def test_known_mail_of_a_maildir_is_marked_as_seen_and_unknown_mail_stays(maildir: Path) -> None:
    mails = read_all(Maildir(maildir))
    assert mails == [
        Arrived("new/1.a.host", KNOWN),
        Arrived("cur/2.b.host:2,F", KNOWN),
        Arrived("new/3.c.host", LETTER),
    ]
    read_all(Maildir(maildir))
    assert files(maildir) == [
        "cur/0.d.host:2,S",
        "cur/1.a.host:2,S",
        "cur/2.b.host:2,FS",
        "new/.hidden",
        "new/3.c.host",
    ]
    assert [mail.handle for mail in read_all(Maildir(maildir))] == ["new/3.c.host"]


def test_mail_of_a_maildir_that_was_read_and_not_settled_comes_again(maildir: Path) -> None:
    assert read_all(Maildir(maildir), settle=False) == read_all(Maildir(maildir))


def test_mail_that_another_program_takes_from_a_maildir_is_passed_over(maildir: Path) -> None:
    mailbox = Maildir(maildir)
    mails = iter(mailbox)
    first = next(mails)
    (maildir / "new" / "1.a.host").unlink()
    (maildir / "cur" / "2.b.host:2,F").rename(maildir / "cur" / "2.b.host:2,FS")
    mailbox.settle(first.handle, understood=True)
    assert [mail.handle for mail in mails] == ["new/3.c.host"]


def test_links_folders_and_large_files_in_a_maildir_are_not_read(maildir: Path) -> None:
    (maildir / "new" / "5.link").symlink_to("/etc/hostname")
    (maildir / "new" / "6.folder").mkdir()
    with (maildir / "new" / "4.big").open("wb") as file:
        file.truncate(MAIL_LIMIT + 1)
    (_, _, _, big) = read_all(Maildir(maildir))
    assert (big.raw, big.fault) == (b"", "larger than 25,000,000 bytes; not read")
    assert (maildir / "new" / "4.big").exists()


def test_mail_of_a_maildir_that_cannot_be_read_does_not_hide_the_next(maildir: Path) -> None:
    mails = iter(Maildir(maildir))
    next(mails)
    (maildir / "cur" / "2.b.host:2,F").unlink()
    (maildir / "cur" / "2.b.host:2,F").mkdir()
    assert list(mails) == [
        Arrived("cur/2.b.host:2,F", b"", fault="Is a directory; check who may read it"),
        Arrived("new/3.c.host", LETTER),
    ]


def test_a_maildir_that_goes_away_is_reported_in_one_line(maildir: Path) -> None:
    mailbox = Maildir(maildir)
    for path in (maildir / "new").iterdir():
        path.unlink()
    (maildir / "new").rmdir()
    with pytest.raises(InputError, match="No such file or directory; check who may read it"):
        list(mailbox)


def test_what_cannot_be_moved_stays_and_is_reported(maildir: Path) -> None:
    name = "9" * 255
    (maildir / "new" / name).write_bytes(KNOWN)
    with pytest.raises(
        InputError, match=r"cannot be moved \(File name too long\); check who may write there"
    ):
        Maildir(maildir).settle(f"new/{name}", understood=True)
    assert (maildir / "new" / name).exists()


# Streams


def test_a_stream_is_one_mail_or_none_or_an_mbox_of_many() -> None:
    assert read_all(MailStream(io.BytesIO(KNOWN))) == [Arrived("mail 1", KNOWN)]
    assert read_all(MailStream(io.BytesIO(b""))) == []
    mbox = (
        b"From MAILER-DAEMON Tue Mar  3 07:00:01 2026\nSubject: 1\n\nFrom here on\n"
        b">From there\n>>From both\nFrom a@b.example Tue Mar  3 07:00:02 2026\n\n"
        b"From ada@readers.example Tue Mar  3 07:00:03 2026\nSubject: 2\n\ntwo\n"
    )
    first = (
        b"Subject: 1\n\nFrom here on\nFrom there\n>From both\n"
        b"From a@b.example Tue Mar  3 07:00:02 2026\n\n"
    )
    assert [mail.raw for mail in MailStream(io.BytesIO(mbox))] == [first, b"Subject: 2\n\ntwo\n"]
    head = b"From a@b.example Tue Mar  3 07:00:01 2026\n"
    big = b"Subject: big\n\n" + b"x" * (MAIL_LIMIT + 1) + b"\n\n"
    large, second = MailStream(io.BytesIO(head + big + head + KNOWN))
    assert large == Arrived("mail 1", b"", fault="larger than 25,000,000 bytes; not read")
    assert second.raw == KNOWN


SHUT = "shut"
UIDS = ["11", "12", "13", "14"]


@pytest.fixture
def state() -> ServerState:
    mails = [Stored("11", KNOWN), Stored("12", LETTER), Stored("13", KNOWN), Stored("14", LONG)]
    return ServerState({"INBOX": mails, "Bounced mail": []})


Ask = Callable[..., list[Arrived]]


@pytest.fixture
def ask(state: ServerState) -> Ask:
    """Return a function that reads the mailbox."""

    def visit(
        *,
        password: str = PASSWORD,
        user: str = USER,
        context: ssl.SSLContext | None = None,
        name: str = "localhost",
        patience: float = 5.0,
        settle: bool = True,
        folder: str = "INBOX",
    ) -> list[Arrived]:
        with serve(state, name=name) as port:
            account = Account("localhost", user, password, port=port, patience=patience)
            with open_imap(account, context=context or trust(), folder=folder) as mailbox:
                return read_all(mailbox, settle=settle)

    return visit


def test_known_mail_is_read_once_and_unknown_mail_again(ask: Ask, state: ServerState) -> None:
    assert ask() == [
        Arrived("11", KNOWN),
        Arrived("12", LETTER),
        Arrived("13", KNOWN),
        Arrived("14", LONG),
    ]
    seen = {r"\Seen"}
    flags = {"11": seen, "12": set(), "13": seen, "14": set()}
    assert {mail.uid: mail.flags for mail in state.inbox} == flags
    assert [mail.handle for mail in ask()] == ["12", "14"]


def test_mail_on_a_server_that_was_not_settled_comes_again(ask: Ask, state: ServerState) -> None:
    assert ask(settle=False) == ask(settle=False)
    assert state.uids() == UIDS


def test_a_wrong_password_is_reported_in_one_line(ask: Ask) -> None:
    with pytest.raises(InputError, match="does not let 'desk@news") as caught:
        ask(password=SHUT)
    message = str(caught.value)
    assert message.endswith("check user and password")
    assert message.isprintable()
    assert SHUT not in message


def test_a_certificate_that_proves_another_is_refused(ask: Ask, state: ServerState) -> None:
    with pytest.raises(InputError, match=r"localhost: its certificate is not trusted .*unable to"):
        ask(context=ssl.create_default_context())
    assert state.asked == []
    with pytest.raises(InputError, match=r"its certificate is not trusted .*mismatch"):
        ask(name="mail.other.example")
    assert state.asked == []


def test_a_server_out_of_reach_and_a_folder_of_no_mail_are_told(tmp_path: Path) -> None:
    account = Account("127.0.0.1", USER, PASSWORD, port=1)
    with (
        pytest.raises(InputError, match=r"127\.0\.0\.1: no answer at port 1 \(.*refused"),
        open_imap(account, context=trust()),
    ):
        pass
    with pytest.raises(InputError, match=r"not a Maildir .*new, cur and tmp"):
        Maildir(tmp_path)


def test_what_is_no_greeting_is_reported_in_one_line(ask: Ask, state: ServerState) -> None:
    state.greeting = "220 this is another kind of server"
    with pytest.raises(InputError, match=r"no answer at port .*check host and port"):
        ask()
    state.drop_at = "opening"
    with pytest.raises(InputError, match=r"no answer at port .*check host and port"):
        ask()
    assert state.asked == []


@pytest.mark.parametrize("command", ["LOGIN", "BODY.PEEK"])
def test_a_lost_connection_is_told_and_no_fault(ask: Ask, state: ServerState, command: str) -> None:
    state.drop_at = command
    with pytest.raises(FetchError, match="lost the mailbox of desk@news") as caught:
        ask()
    assert caught.value.passing
    assert state.uids() == UIDS


def test_a_server_without_answer_is_given_up(ask: Ask, state: ServerState) -> None:
    state.hang_at = "BODY.PEEK"
    # On a busy machine the connection alone may take that long.
    with pytest.raises(InputError, match=r"timed out"):
        ask(patience=0.4)
    account = Account("mail.news.example", USER, "secret")
    assert "secret" not in f"{account} {account!r}"


def test_a_mail_refused_by_the_server_hides_no_other(ask: Ask, state: ServerState) -> None:
    state.refuse = "FETCH 12 (BODY"
    refused = ask(settle=False)
    assert (refused[1].handle, refused[1].raw) == ("12", b"")
    assert "so" in refused[1].fault
    assert refused[2].raw == KNOWN


def test_mail_too_large_on_a_server_is_named_and_not_fetched(ask: Ask, state: ServerState) -> None:
    state.size = "25000001"
    assert {mail.fault for mail in ask()} == {"larger than 25,000,000 bytes; not read"}
    assert not any("PEEK" in line for line in state.asked)
    assert state.uids() == UIDS


@examples("user, password, message")
def test_what_would_break_the_protocol_is_not_sent(
    ask: Ask, state: ServerState, user: str, password: str, message: str
) -> None:
    with pytest.raises(InputError, match=message):
        ask(user=user, password=password)
    assert state.asked == []


def test_imap_reads_the_folder_that_is_there(ask: Ask, state: ServerState) -> None:
    state.folders["Bounced mail"].append(Stored("7", LETTER))
    assert ask(folder="Bounced mail") == [Arrived("7", LETTER)]
    with pytest.raises(InputError, match=r"no folder 'Lost' for desk.*there is none.*check its"):
        ask(folder="Lost")


def test_imap_passes_over_mail_that_was_deleted_meanwhile(ask: Ask, state: ServerState) -> None:
    state.capabilities = "IMAP4rev1 GONE"
    assert ask() == []
    state.size = "unknown"
    assert ask() == []
