"""Commands on who may steer: operators, tokens; and on the key that signs editions: sign."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from briefing.cli.app import (
    AsJson,
    Config,
    answer,
    app,
    change,
    folder_of,
    opened_store,
    print_json,
    say,
    settings_of,
)
from briefing.core.errors import InputError, UsageError

operators_app = typer.Typer(help="People who may sign in to the administration.")
app.add_typer(operators_app, name="operators")
tokens_app = typer.Typer(help="Tokens of programs that use the API.")
app.add_typer(tokens_app, name="tokens")

_Name = Annotated[str, typer.Argument(help="Lower-case letters, digits and hyphens.")]
PasswordFile = Annotated[
    Path | None,
    typer.Option(
        help="File whose first line is the password; - for standard input.", dir_okay=False
    ),
]


@operators_app.command("add")
def add(
    name: _Name,
    *,
    password_file: PasswordFile = None,
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """Add an operator."""
    from briefing.app import access as accounts

    change(config, accounts.add_operator, name, password=_password(password_file, config))
    answer(f"{name}: may sign in", {"name": name, "action": "added"}, as_json=as_json)


@operators_app.command("list")
def list_(*, config: Config = None, as_json: AsJson = False) -> None:
    """List operators."""
    from briefing.store import operators

    settings = settings_of(config)
    with opened_store(settings, config) as store, store.read() as tx:
        found = operators.listed(tx)
    if as_json:
        print_json([{"name": one.name, "since": one.since} for one in found])
        return
    for one in found:
        say(f"{one.name}: since {one.since:%Y-%m-%d}")


@operators_app.command("remove")
def remove(name: _Name, *, config: Config = None, as_json: AsJson = False) -> None:
    """Remove an operator and end all their sessions."""
    from briefing.app import access as accounts

    change(config, accounts.remove_operator, name)
    answer(f"{name}: removed", {"name": name, "action": "removed"}, as_json=as_json)


@operators_app.command("password")
def password(
    name: _Name,
    *,
    password_file: PasswordFile = None,
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """Change a password. Ends all sessions, and any lock after wrong passwords."""
    from briefing.app import access as accounts

    change(config, accounts.change_password, name, password=_password(password_file, config))
    words = f"{name}: password changed, all sessions ended"
    answer(words, {"name": name, "action": "password changed"}, as_json=as_json)


@tokens_app.command("add")
def add_token(
    name: _Name,
    *,
    right: Annotated[str, typer.Option(help="read, or steer to make changes as well.")],
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """Create a token for a program; it is shown only once."""
    from briefing.app import access as tokens

    text = change(config, tokens.add_token, name, right=right)
    say(f"{name}: may {right}; save the token now, it is not shown again", err=True)
    answer(text, {"name": name, "right": right, "token": text}, as_json=as_json)


@tokens_app.command("list")
def list_tokens(*, config: Config = None, as_json: AsJson = False) -> None:
    """List the tokens, without their secrets."""
    from briefing.store import operators

    settings = settings_of(config)
    with opened_store(settings, config) as store, store.read() as tx:
        found = operators.tokens(tx)
    if as_json:
        print_json(
            [
                {
                    "name": one.name,
                    "right": one.right,
                    "since": one.since,
                    "used": one.used,
                }
                for one in found
            ]
        )
        return
    for one in found:
        used = f"used {one.used:%Y-%m-%d %H:%M} UTC" if one.used else "never used"
        say(f"{one.name}: may {one.right}, since {one.since:%Y-%m-%d}, {used}")


@tokens_app.command("revoke")
def revoke(name: _Name, *, config: Config = None, as_json: AsJson = False) -> None:
    """Revoke a token."""
    from briefing.app import access as tokens

    change(config, tokens.revoke_token, name)
    answer(f"{name}: revoked", {"name": name, "action": "revoked"}, as_json=as_json)


def _password(path: Path | None, config: Path | None) -> str:
    """Return the password of a file, else what is typed twice the same."""
    settings_of(config)  # what is wrong with them is said before anything is typed
    return known_password(path, confirm=True)


def known_password(path: Path | None, *, confirm: bool = False) -> str:
    """Return the password of a file, else what is typed, to be confirmed twice the same."""
    if path is not None:
        return _read_password(path)
    if not sys.stdin.isatty():
        raise UsageError(
            "a password can only be typed at a terminal; give --password-file FILE, or -"
        )
    typed: str = typer.prompt("Password", hide_input=True, confirmation_prompt=confirm, err=True)
    return typed


def _read_password(path: Path) -> str:
    """Return the first line of a file, of standard input for ``-``."""
    from briefing.app.access import MOST

    # Four bytes a character, and the end of the line.
    largest = 4 * MOST + 2
    try:
        if str(path) == "-":
            content = sys.stdin.buffer.readline(largest)
        else:
            with path.open("rb") as file:
                content = file.readline(largest)
        return content.decode().rstrip("\r\n")
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror})") from error
    except UnicodeDecodeError:
        raise InputError(f"{path}: its first line is not UTF-8") from None


sign_app = typer.Typer(help="The key that signs the records of editions.")
app.add_typer(sign_app, name="sign")


@sign_app.command("init")
def init(
    file: Annotated[Path, typer.Argument(help="File for the private key; must not exist.")] = Path(
        "sign.key"
    ),
    *,
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """Make a signing key; earlier public keys stay beside it."""
    from briefing.press.seal import SigningKey, fingerprint
    from briefing.setup.clock import now
    from briefing.setup.secrets import keep_private

    path, key = folder_of(config) / file, SigningKey.new()
    before = Path(f"{settings_of(config).sign.key}.pub")
    if path.exists():
        raise UsageError(f"{path}: exists; name another file to change keys, and keep the old one")
    known = before.read_text(encoding="utf-8") if before.exists() else ""
    keep_private(path, key.pem)
    line = f"ed25519 {key.public} since {now():%Y-%m-%d}\n"
    Path(f"{path}.pub").write_text(known + line, encoding="utf-8")
    facts = {"key": str(path), "public": key.public, "fingerprint": fingerprint(key.public)}
    answer(
        f'{path}: made; set key = "{file}" under [sign], and publish {path}.pub: '
        f"{facts['fingerprint']}",
        facts,
        as_json=as_json,
    )


@sign_app.command("show")
def show(*, config: Config = None, as_json: AsJson = False) -> None:
    """Show the fingerprint of the key in use."""
    from briefing.press.seal import fingerprint
    from briefing.setup.parts import signing_key

    key = signing_key(settings_of(config))
    if key is None:
        raise UsageError("editions are not signed; run: briefing sign init")
    facts = {"public": key.public, "fingerprint": fingerprint(key.public)}
    answer(f"ed25519 {key.public}: {facts['fingerprint']}", facts, as_json=as_json)
