"""Signs the records of editions, and checks their signatures (Ed25519: RFC 8032)."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection
from dataclasses import field, replace
from typing import Any

from briefing.core.errors import SettingsError
from briefing.core.frozen import frozen
from briefing.core.proof import Failure, Proof
from briefing.core.record import Record, Seal

#: Precedes the digest in the signed text, so that the signature is valid for nothing else.
_DOMAIN = "briefing record "
#: The points of small order, for which anybody can forge signatures: y without the sign bit,
#: including values not below the prime (RFC 8032, 5.1.7, does not reject them).
_PRIME = 2**255 - 19
_OF_SMALL_ORDER = {0, 1, _PRIME - 1, _PRIME, _PRIME + 1} | {
    int.from_bytes(bytes.fromhex(y), "little")
    for y in (
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
    )
}
_PUBLIC = re.compile(r"\bed25519 ([0-9a-f]{64})\b")


@frozen
class SigningKey:
    """The private key of a desk."""

    #: An Ed25519PrivateKey.
    _secret: Any = field(repr=False)

    @classmethod
    def new(cls) -> SigningKey:
        """Make a key."""
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

        return cls(Ed25519PrivateKey.generate())

    @classmethod
    def read(cls, pem: bytes, *, name: str) -> SigningKey:
        """Read a key from the content of a file; ``name`` is for messages.

        Raises:
            SettingsError: it is not an Ed25519 key.
        """
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
        from cryptography.hazmat.primitives.serialization import load_pem_private_key

        try:
            key = load_pem_private_key(pem, password=None)
        except (ValueError, TypeError) as error:
            raise SettingsError(f"{name}: not a key ({error}); run: briefing sign init") from error
        if not isinstance(key, Ed25519PrivateKey):
            raise SettingsError(f"{name}: not an Ed25519 key; run: briefing sign init")
        return cls(key)

    @property
    def pem(self) -> bytes:
        """The content of its PEM file."""
        from cryptography.hazmat.primitives import serialization as form

        return bytes(
            self._secret.private_bytes(
                form.Encoding.PEM, form.PrivateFormat.PKCS8, form.NoEncryption()
            )
        )

    @property
    def public(self) -> str:
        """The public key, as 64 hexadecimal digits."""
        return str(self._secret.public_key().public_bytes_raw().hex())

    def seal(self, digest: str) -> Seal:
        """Sign the digest of a record."""
        return Seal(self.public, self._secret.sign(f"{_DOMAIN}{digest}".encode()).hex())


def public_keys(text: str) -> frozenset[str]:
    """Return the public keys in a text: "ed25519" and 64 hexadecimal digits, anywhere on a line."""
    return frozenset(_PUBLIC.findall(text))


def fingerprint(public: str) -> str:
    """Return the first 32 digits of a public key's SHA-256, in groups of four."""
    digits = hashlib.sha256(bytes.fromhex(public)).hexdigest()[:32]
    return " ".join(re.findall("....", digits))


def check_seal(proof: Proof, record: Record, *, keys: Collection[str] | None) -> Proof:
    """Return the proof of a record, extended by who signed it or what is wrong with the signature.

    ``keys`` are the public keys of the desk; None if not given.
    """
    seal, words, fault = record.seal, "", ""
    if seal is None:
        words, fault = "not signed", "" if keys is None else "it is not signed"
    elif not _is_of(seal, record.digest):
        fault = "the signature is not of this record"
    elif keys is None:
        words = f"signed with the key {fingerprint(seal.key)}; compare it with --key"
    elif seal.key in keys:
        words = f"signed with the key {fingerprint(seal.key)}, one of those given"
    else:
        fault = f"signed with another key: {fingerprint(seal.key)}"
    faults = (Failure(record.edition.id, "", fault),) if fault else ()
    return replace(proof, signed=words, failures=(*proof.failures, *faults))


def _is_of(seal: Seal, digest: str) -> bool:
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    try:
        key = bytes.fromhex(seal.key)
        if int.from_bytes(key, "little") % 2**255 in _OF_SMALL_ORDER:
            return False
        public = Ed25519PublicKey.from_public_bytes(key)
        public.verify(bytes.fromhex(seal.value), f"{_DOMAIN}{digest}".encode())
    except (InvalidSignature, ValueError):
        return False
    return True
