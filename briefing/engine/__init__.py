"""Messages about jobs, from rounds to workers, in procrastinate's tables in PostgreSQL."""

import asyncio
import logging
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

import procrastinate
import psycopg
from procrastinate.exceptions import AlreadyEnqueued, ProcrastinateException
from procrastinate.jobs import Status
from psycopg.conninfo import conninfo_to_dict
from psycopg_pool import PoolTimeout

from briefing.core.errors import StoreError
from briefing.core.frozen import frozen

LOG = logging.getLogger("briefing.engine")
#: Each version has its own tables: messages lost with the old ones are sent again, so that nothing
#: is migrated, and old and new workers can run side by side.
SCHEMA = "procrastinate_" + procrastinate.__version__.replace(".", "_")
_JOB = "briefing.job"
#: Number of the PostgreSQL advisory lock for creating the tables.
_MAKING = int.from_bytes(b"engines!") >> 1
#: Seconds between polls for messages. Notifications would arrive at once, but each listener holds a
#: connection, of which a server has few.
_LOOK = 1.0
#: Seconds before a failed database is tried again, and to connect to it.
_RETRY, _CONNECT = 2.0, 10


@frozen
class Message:
    """A message that a job is ready."""

    #: Kind of work.
    kind: str
    #: Number of the job.
    job: int


class JobQueue:
    """Sends messages, and receives them in a worker. Several threads may send at the same time."""

    def __init__(self, url: str, *, label: str) -> None:
        """Prepare a queue without opening a connection.

        The URL is that of a PostgreSQL database, as libpq reads it; the label names it in messages.
        """
        self._label, self._url = label, url
        given = conninfo_to_dict(url)
        self._options = f"{given.get('options') or ''} -c search_path={SCHEMA}".strip()
        self._timeout = int(given.get("connect_timeout") or _CONNECT)
        self._sending = procrastinate.App(
            connector=procrastinate.SyncPsycopgConnector(**self._pool)
        )

    @property
    def _pool(self) -> dict[str, Any]:
        kwargs = {"options": self._options, "connect_timeout": self._timeout}
        sizes = {"min_size": 0, "max_size": 4, "timeout": float(self._timeout)}
        return {"conninfo": self._url, "kwargs": kwargs, **sizes}

    def open(self) -> None:
        """Open the queue for sending; create the tables if they do not exist.

        StoreError: the database cannot be used.
        """
        with self._translating_errors():
            self._make_tables()
            self._sending.open()

    def close(self) -> None:
        """Close the queue; may be called when it is not open."""
        self._sending.close()

    def send(self, messages: Iterable[Message]) -> None:
        """Send messages, except for jobs that have one on its way already.

        StoreError: the database cannot be used.
        """
        with self._translating_errors():
            for message in messages:
                # Never use procrastinate's own retry, which fails with such a lock: a round plans
                # again what has failed.
                task = self._sending.configure_task(
                    _JOB, queue=message.kind, queueing_lock=str(message.job)
                )
                with suppress(AlreadyEnqueued):
                    task.defer(job=message.job)

    async def receive(
        self,
        kinds: Iterable[str],
        do: Callable[[int], None],
        *,
        worker: str,
        stop: asyncio.Event,
        lost: float,
    ) -> None:
        """Do the jobs that messages name, one of each kind at a time, until ``stop`` is set.

        ``do`` runs in a thread; what it raises is logged. Once ``stop`` is set, running jobs are
        awaited and none are begun. After ``lost`` seconds without a sign of life, a worker counts
        as lost.
        """

        async def work(kind: str) -> None:
            app = procrastinate.App(connector=procrastinate.PsycopgConnector(**self._pool))
            app.task(name=_JOB)(lambda job: do(job))  # noqa: PLW0108  called with a keyword argument
            async with app.open_async():
                await self._sweep(app, kind, lost=lost)
                working = asyncio.create_task(
                    app.run_worker_async(
                        queues=[kind],
                        name=f"{worker}/{kind}",
                        concurrency=1,
                        fetch_job_polling_interval=_LOOK,
                        listen_notify=False,
                        delete_jobs="always",
                        install_signal_handlers=False,
                        update_heartbeat_interval=lost / 6,
                        stalled_worker_timeout=lost,
                    )
                )
                stopping = asyncio.create_task(stop.wait())
                try:
                    await asyncio.wait({working, stopping}, return_when=asyncio.FIRST_COMPLETED)
                finally:
                    stopping.cancel()
                    # This lets the running job end.
                    working.cancel()
                    with suppress(asyncio.CancelledError):
                        await working

        async def lane(kind: str) -> None:
            while not stop.is_set():
                try:
                    await work(kind)
                except (ProcrastinateException, psycopg.Error, PoolTimeout, OSError) as error:
                    LOG.warning(
                        "%s: no messages (%s); they are asked for again", self._label, error
                    )
                    with suppress(TimeoutError):
                        await asyncio.wait_for(stop.wait(), _RETRY)

        await asyncio.gather(*map(lane, kinds))

    async def _sweep(self, app: procrastinate.App, kind: str, *, lost: float) -> None:
        """Delete the messages of dead workers, whose jobs the store makes available again."""
        stalled = await app.job_manager.get_stalled_jobs(queue=kind, seconds_since_heartbeat=lost)
        for message in stalled:
            if message.id is not None:
                with suppress(ProcrastinateException):
                    await app.job_manager.finish_job_by_id_async(
                        message.id, status=Status.FAILED, delete_job=True
                    )
        await app.job_manager.delete_old_jobs(
            nb_hours=24, queue=kind, include_failed=True, include_cancelled=True
        )

    def _make_tables(self) -> None:
        """Create procrastinate's tables, in one transaction, unless another process has."""
        with psycopg.connect(
            self._url, options=self._options, connect_timeout=self._timeout
        ) as connection:
            connection.execute("SET LOCAL lock_timeout = '30s'")
            connection.execute("SELECT pg_advisory_xact_lock(%s)", (_MAKING,))
            known = connection.execute("SELECT 1 FROM pg_namespace WHERE nspname = %s", (SCHEMA,))
            if known.fetchone() is None:
                connection.execute(f"CREATE SCHEMA {SCHEMA}".encode())
                connection.execute(self._sending.schema_manager.get_schema())

    @contextmanager
    def _translating_errors(self) -> Iterator[None]:
        try:
            yield
        except (ProcrastinateException, psycopg.Error, PoolTimeout) as error:
            reason = " ".join(str(error.__cause__ or error).split())
            raise StoreError(f"{self._label}: no message can be sent ({reason})") from error
