"""The real round of a folder by a stepped clock, in a process of its own that can be killed.

``python -m tests.app.rounds.rehearsed FOLDER UNTIL DIE [serve [FROM=TO …]|COMMAND …]``: DIE is a
step in whose middle the process kills itself, "before" or "after" one, when its run has begun
and has not ended, or the moment at which it does; "-": none of them. It
goes on from the time in FOLDER/time. With "serve" it is the command `briefing serve` that runs; it
dies at moments only, and at each time FROM its clock is set to TO. While there is a file
FOLDER/hangs one of its threads hangs, and the clock goes on without it. At each time in
FOLDER/deeds the shell command after it runs. FOLDER/wait has the seconds for which a store waits
for another writer, and those after which a look at it hangs, if not the usual ones. Any other
command, such as "run --due", runs once while the clock stands at UNTIL.
"""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
from contextlib import closing
from datetime import datetime
from pathlib import Path

from sqlalchemy import Engine, event

from briefing.app.rounds import round
from briefing.app.rounds.round import Round, RoundRules
from briefing.app.rounds.runs import Ended, RoundTask, RunRequests, StepHandler
from briefing.cli import run
from briefing.core.model import Step
from briefing.settings import load
from briefing.setup import clock, daily
from briefing.setup.backups import open_the_store
from briefing.store import engine
from tests.app.rounds.stepped import Stepped


def time_of(folder: Path) -> datetime:
    """Return how late it is in a rehearsal."""
    return datetime.fromisoformat((folder / "time").read_text())


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def die_as_an_edition_is_kept(_connection: object, _cursor: object, sql: str, *_: object) -> None:
    if sql.startswith("INSERT INTO edition "):
        die()


class Rehearsal:
    def __init__(
        self,
        folder: Path,
        until: datetime,
        fatal: str,
        sets: Sequence[tuple[datetime, datetime]] = (),
        threads: Callable[[], int] = lambda: 5,
    ) -> None:
        self._folder, self._fatal = folder, fatal
        self._doing: dict[Step, int] = {}
        self._requests = RunRequests()
        self._served = False
        deeds = folder / "deeds"
        self._deeds = deeds.read_text().splitlines() if deeds.exists() else []
        self._clock = Stepped(
            time_of(folder),
            until=until,
            requests=self._requests,
            told=self._note,
            over=self._end,
            sets=sets,
            threads=threads,
        )

    def run(self) -> None:
        """Run until the end, or die."""
        clock.run_by(self._clock)
        if self._fatal == Step.PUBLISH:
            event.listen(Engine, "before_cursor_execute", die_as_an_edition_is_kept)
        settings = load(self._folder / "briefing.toml")
        with closing(open_the_store(settings)) as store:
            handlers = daily.handlers_of(store, settings=settings, stop=self._look)
            watched = {step: self._watched(step, handler) for step, handler in handlers.items()}
            run_log = daily.run_log_of(store, settings=settings)
            rules = RoundRules(run_log, settings.timetable, watched)
            with Round(lambda: rules, requests=self._requests, wait=self._clock.wait):
                while not self._requests.closed:
                    self._requests.take(1, of=())

    def serve(self) -> int:
        """Run `briefing serve` until the end, or die; return its exit code."""
        self._served = True
        clock.run_by(self._clock, waits=self._clock.waits, steady=self._clock.steady)
        return run(["serve", "--port=0", f"--config={self._folder / 'briefing.toml'}"])

    def _end(self) -> None:
        if self._served:
            os.kill(os.getpid(), signal.SIGTERM)

    def _note(self, at: datetime) -> None:
        new = self._folder / "time.new"
        new.write_text(at.isoformat())
        new.replace(self._folder / "time")
        while self._deeds and datetime.fromisoformat(self._deeds[0].partition(" ")[0]) <= at:
            words = self._deeds.pop(0).partition(" ")[2]
            subprocess.run(words, shell=True, check=True, cwd=self._folder)  # noqa: S602  our own
        if self._fatal[:2] == "20" and at >= datetime.fromisoformat(self._fatal):
            die()

    def _watched(self, step: Step, handler: StepHandler) -> StepHandler:
        def watched(task: RoundTask) -> Ended:
            self._doing[step] = 0
            if self._fatal == f"before {step}":
                die()
            try:
                return handler(task)
            finally:
                del self._doing[step]
                if self._fatal == f"after {step}":
                    die()

        return watched

    def _look(self) -> bool:
        """Die after the first source, or the first mail, of the step that is to be cut."""
        if self._fatal in self._doing:
            die()
        return self._requests.closed


def once(folder: Path, at: datetime, words: Sequence[str]) -> int:
    """Run a command while the clock stands at a time; return its exit code."""
    (folder / "time").write_text(at.isoformat())
    clock.run_by(lambda: at)
    return run([*words, f"--config={folder / 'briefing.toml'}"])


def main(folder: str, until: str, fatal: str, *words: str) -> int:
    if words and words[0] != "serve":
        return once(Path(folder), datetime.fromisoformat(until), words)
    parts = (one.split("=") for one in words[1:])
    sets = [(datetime.fromisoformat(at), datetime.fromisoformat(to)) for at, to in parts]
    hangs, wait = Path(folder) / "hangs", Path(folder) / "wait"
    if wait.exists():
        engine.WAIT, round.HANGS = map(float, wait.read_text().split())
    rehearsal = Rehearsal(
        Path(folder),
        datetime.fromisoformat(until),
        fatal,
        sets,
        threads=lambda: 4 if hangs.exists() else 5,
    )
    if words:
        return rehearsal.serve()
    rehearsal.run()
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
