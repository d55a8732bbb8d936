"""Small real mail servers on loopback, over TLS: enough POP3 and IMAP for a client to visit."""

from __future__ import annotations

import re
import socketserver
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import trustme

#: As typeshed has them.
Request: TypeAlias = Any
Address: TypeAlias = Any

USER, PASSWORD = "desk@news.example", 'open "sesame" \\ 1'


@dataclass
class Stored:
    """One mail on a server."""

    uid: str
    raw: bytes
    flags: set[str] = field(default_factory=set)


@dataclass
class Box:
    """What a server holds, what it has been asked, and how it misbehaves."""

    folders: dict[str, list[Stored]]
    #: First words of a command at which the connection is cut, in the middle of the answer.
    drop_at: str = "-"
    #: First words of a command that is never answered.
    hang_at: str = "-"
    #: First words of a command that is answered by a byte now and then, without end.
    drip_at: str = "-"
    #: First words of a command that is refused.
    refuse: str = "-"
    capabilities: str = "IMAP4rev1 UIDPLUS MOVE"
    #: Put instead of a size.
    size: str = ""
    #: A line that is sent whenever the server is connected to, instead of a greeting.
    greeting: str = ""
    asked: list[str] = field(default_factory=list)
    over: threading.Event = field(default_factory=threading.Event)

    @property
    def inbox(self) -> list[Stored]:
        return self.folders["INBOX"]

    def uids(self, folder: str = "INBOX") -> list[str]:
        return [one.uid for one in self.folders[folder]]


class _Handler(socketserver.StreamRequestHandler):
    disable_nagle_algorithm = True
    sandbox: Box

    def say(self, line: str | bytes) -> None:
        self.wfile.write((line if isinstance(line, bytes) else line.encode()) + b"\r\n")

    def lines(self) -> Iterator[str]:
        while line := self.rfile.readline(10_000):
            command = line.decode().rstrip("\r\n")
            self.sandbox.asked.append(command)
            if self.sandbox.hang_at in command:
                self.sandbox.over.wait(20)
                return
            while self.sandbox.drip_at in command and not self.sandbox.over.wait(0.05):
                self.wfile.write(b"+")
            yield command


class Pop3Handler(_Handler):
    def handle(self) -> None:
        with suppress(OSError):
            self.say(self.sandbox.greeting or "+OK ready")
            doomed: set[int] = set()
            for line in self.lines():
                if not self.answer(line, doomed):
                    return

    def answer(self, line: str, doomed: set[int]) -> bool:
        command, _, word = line.partition(" ")
        if self.sandbox.drop_at in line:
            self.wfile.write(b"+OK 120 octets\r\nSubject: ha")
            return False
        if self.sandbox.refuse in line or (command == "PASS" and word != PASSWORD):
            self.say("-ERR [AUTH] no\x07t so")
            return True
        if command == "DELE":
            doomed.add(int(word))
        if command == "QUIT":
            kept = [m for n, m in enumerate(self.sandbox.inbox, start=1) if n not in doomed]
            self.sandbox.folders["INBOX"] = kept
        self.say("+OK")
        if command in {"LIST", "UIDL", "RETR"}:
            self.tell(command, word)
        return command != "QUIT"

    def tell(self, command: str, word: str) -> None:
        if command == "RETR":
            for one in self.sandbox.inbox[int(word) - 1].raw.removesuffix(b"\r\n").split(b"\r\n"):
                self.say(b"." + one if one.startswith(b".") else one)
        else:
            for number, mail in enumerate(self.sandbox.inbox, start=1):
                size = self.sandbox.size or str(len(mail.raw))
                self.say(f"{number} {size if command == 'LIST' else mail.uid}")
        self.say(".")


class ImapHandler(_Handler):
    def handle(self) -> None:
        with suppress(OSError):
            self.say(self.sandbox.greeting or "* OK ready")
            self.folder = "INBOX"
            for line in self.lines():
                if not self.answer(line):
                    return

    def answer(self, line: str) -> bool:
        tag, _, rest = line.partition(" ")
        if self.sandbox.drop_at in rest:
            self.wfile.write(b"* 1 FETCH (UID 1 BODY[] {400}\r\nSubject: ha")
            return False
        words = rest.removeprefix("UID ").split(" ")
        if self.sandbox.refuse in rest:
            self.say(f"{tag} NO not so")
            return True
        done = getattr(self, f"do_{words[0].lower()}")(words[1:])
        self.say(f"{tag} {done or 'OK done'}")
        return words[0] != "LOGOUT"

    def do_capability(self, words: list[str]) -> None:
        self.say(f"* CAPABILITY {self.sandbox.capabilities}")

    def do_logout(self, words: list[str]) -> None:
        self.say("* BYE")

    def do_login(self, words: list[str]) -> str:
        quoted = PASSWORD.replace("\\", "\\\\").replace('"', '\\"')
        return "" if " ".join(words) == f'"{USER}" "{quoted}"' else "NO [AUTHENTICATIONFAILED] no"

    def do_select(self, words: list[str]) -> str:
        self.folder = " ".join(words).strip('"')
        if self.folder not in self.sandbox.folders:
            return "NO there is none"
        self.say(f"* {len(self.sandbox.folders[self.folder])} EXISTS")
        return "OK [READ-WRITE] done"

    def do_search(self, words: list[str]) -> None:
        unseen = [m.uid for m in self.here if not m.flags & {r"\Seen", r"\Deleted"}]
        self.say(" ".join(["* SEARCH", *unseen]))

    def do_fetch(self, words: list[str]) -> None:
        for number, mail in enumerate(self.here, start=1):
            if mail.uid == words[0] and words[1] == "(RFC822.SIZE)":
                size = self.sandbox.size or str(len(mail.raw))
                self.say(f"* {number} FETCH (UID {mail.uid} RFC822.SIZE {size})")
            elif mail.uid == words[0] and self.sandbox.capabilities.endswith("HUGE"):
                self.say(f"* {number} FETCH (UID {mail.uid} BODY[] {{99999999999}}")
            elif mail.uid == words[0] and not self.sandbox.capabilities.endswith("GONE"):
                self.say(f"* {number} FETCH (UID {mail.uid} BODY[] {{{len(mail.raw)}}}")
                self.say(mail.raw + b")")

    def do_store(self, words: list[str]) -> None:
        for mail in self.here:
            if mail.uid == words[0]:
                mail.flags |= set(re.findall(r"\\\w+", " ".join(words[2:])))

    def do_copy(self, words: list[str]) -> None:
        copied = [Stored(m.uid, m.raw, set(m.flags)) for m in self.here if m.uid == words[0]]
        self.sandbox.folders[" ".join(words[1:]).strip('"')] += copied

    def do_move(self, words: list[str]) -> None:
        self.do_copy(words)
        self.here[:] = [mail for mail in self.here if mail.uid != words[0]]

    def do_expunge(self, words: list[str]) -> None:
        self.here[:] = [m for m in self.here if m.uid != words[0] or r"\Deleted" not in m.flags]

    @property
    def here(self) -> list[Stored]:
        return self.sandbox.folders[self.folder]


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    block_on_close = True
    context: ssl.SSLContext

    def finish_request(self, request: Request, client_address: Address) -> None:
        # A client that does not trust us hangs up in the handshake.
        with suppress(OSError), self.context.wrap_socket(request, server_side=True) as safe:
            super().finish_request(safe, client_address)


@contextmanager
def serve(
    handler: type[_Handler], sandbox: Box, *, authority: trustme.CA, name: str = "localhost"
) -> Iterator[int]:
    """Serve a box under a certificate for a name; yield the port."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(name).configure_cert(context)
    bound = type("Bound", (handler,), {"box": sandbox})
    with _Server(("127.0.0.1", 0), bound) as server:
        server.context = context
        thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        try:
            yield server.server_address[1]
        finally:
            sandbox.over.set()
            server.shutdown()
            thread.join()
