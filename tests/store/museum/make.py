"""Makes an exhibit: what a numbered version's own code leaves behind, in a backup of its own.

    python -m tests.store.museum.make VERSION

It is made once for each database, with the code of its version, and never again.
"""

import gzip
import json
import os
import sys
import tempfile
from pathlib import Path

from briefing.app.readers.letters import link
from briefing.cli import run
from briefing.mail.tokens import Purpose
from briefing.setup.clock import now
from briefing.setup.news import publish_edition
from briefing.setup.post import secrets_of
from briefing.store import open_store, subscribers
from tests.mailroom import ANN, BO, config, settings, subscribe
from tests.publishing import FIRST, Desk
from tests.store.postgres import running
from tests.store.ready import look

HERE = Path(__file__).parent


def make(label: str, *, database: str = "") -> None:
    """Publish an edition to two readers, back everything up, and note what must be found again."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        os.chdir(folder)
        config(folder, more=f'[store]\nat = "{database}"' if database else "")
        told = settings(folder)
        with open_store(told.store.at, folder=folder) as store:
            subscribe(store, ANN, BO)
            Desk(store).keep(*FIRST, when=now())
            publish_edition(store, settings=told, day=now().date())
            reader = look(store, subscribers.find, ANN.address)
        assert reader is not None
        leave = link(
            Purpose.LEAVE,
            subscriber=reader.id,
            epoch=1,
            web=told.web.address,
            secrets=secrets_of(told),
            at=now(),
        )
        assert run(["backup", "saved.tar"]) == 0
        content = gzip.compress((folder / "saved.tar").read_bytes(), 9, mtime=0)
        (HERE / f"{label}.tar.gz").write_bytes(content)
        facts = {"day": str(now().date()), "leave": leave, "readers": [ANN.address, BO.address]}
        (HERE / f"{label}.json").write_text(json.dumps(facts, indent=1) + "\n")


def main(version: str) -> None:
    """Make the exhibits of a version: of a file, and of a server."""
    make(version)
    with running() as server:
        os.environ["PATH"] = f"{server.programs}:{os.environ['PATH']}"
        make(f"{version}-postgresql", database=server.make_database())


if __name__ == "__main__":
    main(*sys.argv[1:])
