"""DKIM signatures (RFC 6376, RFC 8463), and DNS TXT records, such as those of public keys."""

import re
from base64 import b64encode
from collections.abc import Iterator, Sequence
from dataclasses import field
from datetime import datetime
from hashlib import sha256

import dns.exception
import dns.resolver
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_pem_private_key,
)

from briefing.core.errors import SettingsError
from briefing.core.frozen import frozen

#: Fields signed if present (RFC 6376, 5.4.1; RFC 8058, 4, requires both List-Unsubscribe fields).
#: Each is named once more than it occurs, so that adding a field of that name breaks the signature.
SIGNED = tuple(
    (
        "from reply-to to subject date message-id mime-version content-type "
        "content-transfer-encoding list-id list-unsubscribe list-unsubscribe-post "
        "auto-submitted feedback-id"
    ).split()
)
#: Not named once more, since a relay may add it to a multipart mail that lacks it.
UNSEALED = ("content-transfer-encoding",)
#: RFC 8301, 3.2: signers should use at least 2048 bits.
_LEAST_BITS = 2048
#: Characters of one string of a DNS record (RFC 1035, 3.3.14).
_DNS_STRING = 255
#: Columns of a folded signature.
_COLUMNS = 72

_LABELS = re.compile(r"[A-Za-z0-9_-]{1,63}(?:\.[A-Za-z0-9_-]{1,63})*")


@frozen
class Key:
    """A private key, and the name under which its public key is published."""

    domain: str
    selector: str
    secret: RSAPrivateKey | Ed25519PrivateKey = field(repr=False)

    @property
    def algorithm(self) -> str:
        """Name of the algorithm in a signature."""
        return "ed25519-sha256" if isinstance(self.secret, Ed25519PrivateKey) else "rsa-sha256"

    def signature(self, signed: bytes) -> str:
        """Sign the canonical header fields of a mail."""
        if isinstance(self.secret, Ed25519PrivateKey):
            # RFC 8463, 3: the digest is what is signed
            return b64encode(self.secret.sign(sha256(signed).digest())).decode()
        return b64encode(self.secret.sign(signed, PKCS1v15(), SHA256())).decode()


def read_key(pem: bytes, *, domain: str, selector: str) -> Key:
    """Read an RSA or Ed25519 private key in PEM without a password.

    SettingsError: it is not such a key, it is too short, or domain or selector is not valid.
    """
    if not (_LABELS.fullmatch(domain) and _LABELS.fullmatch(selector)):
        raise SettingsError(
            f"DKIM key {selector[:80]!a} of {domain[:80]!a}: domain and selector must be "
            "names of letters, digits and hyphens"
        )
    try:
        secret = load_pem_private_key(pem, password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise _unusable(selector, "not a private key in PEM without a password") from error
    if isinstance(secret, RSAPrivateKey) and secret.key_size < _LEAST_BITS:
        raise _unusable(selector, f"an RSA key of {secret.key_size} bits, which is too short")
    if not isinstance(secret, RSAPrivateKey | Ed25519PrivateKey):
        raise _unusable(selector, "neither RSA nor Ed25519")
    return Key(domain.lower(), selector, secret)


def sign(message: bytes, *, keys: Sequence[Key], at: datetime) -> bytes:
    """Return a message, lines ending with CRLF, preceded by a signature of each key.

    Header and body canonicalization is "relaxed", which tolerates changes of white space by relays.
    During a key rotation the newest active key suffices. Give both an RSA and an Ed25519 key for
    receivers that know only one of the algorithms.
    """
    head, _, body = message.partition(b"\r\n\r\n")
    lines = (line.partition(b":") for line in re.split(rb"\r\n(?![ \t])", head))
    fields = [_field(name.decode().strip().lower(), value) for name, _, value in lines]
    # The canonical body (RFC 6376, 3.4.4). A base64 attachment makes up most of a mail and has no
    # white space within its lines, so that only what precedes it is scanned.
    last = max(body.rfind(b" "), body.rfind(b"\t")) + len(b" \r\n")
    spaced = body[:last].replace(b"\t", b" ")
    while b"  " in spaced:
        spaced = spaced.replace(b"  ", b" ")
    canonical = (spaced.replace(b" \r\n", b"\r\n") + body[last:]).rstrip(b"\r\n")
    digest = b64encode(sha256(canonical + b"\r\n" if canonical else b"").digest()).decode()
    signatures = (_signature(fields, key=key, body_digest=digest, at=at) for key in keys)
    return b"".join((*signatures, message))


def dns_record(key: Key) -> str:
    """Return the line of a zone file that publishes a key.

    Verifiers join the strings of a record without a space (RFC 6376, 3.6.2.2).
    """
    public = key.secret.public_key()
    if isinstance(key.secret, Ed25519PrivateKey):
        kind, encoded = "ed25519", public.public_bytes(Encoding.Raw, PublicFormat.Raw)
    else:
        kind = "rsa"
        encoded = public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    value = f"v=DKIM1; k={kind}; p={b64encode(encoded).decode()}"
    strings = " ".join(f'"{part}"' for part in _cut(value, _DNS_STRING))
    return f"{key.selector}._domainkey.{key.domain}. IN TXT {strings}"


def _unusable(selector: str, why: str) -> SettingsError:
    return SettingsError(
        f"DKIM key {selector}: {why}; make one with "
        "`openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048`"
    )


def _field(name: str, value: bytes) -> tuple[str, bytes]:
    """Return name and canonical line of a field (RFC 6376, 3.4.2)."""
    unfolded = re.sub(rb"[ \t]+", b" ", value.replace(b"\r\n", b"")).strip(b" ")
    return name, name.encode() + b":" + unfolded + b"\r\n"


def _signature(
    fields: Sequence[tuple[str, bytes]], *, key: Key, body_digest: str, at: datetime
) -> bytes:
    names, signed = _selected(fields)
    tags = (
        f"v=1; a={key.algorithm}; c=relaxed/relaxed;",
        f"d={key.domain}; s={key.selector}; t={int(at.timestamp())};",
        *_wrapped("h=" + ":".join(names) + ";"),
        f"bh={body_digest};",
        "b=",
    )
    unsigned = "DKIM-Signature: " + "\r\n ".join(tags)
    name, _, value = unsigned.encode().partition(b":")
    own = _field(name.decode().lower(), value)[1].removesuffix(b"\r\n")
    signature = key.signature(signed + own)
    return (unsigned + "\r\n ".join(_cut(signature, _COLUMNS)) + "\r\n").encode()


def _selected(fields: Sequence[tuple[str, bytes]]) -> tuple[list[str], bytes]:
    """Return the names to sign and their lines, last field of a name first (RFC 6376, 5.4.2)."""
    names: list[str] = []
    lines: list[bytes] = []
    for name in SIGNED:
        own = [line for field_name, line in fields if field_name == name]
        names += [name] * (len(own) + (name not in UNSEALED))
        lines += reversed(own)
    return names, b"".join(lines)


def _wrapped(names: str) -> Iterator[str]:
    """Wrap a list of names after colons."""
    line = ""
    for part in re.findall(r"[^:]+:?", names):
        if len(line) + len(part) > _COLUMNS:
            yield line
            line = ""
        line += part
    yield line


def _cut(text: str, width: int) -> Iterator[str]:
    return (text[start : start + width] for start in range(0, len(text), width))


def texts(
    name: str, *, resolver: dns.resolver.Resolver | None = None, patience: float = 3.0
) -> tuple[str, ...] | None:
    """Return the TXT records of a name, each with its strings joined; None if the lookup failed.

    The default resolver is that of this machine; ``patience`` is in seconds, including retries.
    """
    try:
        queried = resolver or dns.resolver.Resolver()
        answer = queried.resolve(f"{name}.", "TXT", lifetime=patience, search=False)
    except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
        return ()
    except (dns.exception.DNSException, OSError, UnicodeError):
        return None
    return tuple(b"".join(row.strings).decode("utf-8", "replace") for row in answer)
