from __future__ import annotations

from threading import Event

from briefing.app.outbox import OutboxWorker


def test_one_that_is_closed_just_before_it_looks_ends_without_a_wait() -> None:
    worker = OutboxWorker(lambda: None)

    class Woken(Event):
        """The wake of whoever closes it comes when it was found open, and is not yet cleared."""

        def clear(self) -> None:
            worker._closed.set()
            self.set()
            super().clear()

        def wait(self, timeout: float | None = None) -> bool:
            raise AssertionError(f"it waits for {timeout} seconds though it is closed")

    worker._woken = Woken()
    worker._run()
