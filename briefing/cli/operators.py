"""Commands on who has access: operators, tokens; and on the key that signs editions: sign."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from briefing.cli.app import Invocation, app, argument, command, fields_of, option, say, settings_of
from briefing.core.errors import InputError, UsageError, reading
from briefing.setup.clock import now

operators_app = typer.Typer(help="People who may sign in to the administration.")
app.add_typer(operators_app, name="operators")
tokens_app = typer.Typer(help="Tokens of programs that use the API.")
app.add_typer(tokens_app, name="tokens")

#: Those of :class:`briefing.core.model.Role`, which takes time to import.
_ROLES = "reader, editor, publisher or administrator"
_Name = Annotated[str, typer.Argument(help="Lowercase letters, digits and hyphens.")]
PasswordFile = Annotated[
    Path | None,
    typer.Option(
        help="File whose first line is the password; - for standard input.", dir_okay=False
    ),
]


@command(operators_app, "add")
def add(
    call: Invocation,
    name: _Name,
    *,
    password_file: PasswordFile = None,
    role: str = option(
        f"{_ROLES}; by default administrator for the first, then editor.", default=""
    ),
    mail: str = option("Address for a forgotten password.", default=""),
) -> None:
    """Add an operator."""
    from briefing.app.access import add_operator

    word = _password(call, password_file)
    call.change(add_operator, name, password=word, role=role, mail=mail)
    call.answer(f"{name}: may sign in", {"name": name, "action": "added"})


@command(operators_app, "change")
def change(
    call: Invocation,
    name: _Name,
    *,
    role: str = option(f"{_ROLES}.", default=...),
    mail: str | None = option("Address for a forgotten password; empty: none.", default=None),
) -> None:
    """Change what an operator may do, and the mail address."""
    from briefing.app.access import change_operator

    call.change(change_operator, name, role=role, mail=mail)
    call.answer(f"{name}: {role}", {"name": name, "role": role, "action": "changed"})


@command(operators_app, "list")
def list_(call: Invocation) -> None:
    """List operators."""
    from briefing.store import operators

    with call.read() as tx:
        listed = operators.listed(tx)
    lines = [
        f"{operator.name}: {operator.role}, since {operator.since:%Y-%m-%d}" for operator in listed
    ]
    call.list(lines, [fields_of(operator, "name role since") for operator in listed])


@command(operators_app, "remove")
def remove(call: Invocation, name: _Name) -> None:
    """Remove an operator and end all their sessions."""
    from briefing.app.access import remove_operator

    call.change(remove_operator, name)
    call.acted("name", name, "removed")


@command(operators_app, "reset")
def reset(call: Invocation, name: _Name) -> None:
    """Remove the second factor of an operator who has lost it. Ends all their sessions."""
    from briefing.app.second_factor import reset

    call.change(reset, name)
    call.acted("name", name, "second factor removed", more=", all sessions ended")


@command(operators_app, "password")
def password(call: Invocation, name: _Name, *, password_file: PasswordFile = None) -> None:
    """Change a password. Ends all sessions, and any lock after wrong passwords."""
    from briefing.app.access import change_password

    call.change(change_password, name, password=_password(call, password_file))
    call.acted("name", name, "password changed", more=", all sessions ended")


@command(tokens_app, "add")
def add_token(
    call: Invocation, name: _Name, *, role: str = option(f"{_ROLES}.", default=...)
) -> None:
    """Create a token for a program; it is shown only once."""
    from briefing.app import tokens

    text = call.change(tokens.add_token, name, role=role)
    say(f"{name}: {role}; save the token now, it is not shown again", err=True)
    call.answer(text, {"name": name, "role": role, "token": text})


@command(tokens_app, "list")
def list_tokens(call: Invocation) -> None:
    """List the tokens, without their secrets."""
    from briefing.store import operators

    with call.read() as tx:
        tokens = operators.tokens(tx)
    lines = []
    for token in tokens:
        used = f"used {token.used:%Y-%m-%d %H:%M} UTC" if token.used else "never used"
        lines.append(f"{token.name}: {token.role}, since {token.since:%Y-%m-%d}, {used}")
    call.list(lines, [fields_of(token, "name role since used") for token in tokens])


@command(tokens_app, "revoke")
def revoke(call: Invocation, name: _Name) -> None:
    """Revoke a token."""
    from briefing.app.tokens import revoke_token

    call.change(revoke_token, name)
    call.acted("name", name, "revoked")


def _password(call: Invocation, path: Path | None) -> str:
    """Return the password of a file, else what is typed twice the same."""
    settings_of(call.config)  # what is wrong with them is said before anything is typed
    return known_password(path, confirm=True)


def known_password(path: Path | None, *, confirm: bool = False) -> str:
    """Return the password of a file, else what is typed, to be confirmed twice the same."""
    if path is not None:
        from briefing.app.access import MOST

        # Four bytes a character, and the end of the line.
        largest = 4 * MOST + 2
        try:
            with reading(path):
                if str(path) == "-":
                    content = sys.stdin.buffer.readline(largest)
                else:
                    with path.open("rb") as file:
                        content = file.readline(largest)
            return content.decode().rstrip("\r\n")
        except UnicodeDecodeError:
            raise InputError(f"{path}: its first line is not UTF-8") from None
    if not sys.stdin.isatty():
        raise UsageError(
            "a password can only be typed at a terminal; give --password-file FILE, or -"
        )
    typed: str = typer.prompt("Password", hide_input=True, confirmation_prompt=confirm, err=True)
    return typed


sign_app = typer.Typer(help="The key that signs the records of editions.")
app.add_typer(sign_app, name="sign")


@command(sign_app, "init")
def init(
    call: Invocation,
    file: Path = argument("File for the private key; must not exist.", default=Path("sign.key")),
) -> None:
    """Make a signing key; earlier public keys stay beside it."""
    from briefing.press.seal import SigningKey, fingerprint
    from briefing.setup.post import keep_private

    path, key = call.settings.folder / file, SigningKey.new()
    before = Path(f"{call.settings.sign.key}.pub")
    if path.exists():
        raise UsageError(f"{path}: exists; name another file to change keys, and keep the old one")
    known = before.read_text(encoding="utf-8") if before.exists() else ""
    keep_private(path, key.pem)
    line = f"ed25519 {key.public} since {now():%Y-%m-%d}\n"
    Path(f"{path}.pub").write_text(known + line, encoding="utf-8")
    mark = fingerprint(key.public)
    call.answer(
        f'{path}: made; set key = "{file}" under [sign], and publish {path}.pub: {mark}',
        {"key": str(path), "public": key.public, "fingerprint": mark},
    )


@command(sign_app, "show")
def show(call: Invocation) -> None:
    """Show the fingerprint of the key in use."""
    from briefing.press.seal import fingerprint
    from briefing.setup.parts import signing_key

    key = signing_key(call.settings)
    if key is None:
        raise UsageError("editions are not signed; run: briefing sign init")
    mark = fingerprint(key.public)
    call.answer(f"ed25519 {key.public}: {mark}", {"public": key.public, "fingerprint": mark})
