import re
from base64 import b64decode, b64encode
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from hashlib import sha256

import dkim
import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from dkim.canonicalization import CanonicalizationPolicy

from briefing.core.errors import SettingsError
from briefing.core.model import Form, Preferences
from briefing.mail.sign import SIGNED, Key, dns_record, read_key, sign
from tests.examples import examples
from tests.mail.test_message import READER, raw, read

#: Earlier than any clock that runs these tests: a signature of tomorrow is not good.
AT = datetime(2024, 3, 12, 5, 30, tzinfo=UTC)
#: The example of RFC 8463, appendix A, which shows that the verifier below is right.
RFC_8463 = b"""\
DKIM-Signature: v=1; a=ed25519-sha256; c=relaxed/relaxed;
 d=football.example.com; i=@football.example.com;
 q=dns/txt; s=brisbane; t=1528637909; h=from : to :
 subject : date : message-id : from : subject : date;
 bh=2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=;
 b=/gCrinpcQOoIfuHNQIbq4pgh9kyIK3AQUdt9OdqQehSwhEIug4D11Bus
 Fa3bT3FY5OsU7ZbnKELq+eXdp1Q1Dw==
From: Joe SixPack <joe@football.example.com>
To: Suzie Q <suzie@shopping.example.net>
Subject: Is dinner ready?
Date: Fri, 11 Jul 2003 21:00:37 -0700 (PDT)
Message-ID: <20030712040037.46341.5F8J@football.example.com>

Hi.

We lost the game.  Are you hungry yet?

Joe.
""".replace(b"\n", b"\r\n")
RFC_8463_RECORD = '"v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="'


def pem(
    secret: rsa.RSAPrivateKey | ed25519.Ed25519PrivateKey | ec.EllipticCurvePrivateKey,
) -> bytes:
    return secret.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def key_of(
    secret: rsa.RSAPrivateKey | ed25519.Ed25519PrivateKey, *, selector: str = "b2026"
) -> Key:
    return read_key(pem(secret), domain="desk.example", selector=selector)


@pytest.fixture(scope="session")
def secret() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65537, 2048)


@pytest.fixture
def rsa_key(secret: rsa.RSAPrivateKey) -> Key:
    return key_of(secret)


@pytest.fixture(scope="session")
def ed_key() -> Key:
    return key_of(ed25519.Ed25519PrivateKey.from_private_bytes(b"k" * 32), selector="e2026")


def value(record: str) -> bytes:
    """Return what a resolver makes of the strings of a record."""
    return "".join(re.findall('"([^"]*)"', record)).encode()


def verify_rsa(message: bytes, *keys: Key, place: int = 0) -> bool:
    records = {
        f"{key.selector}._domainkey.{key.domain}.".encode(): value(dns_record(key)) for key in keys
    }

    def dns(name: bytes, timeout: int = 5) -> bytes:
        return records[name]

    try:
        return bool(dkim.DKIM(message).verify(place, dnsfunc=dns))
    except dkim.ValidationError:
        return False


def verify_ed25519(message: bytes, record: str, *, place: int = 0) -> bool:
    """Verify as dkimpy does, but for the curve, for which it wants a library that is not here."""
    mail = dkim.DKIM(message)
    tags, names, fields = mail.verify_headerprep(place)
    policy = CanonicalizationPolicy.from_c_value(tags[b"c"])
    body = sha256(policy.canonicalize_body(mail.body)).digest()
    if b64encode(body) != tags[b"bh"]:
        return False
    signed = dkim.HashThrough(sha256())
    headers = policy.canonicalize_headers(mail.headers)
    dkim.hash_headers(signed, policy, headers, [*names, b"from"], fields[place], tags)
    public = b64decode(value(record).partition(b"p=")[2])
    try:
        signature = b64decode(re.sub(rb"\s", b"", tags[b"b"]))
        ed25519.Ed25519PublicKey.from_public_bytes(public).verify(signature, signed.digest())
    except InvalidSignature:
        return False
    return True


def verified_by(key: Key) -> Callable[[bytes], bool]:
    if key.algorithm == "rsa-sha256":
        return lambda message: verify_rsa(message, key)
    return lambda message: verify_ed25519(message, dns_record(key))


@pytest.fixture(params=["rsa", "ed25519"])
def key(request: pytest.FixtureRequest, rsa_key: Key, ed_key: Key) -> Key:
    return rsa_key if request.param == "rsa" else ed_key


def test_signed_fields_hold_though_relays_change_white_space(key: Key) -> None:
    assert verify_ed25519(RFC_8463, RFC_8463_RECORD)
    assert not verify_ed25519(RFC_8463.replace(b"hungry", b"angry"), RFC_8463_RECORD)
    assert not verify_ed25519(RFC_8463.replace(b"dinner", b"lunch"), RFC_8463_RECORD)
    message = sign(raw() + b"a  b\t c \r\n \r\n\r\n", keys=[key], at=AT)
    changed = message.replace(b"a  b\t c \r\n \r\n\r\n", b"a b \t c\r\n")
    changed = changed.replace(b"Subject: Council votes", b"subject:  Council\r\n votes ")
    assert changed != message
    assert verified_by(key)(changed)
    head = sign(raw(), keys=[key], at=AT).partition(b"\r\nFrom:")[0]
    (names,) = re.findall(rb";h=([^;]*);", re.sub(rb"\s", b"", head))
    named = names.decode().split(":")
    # the mail of several parts has no transfer encoding of its own
    assert set(named) == set(SIGNED) - {"content-transfer-encoding"}
    assert all(named.count(name) == 2 for name in named)
    assert max(map(len, head.split(b"\r\n"))) <= 78


@pytest.mark.parametrize("form", Form)
def test_a_mail_of_every_form_is_signed(key: Key, form: Form) -> None:
    message = sign(raw(to=replace(READER, preferences=Preferences(form=form))), keys=[key], at=AT)
    assert verified_by(key)(message)
    mail = read(message)
    assert mail.keys()[0] == "DKIM-Signature"
    tags = mail["DKIM-Signature"].replace(" ", "")
    assert f"a={key.algorithm};c=relaxed/relaxed;d=desk.example;s={key.selector}" in tags
    assert f"t={int(AT.timestamp())};" in tags


@examples("old, new")
def test_a_changed_mail_is_found_out(key: Key, old: bytes, new: bytes) -> None:
    message = sign(raw() + b"0af1\r\n", keys=[key], at=AT)
    assert verified_by(key)(message)
    assert old in message
    assert not verified_by(key)(message.replace(old, new, 1))


@pytest.mark.parametrize(
    "name",
    (
        "From To Subject Reply-To List-Unsubscribe List-Unsubscribe-Post List-Id Content-Type"
    ).split(),
)
def test_a_second_field_of_the_same_name_is_found_out(key: Key, name: str) -> None:
    message = sign(raw(), keys=[key], at=AT)
    for added in (b"%s: x\r\n%s", b"%s: x\r\n"):
        if added.endswith(b"%s"):
            changed = added % (name.encode(), message)
        else:
            head, _, body = message.partition(b"\r\n\r\n")
            changed = head + b"\r\n" + added % name.encode() + b"\r\n" + body
        assert not verified_by(key)(changed)


@pytest.mark.parametrize("body", [b"", b"\r\n", b" \t\r\n\r\n", b"x", b"x\ty", b"x \r\n"])
def test_bodies_of_little_or_nothing_are_signed(key: Key, body: bytes) -> None:
    message = b"From: a@desk.example\r\nSubject: s\r\n\r\n" + body
    assert verified_by(key)(sign(message, keys=[key], at=AT))


def test_two_keys_sign_both(rsa_key: Key, ed_key: Key, secret: rsa.RSAPrivateKey) -> None:
    message = sign(raw(), keys=[rsa_key, ed_key], at=AT)
    assert read(message).keys()[:3] == ["DKIM-Signature", "DKIM-Signature", "From"]
    assert verify_rsa(message, rsa_key)
    assert verify_ed25519(message, dns_record(ed_key), place=1)
    later = key_of(secret, selector="b2027")
    message = sign(raw(), keys=[rsa_key, later], at=AT)
    assert verify_rsa(message, rsa_key, later)
    assert verify_rsa(message, rsa_key, later, place=1)


def test_a_key_of_openssl_is_taken_and_one_that_is_none_not(secret: rsa.RSAPrivateKey) -> None:
    old = secret.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())
    assert dns_record(read_key(old, domain="Desk.Example", selector="b2026")) == dns_record(
        key_of(secret)
    )
    locked = secret.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"p"))
    curve = pem(ec.generate_private_key(ec.SECP256R1()))
    for pem_ in (
        b"",
        b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n",
        locked,
        curve,
    ):
        with pytest.raises(SettingsError, match="openssl genpkey"):
            read_key(pem_, domain="desk.example", selector="b2026")
    short = pem(rsa.generate_private_key(65537, 1024))  # noqa: S505  it is the one to refuse
    with pytest.raises(SettingsError, match="1024 bits"):
        read_key(short, domain="desk.example", selector="b2026")


def test_the_record_is_a_line_of_a_zone_and_the_secret_is_not_shown(key: Key) -> None:
    record = dns_record(key)
    kind = "rsa" if key.algorithm == "rsa-sha256" else "ed25519"
    assert record.startswith(
        f'{key.selector}._domainkey.desk.example. IN TXT "v=DKIM1; k={kind}; p='
    )
    assert all(len(part) <= 255 for part in re.findall('"([^"]*)"', record))
    assert "\n" not in record
    assert repr(key) == f"Key(domain='desk.example', selector='{key.selector}')"


@pytest.mark.parametrize("name", ["", "a b", "a;b", "a\r\nb", "a..b", "ä", "x" * 64])
def test_a_name_that_is_none_is_refused(secret: rsa.RSAPrivateKey, name: str) -> None:
    with pytest.raises(SettingsError, match="must be names"):
        read_key(pem(secret), domain=name, selector="b2026")
    with pytest.raises(SettingsError, match="must be names"):
        read_key(pem(secret), domain="desk.example", selector=name)
