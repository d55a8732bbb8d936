import ssl
from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import partial

import pytest

from briefing.core.errors import FetchError, InputError
from briefing.mail.mailbox import Arrived, Mailbox
from briefing.mail.mailserver import Account, open_imap, open_pop3
from tests.examples import examples
from tests.mail.relays import trust
from tests.mail.servers import (
    KNOWN,
    LETTER,
    LONG,
    PASSWORD,
    USER,
    ImapHandler,
    Pop3Handler,
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
Opener = Callable[..., AbstractContextManager[Mailbox]]
HANDLERS = {"pop3": Pop3Handler, "imap": ImapHandler}
OPENERS: dict[str, Opener] = {"pop3": open_pop3, "imap": open_imap}


@pytest.fixture
def visit(state: ServerState) -> Ask:
    """Return a function that reads the mailbox with a protocol."""

    def visit(
        protocol: str,
        *,
        password: str = PASSWORD,
        user: str = USER,
        context: ssl.SSLContext | None = None,
        name: str = "localhost",
        patience: float = 5.0,
        settle: bool = True,
        stop: Exception | None = None,
        **folders: str,
    ) -> list[Arrived]:
        before = state.uids()
        with serve(HANDLERS[protocol], state, name=name) as port:
            account = Account("localhost", user, password, port=port, patience=patience)
            with OPENERS[protocol](account, context=context or trust(), **folders) as mailbox:
                mails = read_all(mailbox, settle=settle)
                if protocol == "pop3":
                    assert state.uids() == before  # the server waits for the end
                if stop:
                    raise stop
                return mails

    return visit


@pytest.fixture(params=["pop3", "imap"])
def ask(request: pytest.FixtureRequest, visit: Ask) -> Ask:
    """Return a function that reads the mailbox with either protocol."""
    return partial(visit, request.param)


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
    state.drop_at = "PASS" if ask(settle=False) and "QUIT" in state.asked else "LOGIN"
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
    for opened in (open_pop3, open_imap):
        with (
            pytest.raises(InputError, match=r"127\.0\.0\.1: no answer at port 1 \(.*refused"),
            opened(account, context=trust()),
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


def test_a_server_that_never_ends_its_greeting_is_given_up(ask: Ask, state: ServerState) -> None:
    state.drip_at = "opening"
    with pytest.raises(InputError, match=r"no answer at port .* \(no answer within 0\.4 seconds\)"):
        ask(patience=0.4)


@pytest.mark.parametrize(("protocol", "at"), [("pop3", "RETR 3"), ("imap", "BODY.PEEK")])
def test_a_dropped_one_is_reported(visit: Ask, state: ServerState, protocol: str, at: str) -> None:
    state.drop_at = at
    with pytest.raises(FetchError, match="lost the mailbox of desk@news") as caught:
        visit(protocol)
    assert caught.value.passing
    # Nothing was deleted: what had been settled comes again, and is then known to be stored.
    assert state.uids() == UIDS


@examples("protocol, fault, at")
def test_a_server_that_does_not_answer_or_never_ends_is_given_up(
    visit: Ask, state: ServerState, protocol: str, fault: str, at: str
) -> None:
    setattr(state, fault, at)
    # On a busy machine the connection alone may take that long.
    with pytest.raises(InputError, match=r"no answer within 0\.4 seconds"):
        visit(protocol, patience=0.4)


def test_a_mail_refused_by_the_server_hides_no_other(ask: Ask, state: ServerState) -> None:
    state.refuse = "RETR 2"
    refused = ask(settle=False)
    if refused[1].raw:  # IMAP names mails otherwise
        state.refuse = "FETCH 12 (BODY"
        refused = ask(settle=False)
    assert (refused[1].handle, refused[1].raw) == ("12", b"")
    assert "so" in refused[1].fault
    assert refused[2].raw == KNOWN


def test_mail_too_large_on_a_server_is_named_and_not_fetched(ask: Ask, state: ServerState) -> None:
    state.size = "25000001"
    assert {mail.fault for mail in ask()} == {"larger than 25,000,000 bytes; not read"}
    assert not any("RETR" in line or "PEEK" in line for line in state.asked)
    assert state.uids() == UIDS


@pytest.mark.parametrize(
    ("user", "password", "message"),
    [
        ("desk\r\nDELE 1", PASSWORD, "control characters in user or password"),
        (USER, "a\x00b", "control characters in user or password"),
        ("dësk", PASSWORD, "must be ASCII"),
    ],
    ids=["line", "nul", "umlaut"],
)
def test_what_would_break_the_protocol_is_not_sent(
    ask: Ask, state: ServerState, user: str, password: str, message: str
) -> None:
    with pytest.raises(InputError, match=message):
        ask(user=user, password=password)
    assert state.asked == []


def test_an_account_does_not_show_its_password() -> None:
    account = Account("mail.news.example", USER, "secret")
    assert "secret" not in f"{account} {account!r}"


# POP3 alone


def test_pop3_deletes_known_mail_though_the_caller_fails(visit: Ask, state: ServerState) -> None:
    visit("pop3")
    assert state.uids() == ["12", "14"]
    state.inbox[:] = [Stored("11", KNOWN), *state.inbox[:1], Stored("13", KNOWN), *state.inbox[1:]]
    with pytest.raises(RuntimeError, match="the disk is full"):
        visit("pop3", stop=RuntimeError("the disk is full"))
    assert state.uids() == ["12", "14"]


def test_pop3_ends_in_one_line_when_the_goodbye_is_lost(visit: Ask, state: ServerState) -> None:
    state.hang_at = "QUIT"
    state.over.set()
    with pytest.raises(FetchError, match="the connection ended"):
        visit("pop3")
    assert state.uids() == UIDS


def test_pop3_gives_up_an_answer_without_end(visit: Ask, state: ServerState) -> None:
    state.inbox[0] = Stored("11", b"x" * 1_000_001)
    with pytest.raises(FetchError, match="the response is too long"):
        visit("pop3")


def test_pop3_passes_over_lines_that_are_no_entry(visit: Ask, state: ServerState) -> None:
    state.inbox[0].uid = ""
    state.size = "many"
    mails = visit("pop3", settle=False)
    assert [(mail.handle, mail.raw) for mail in mails] == [("12", b""), ("13", b""), ("14", b"")]


# IMAP alone


def test_imap_marks_known_mail_as_seen(visit: Ask, state: ServerState) -> None:
    visit("imap")
    assert {mail.uid: mail.flags for mail in state.inbox} == {
        "11": {r"\Seen"},
        "12": set(),
        "13": {r"\Seen"},
        "14": set(),
    }


def test_imap_reads_the_folder_that_is_there(visit: Ask, state: ServerState) -> None:
    state.folders["Bounced mail"].append(Stored("7", LETTER))
    assert visit("imap", folder="Bounced mail") == [Arrived("7", LETTER)]
    with pytest.raises(InputError, match=r"no folder 'Lost' for desk.*there is none.*check its"):
        visit("imap", folder="Lost")


def test_imap_passes_over_mail_that_was_deleted_meanwhile(visit: Ask, state: ServerState) -> None:
    state.capabilities = "IMAP4rev1 GONE"
    assert visit("imap") == []
    state.size = "unknown"
    assert visit("imap") == []


def test_imap_gives_up_an_answer_that_would_fill_the_memory(visit: Ask, state: ServerState) -> None:
    state.capabilities = "IMAP4rev1 HUGE"
    with pytest.raises(FetchError, match="the response is too long"):
        visit("imap")
