"""Random values that identify a session, a device or a token, and their stored digests.

A device is one on which a reader can open the pages of a closed briefing.
"""

import hashlib
from datetime import datetime, timedelta

from briefing.core.model import Device
from briefing.mail.tokens import Purpose
from briefing.store import Store, Transaction, subscribers

#: Number of random bytes.
BYTES = 32


def digest_key(text: str) -> bytes:
    """Return the digest that identifies a session, a device, a token or a counter in the store."""
    return hashlib.sha256(text.encode("utf-8", "replace")).digest()


def id_of(key: bytes) -> str:
    """Return the id of a session or a device in lists; it opens nothing."""
    return key.hex()[:16]


def tries_at(name: str, *, place: str = "") -> bytes:
    """Return the counter of wrong passwords for a name, whether or not anybody has it.

    ``place`` is a network or a device; empty: anywhere. All counters of a name begin with
    :func:`all_tries_at`.
    """
    return all_tries_at(name) + digest_key(f"place {place}")[:16]


def all_tries_at(name: str) -> bytes:
    """Return the common beginning of all counters of a name."""
    return digest_key(f"name {name}")[:16]


def tries_from(network: str) -> bytes:
    """Return the counter of wrong passwords from a network."""
    return digest_key(f"network {network}")


#: Shortest time between two recorded uses, so that readers need not wait for a writer.
_NOTED = timedelta(days=1)
#: Most characters stored of a user agent.
_LONGEST = 200


def keep_device(tx: Transaction, text: str, device: Device, *, before: str) -> None:
    """Store a device by its token, replacing that of ``before``; delete expired ones."""
    life = Purpose.READ.life
    if life is not None:
        subscribers.forget_devices(tx, before=device.since - life)
    subscribers.end_device(tx, digest_key(before))
    name = "".join(filter(str.isprintable, device.name))[:_LONGEST]
    subscribers.keep_device(tx, digest_key(text), Device(device.subscriber, name, device.since))


def is_known_device(store: Store, text: str, *, at: datetime) -> bool:
    """Return whether the token of a device is valid, and record its use."""
    key = digest_key(text)
    device = store.look(subscribers.device, key)
    if not device:
        return False
    if at - (device.used or device.since) >= _NOTED:
        store.apply(subscribers.use_device, key, at=at)
    return True


def end_device(tx: Transaction, subscriber: int, id_: str) -> None:
    """End the access of one device of a reader, if it exists."""
    for key, _device in subscribers.devices(tx, subscriber):
        if id_of(key) == id_:
            subscribers.end_device(tx, key)
