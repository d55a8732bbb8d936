"""What must not be known to others: secrets of links, passwords, keys; never in a message."""

import os
import secrets
import tempfile
from base64 import b64decode, b64encode
from binascii import Error
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from briefing.core.errors import SettingsError, reading, reason_of, remedy_of
from briefing.mail.sign import Key, read_key
from briefing.settings import MailSettings

#: Bytes of a secret: as many as the digest it is used with (RFC 2104, section 3).
_BYTES = 32
#: Bytes of a file that is read: more is no secret and no key.
_LARGEST = 65_536
#: Permissions of everybody but the owner.
_OTHERS = 0o077


def secrets_of(settings: MailSettings, *, folder: Path, keep: bool = True) -> tuple[bytes, ...]:
    """Return the secrets of links and return paths, oldest to newest; create one if there is none.

    ``keep`` says whether one that is made is kept in the file; else it serves this run only.

    SettingsError: others may read the file, or a line of it is no secret.
    """
    path = folder / settings.secrets_file
    if not path.exists():
        if not keep:
            return (secrets.token_bytes(_BYTES),)
        keep_private(path, b64encode(secrets.token_bytes(_BYTES)) + b"\n")
    lines = private_content(path).splitlines()
    known = tuple(_secret(line, f"{path}: line {n}") for n, line in enumerate(lines, 1) if line)
    if not known:
        raise SettingsError(f"{path}: is empty; delete it to have a new one made")
    return known


def password_of(name: str, *, variable: str, folder: Path, environment: Mapping[str, str]) -> str:
    """Return a password: the first line of a file or, without one, an environment variable.

    SettingsError: there is neither.
    """
    if not name:
        if not environment.get(variable):
            raise SettingsError(f"a password is needed: name a file for it, or set {variable}")
        return environment[variable]
    path = folder / name
    lines = _content(path).splitlines()
    try:
        return lines[0].decode() if lines else ""
    except UnicodeDecodeError:
        raise SettingsError(f"{path}: its first line is not UTF-8") from None


def keys_of(settings: MailSettings, *, folder: Path) -> tuple[Key, ...]:
    """Return the keys that sign mails; SettingsError: one cannot be read or is no key."""
    return tuple(
        read_key(_content(folder / key.key_file), domain=key.domain, selector=key.selector)
        for key in settings.dkim
    )


def is_open_to_others(path: Path) -> bool:
    """Tell whether anyone but its owner may read or change a file."""
    return bool(path.stat().st_mode & _OTHERS)


def keep_private(path: Path, content: bytes) -> None:
    """Write a file that its owner alone may read, unless another process just did.

    SettingsError: it cannot be written.
    """
    try:
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            with suppress(FileExistsError):
                os.link(name, path)
        finally:
            Path(name).unlink()
    except OSError as error:
        raise SettingsError(
            f"{path}: cannot be made ({reason_of(error)}); "
            + remedy_of(error, otherwise="name another file for it in the settings")
        ) from error


def private_content(path: Path) -> bytes:
    """Return the content of a file that its owner alone may read.

    SettingsError: others may read it, or it cannot be read.
    """
    content = _content(path)
    if is_open_to_others(path):
        raise SettingsError(f"{path}: others may read it; run: chmod 600 {path}")
    return content


def _secret(line: bytes, place: str) -> bytes:
    try:
        secret = b64decode(line.strip(), validate=True)
    except Error:
        secret = b""
    if len(secret) < _BYTES:
        raise SettingsError(
            f"{place}: is not a secret; write {_BYTES} random bytes in base64: "
            "openssl rand -base64 32"
        )
    return secret


def _content(path: Path) -> bytes:
    with reading(path, kind=SettingsError), path.open("rb") as file:
        return file.read(_LARGEST)
