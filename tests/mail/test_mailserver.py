import ssl
from collections.abc import Callable

import pytest

from briefing.core.errors import FetchError, InputError
from briefing.mail.mailbox import Arrived
from briefing.mail.mailserver import Account, open_imap
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
    ask()
    assert [mail.handle for mail in ask()] == ["12", "14"]
    assert next(mail for mail in state.inbox if mail.uid == "12").flags == set()


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


def test_a_connection_lost_at_login_is_no_wrong_password(ask: Ask, state: ServerState) -> None:
    state.drop_at = "LOGIN"
    with pytest.raises(FetchError, match="lost the mailbox of desk@news"):
        ask()


def test_a_certificate_that_proves_another_is_refused(ask: Ask, state: ServerState) -> None:
    with pytest.raises(InputError, match=r"localhost: its certificate is not trusted .*unable to"):
        ask(context=ssl.create_default_context())
    assert state.asked == []
    with pytest.raises(InputError, match=r"its certificate is not trusted .*mismatch"):
        ask(name="mail.other.example")
    assert state.asked == []


def test_a_server_that_cannot_be_reached_is_named_with_its_port() -> None:
    account = Account("127.0.0.1", USER, PASSWORD, port=1)
    with (
        pytest.raises(InputError, match=r"127\.0\.0\.1: no answer at port 1 \(.*refused"),
        open_imap(account, context=trust()),
    ):
        pass


def test_what_is_no_greeting_is_reported_in_one_line(ask: Ask, state: ServerState) -> None:
    state.greeting = "220 this is another kind of server"
    with pytest.raises(InputError, match=r"no answer at port .*check host and port"):
        ask()
    state.drop_at = "opening"
    with pytest.raises(InputError, match=r"no answer at port .*check host and port"):
        ask()
    assert state.asked == []


def test_a_dropped_one_is_reported(ask: Ask, state: ServerState) -> None:
    state.drop_at = "BODY.PEEK"
    with pytest.raises(FetchError, match="lost the mailbox of desk@news") as caught:
        ask()
    assert caught.value.passing
    assert state.uids() == UIDS


def test_a_server_that_does_not_answer_is_given_up(ask: Ask, state: ServerState) -> None:
    state.hang_at = "BODY.PEEK"
    # On a busy machine the connection alone may take that long.
    with pytest.raises(InputError, match=r"timed out"):
        ask(patience=0.4)


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


def test_an_account_does_not_show_its_password() -> None:
    account = Account("mail.news.example", USER, "secret")
    assert "secret" not in f"{account} {account!r}"


def test_imap_marks_known_mail_as_seen(ask: Ask, state: ServerState) -> None:
    ask()
    assert {mail.uid: mail.flags for mail in state.inbox} == {
        "11": {r"\Seen"},
        "12": set(),
        "13": {r"\Seen"},
        "14": set(),
    }


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
