"""A real DNS server on loopback that holds some texts."""

import socket
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import dns.flags
import dns.message
import dns.rcode
import dns.resolver
import dns.rrset

HOST = "127.0.0.1"


@contextmanager
def serving(texts: Mapping[str, str], *, silent: frozenset[str] = frozenset()) -> Iterator[int]:
    """Answer questions of texts by UDP; yield the port.

    Args:
        texts: strings in quotes by name; an empty one stands for a name without any text.
        silent: names that are never answered.
    """
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as own:
        own.bind((HOST, 0))
        own.settimeout(0.05)
        over = threading.Event()
        thread = threading.Thread(target=_serve, args=(own, texts, silent, over), daemon=True)
        thread.start()
        try:
            yield own.getsockname()[1]
        finally:
            over.set()
            thread.join()


def resolver(port: int) -> dns.resolver.Resolver:
    asking = dns.resolver.Resolver(configure=False)
    asking.nameservers, asking.port = [HOST], port
    return asking


def _serve(
    own: socket.socket, texts: Mapping[str, str], silent: frozenset[str], over: threading.Event
) -> None:
    while not over.is_set():
        try:
            wire, asker = own.recvfrom(4096)
        except TimeoutError:
            continue
        question = dns.message.from_wire(wire)
        name = question.question[0].name.to_text(omit_final_dot=True)
        if name in silent:
            continue
        answer = dns.message.make_response(question)
        if texts.get(name):
            answer.answer.append(dns.rrset.from_text(f"{name}.", 60, "IN", "TXT", texts[name]))
        elif name not in texts:
            answer.set_rcode(dns.rcode.NXDOMAIN)
        own.sendto(answer.to_wire(), asker)
