"""Random values that stand for a session, a device or a token, and what is kept of them.

Devices are those on which a reader can open the pages of a closed briefing.
"""

import hashlib
from datetime import datetime, timedelta

from briefing.core.model import Device
from briefing.mail.tokens import Purpose
from briefing.store import Store, Transaction, subscribers

#: Random bytes of a value.
BYTES = 32


def digest_key(text: str) -> bytes:
    """Return under what a session, a device or a token is kept, or tries are counted."""
    return hashlib.sha256(text.encode("utf-8", "replace")).digest()


def id_of(key: bytes) -> str:
    """Return what a session or a device is called in lists: nobody signs in or reads by it."""
    return key.hex()[:16]


def tries_at(name: str, *, place: str = "") -> bytes:
    """Return under what wrong passwords of a name are counted, whether or not anybody has it.

    ``place`` is a network or a device; empty: anywhere. All keys of a name begin with
    :func:`all_tries_at`.
    """
    return all_tries_at(name) + digest_key(f"place {place}")[:16]


def all_tries_at(name: str) -> bytes:
    """Return the begin of all keys of a name."""
    return digest_key(f"name {name}")[:16]


def tries_from(network: str) -> bytes:
    """Return under what wrong passwords from a network are counted."""
    return digest_key(f"network {network}")


#: A use is noted at most so often: reading must not make everybody wait to write.
_NOTED = timedelta(days=1)
#: Characters that are kept of what a browser calls itself.
_LONGEST = 200


def keep_device(tx: Transaction, text: str, device: Device, *, before: str) -> None:
    """Keep a device by its token, in place of what it had ``before``; forget those out of time."""
    life = Purpose.READ.life
    if life is not None:
        subscribers.forget_devices(tx, before=device.since - life)
    subscribers.end_device(tx, digest_key(before))
    name = "".join(filter(str.isprintable, device.name))[:_LONGEST]
    subscribers.keep_device(tx, digest_key(text), Device(device.subscriber, name, device.since))


def is_known_device(store: Store, text: str, *, at: datetime) -> bool:
    """Tell whether the token of a device is still good, and note its use."""
    key = digest_key(text)
    with store.read() as tx:
        device = subscribers.device(tx, key)
    if device is None:
        return False
    if at - (device.used or device.since) >= _NOTED:
        with store.write() as tx:
            subscribers.use_device(tx, key, at=at)
    return True


def end_device(tx: Transaction, subscriber: int, id_: str) -> None:
    """End the access of one device of a reader, if there is such a one."""
    for key, _device in subscribers.devices(tx, subscriber):
        if id_of(key) == id_:
            subscribers.end_device(tx, key)
