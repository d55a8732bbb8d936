"""Commands on the key that signs editions: sign init, show."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from briefing.cli.app import AsJson, Config, answer, app, folder_of, settings_of
from briefing.core.errors import UsageError

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
