"""A sender's mails become reports: through a real mailbox, a run of collecting and the store."""

from pathlib import Path

import pytest

from briefing.core.errors import InputError
from briefing.core.model import Source
from briefing.settings import Settings, load
from briefing.setup.clock import now
from briefing.setup.news import SourceTrials, collect_news
from briefing.setup.post import mails_of
from briefing.store import open_store, sources
from tests.mail.relays import authority
from tests.mail.servers import PASSWORD, USER, ServerState, Stored, serve

SENDER = "news@agency.example"
TEXT = (
    "The council of the harbor town voted on Monday to lease two berths to the ferry company. "
    "The mayor said that the lease runs for nine years and begins in the spring of next year.\r\n"
)


def letter(sender: str, subject: str, text: str = TEXT) -> bytes:
    return (
        f"From: Agency <{sender}>\r\nTo: desk@desk.example\r\nSubject: {subject}\r\n"
        f"Date: Mon, 30 Nov 2026 06:00:00 +0000\r\nMessage-ID: <{subject[:4]}@agency.example>\r\n"
        f"Content-Type: text/plain\r\n\r\n{text}"
    ).encode()


@pytest.fixture
def state(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> ServerState:
    authority().cert_pem.write_to_path(str(tmp_path / "authority.pem"))
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "authority.pem"))
    (tmp_path / "password").write_text(PASSWORD)
    mails = [
        Stored("1", letter(SENDER, "Council leases berths")),
        Stored("2", letter(f"{SENDER}.evil.example", "Not of the agency")),
        Stored("3", letter(SENDER, "Pictures of the harbor", " ")),
        Stored("4", letter("other@agency.example", "Ferry company buys ships"), {r"\Seen"}),
        Stored("5", letter(SENDER, "Deleted"), {r"\Deleted"}),
        # Longer than the part of a field that is parsed.
        Stored("6", letter(SENDER, "Hostile").replace(b"Agency", b'"' * 40_000, 1)),
    ]
    return ServerState({"INBOX": [], "News": mails})


def desk(port: int, folder: Path) -> Settings:
    mailbox = f"imaps://{USER.replace('@', '%40')}@127.0.0.1:{port}/News"
    path = folder / "briefing.toml"
    path.write_text(f'[collect]\nmailbox = "{mailbox}"\nmailbox_password_file = "password"\n')
    return load(path)


@pytest.mark.parametrize(
    ("sender", "expected"),
    [
        (SENDER, ["Council leases berths"]),
        ("Agency.example", ["Council leases berths", "Ferry company buys ships"]),
    ],
)
def test_a_trial_shows_what_a_sender_or_a_domain_has_sent(
    state: ServerState, tmp_path: Path, sender: str, expected: list[str]
) -> None:
    with serve(state, name="127.0.0.1") as port:
        trial = SourceTrials(desk(port, tmp_path))(f"mailbox:{sender}")
    assert (trial.source.kind, trial.source.url) == ("mailbox", f"mailbox:{sender}")
    assert [report.title for report in trial.reports] == expected
    assert all(report.whole or report.words for report in trial.reports)
    assert all(r"\Seen" not in mail.flags for mail in state.folders["News"][:3])


def test_each_mail_is_kept_once_however_often_the_mailbox_is_read(
    state: ServerState, tmp_path: Path
) -> None:
    with serve(state, name="127.0.0.1") as port, open_store("a.db", folder=tmp_path) as store:
        with store.write() as tx:
            sources.add(tx, Source(f"mailbox:{SENDER}", "mailbox"), at=now())
        first = collect_news(store, settings=desk(port, tmp_path))
        state.folders["News"].append(Stored("7", letter(SENDER, "Bank cuts rates")))
        second = collect_news(store, settings=desk(port, tmp_path))
    visits = [(each.outcome, each.items, each.fresh) for each in (*first.visits, *second.visits)]
    assert visits == [("read", 1, 1), ("read", 2, 1)]


def test_a_mailbox_that_cannot_be_read_fails_its_source_alone(
    state: ServerState, tmp_path: Path
) -> None:
    with serve(state, name="127.0.0.1") as port:
        (tmp_path / "password").write_text("wrong")
        trial = SourceTrials(desk(port, tmp_path))(f"mailbox:{SENDER}")
        assert "does not let" in trial.health.reason
    (tmp_path / "password").unlink()
    mails = mails_of(desk(1, tmp_path))
    assert mails is not None
    with pytest.raises(InputError, match="password"):
        mails(SENDER)
    for sender in ("", "a\r\nb LOGOUT", 'a" DELETED', "news@\u00e4.example"):
        assert "not a sender" in SourceTrials(Settings())(f"mailbox:{sender}").health.reason
    trial = SourceTrials(Settings())(f"mailbox:{SENDER}")
    assert trial.health.reason == "no mailbox is set; set collect.mailbox"
