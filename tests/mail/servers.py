"""Small real mail servers on loopback, over TLS, and invented mails in mailboxes."""

import re
import socketserver
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from briefing.mail.mailbox import Arrived, Mailbox
from tests.mail.relays import proof

#: As typeshed has them.
Request: TypeAlias = Any
Address: TypeAlias = Any

USER, PASSWORD = "desk@news.example", 'open "sesame" \\ 1'


@dataclass
class Stored:
    uid: str
    raw: bytes
    flags: set[str] = field(default_factory=set)


@dataclass
class ServerState:
    """The mails of a server, the commands it has received, and how it misbehaves."""

    folders: dict[str, list[Stored]]
    #: A command with this text cuts the connection in the middle of the response; or the opening.
    drop_at: str = "\0"
    #: A command with this text is never answered.
    hang_at: str = "\0"
    #: A command with this text is refused.
    refuse: str = "\0"
    capabilities: str = "IMAP4rev1"
    #: Sent instead of a size.
    size: str = ""
    #: Sent instead of the greeting.
    greeting: str = ""
    asked: list[str] = field(default_factory=list)
    over: threading.Event = field(default_factory=threading.Event)

    @property
    def inbox(self) -> list[Stored]:
        return self.folders["INBOX"]

    def uids(self, folder: str = "INBOX") -> list[str]:
        return [mail.uid for mail in self.folders[folder]]


class ImapHandler(socketserver.StreamRequestHandler):
    disable_nagle_algorithm = True
    state: ServerState

    def send(self, line: str | bytes) -> None:
        self.wfile.write((line if isinstance(line, bytes) else line.encode()) + b"\r\n")

    def greet(self, line: str) -> None:
        if self.state.drop_at == "opening":
            self.wfile.write(line[:4].encode())
            raise ConnectionAbortedError
        self.send(self.state.greeting or line)

    def lines(self) -> Iterator[str]:
        while line := self.rfile.readline(10_000):
            command = line.decode().rstrip("\r\n")
            self.state.asked.append(command)
            if self.state.hang_at in command:
                self.state.over.wait(20)
                return
            yield command

    def handle(self) -> None:
        with suppress(OSError):
            self.greet("* OK ready")
            self.folder = "INBOX"
            for line in self.lines():
                if not self.answer(line):
                    return

    def answer(self, line: str) -> bool:
        tag, _, rest = line.partition(" ")
        if self.state.drop_at in rest:
            self.wfile.write(b"* 1 FETCH (UID 1 BODY[] {400}\r\nSubject: ha")
            return False
        arguments = rest.removeprefix("UID ").split(" ")
        if self.state.refuse in rest:
            self.send(f"{tag} NO not so")
            return True
        status = getattr(self, f"do_{arguments[0].lower()}")(arguments[1:])
        self.send(f"{tag} {status or 'OK done'}")
        return arguments[0] != "LOGOUT"

    def do_capability(self, arguments: list[str]) -> None:
        self.send(f"* CAPABILITY {self.state.capabilities}")

    def do_logout(self, arguments: list[str]) -> None:
        self.send("* BYE")

    def do_login(self, arguments: list[str]) -> str:
        quoted = PASSWORD.replace("\\", "\\\\").replace('"', '\\"')
        return (
            "" if " ".join(arguments) == f'"{USER}" "{quoted}"' else "NO [AUTHENTICATIONFAILED] no"
        )

    def do_select(self, arguments: list[str]) -> str:
        self.folder = " ".join(arguments).strip('"')
        if self.folder not in self.state.folders:
            return "NO there is none"
        self.send(f"* {len(self.state.folders[self.folder])} EXISTS")
        return "OK [READ-WRITE] done"

    def do_search(self, arguments: list[str]) -> None:
        hidden = {r"\Deleted", *([r"\Seen"] if "UNSEEN" in arguments else [])}
        # As a server does, anywhere in the field.
        words = arguments[arguments.index("FROM") + 1].strip('"') if "FROM" in arguments else ""
        uids = []
        for mail in self.selected:
            fields = mail.raw.partition(b"\r\n\r\n")[0].decode("ascii", "replace")
            if not mail.flags & hidden and words.lower() in fields.lower():
                uids.append(mail.uid)
        self.send(" ".join(["* SEARCH", *uids]))

    def do_fetch(self, arguments: list[str]) -> None:
        for number, mail in enumerate(self.selected, start=1):
            if mail.uid == arguments[0] and arguments[1] == "(RFC822.SIZE)":
                size = self.state.size or str(len(mail.raw))
                self.send(f"* {number} FETCH (UID {mail.uid} RFC822.SIZE {size})")
            elif mail.uid == arguments[0] and not self.state.capabilities.endswith("GONE"):
                self.send(f"* {number} FETCH (UID {mail.uid} BODY[] {{{len(mail.raw)}}}")
                self.send(mail.raw + b")")

    def do_store(self, arguments: list[str]) -> None:
        for mail in self.selected:
            if mail.uid == arguments[0]:
                mail.flags |= set(re.findall(r"\\\w+", " ".join(arguments[2:])))

    @property
    def selected(self) -> list[Stored]:
        return self.state.folders[self.folder]


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    block_on_close = True
    context: ssl.SSLContext

    def finish_request(self, request: Request, client_address: Address) -> None:
        # A client that does not trust us hangs up in the handshake.
        with suppress(OSError), self.context.wrap_socket(request, server_side=True) as safe:
            super().finish_request(safe, client_address)


@contextmanager
def serve(state: ServerState, *, name: str = "localhost") -> Iterator[int]:
    """Serve the state under a certificate for a name; yield the port."""
    bound = type("Bound", (ImapHandler,), {"state": state})
    with _Server(("127.0.0.1", 0), bound) as server:
        server.context = proof(name)
        thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        try:
            yield server.server_address[1]
        finally:
            state.over.set()
            server.shutdown()
            thread.join()


KNOWN = b"Subject: Undelivered\r\n\r\nfor ada@readers.example\r\n.\r\n..two\r\n"
LETTER = b"Subject: A question\r\n\r\nDear desk\r\n"
LONG = b"Subject: long\r\n\r\n" + b"x" * 5_000 + b"\r\n"


def read_all(mailbox: Mailbox, *, settle: bool = True) -> list[Arrived]:
    """Read as a caller does: settle each mail after it has been stored."""
    mails = []
    for mail in mailbox:
        mails.append(mail)
        if settle:
            mailbox.settle(mail.handle, understood=b"Undelivered" in mail.raw)
    return mails
