"""What is done after an answer, so that its time tells nothing: the mail that was asked for."""

from __future__ import annotations

from collections.abc import Callable

import anyio
from anyio import CapacityLimiter, to_thread
from starlette.background import BackgroundTask
from starlette.responses import Response

from briefing.app.readers import OutgoingMail, write
from briefing.core.errors import InputError
from briefing.web.context import WebContext
from briefing.web.failures import LOG, log_failure, without_addresses

#: Mails at the same time: a relay that stalls must not keep pages from being answered.
_AT_ONCE = 4


class MailQueue:
    """Runs what is asked for, in threads of its own."""

    def __init__(self, context: WebContext) -> None:
        self._context = context
        self._threads = CapacityLimiter(_AT_ONCE)

    def after(self, answer: Response, work: Callable[[], OutgoingMail | None]) -> Response:
        """Let some work, and the mail that it asks for, be done when an answer has been sent."""
        answer.background = BackgroundTask(self._run, work)
        return answer

    async def _run(self, work: Callable[[], OutgoingMail | None]) -> None:
        try:
            await self._mail(await to_thread.run_sync(work, limiter=self._threads))
        except Exception as error:
            log_failure(error, at="mail")

    async def _mail(self, outgoing: OutgoingMail | None) -> None:
        send, delivery_log = self._context.send, self._context.delivery_log
        if outgoing is None or send is None or delivery_log is None:
            return
        message = write(outgoing, delivery_log=delivery_log)
        pauses = iter(self._context.pauses)
        while True:
            try:
                await to_thread.run_sync(send, message, outgoing.to.address, limiter=self._threads)
            except OSError as error:
                LOG.warning("a mail could not be sent: %s", without_addresses(str(error)))
                if (pause := next(pauses, None)) is None:
                    LOG.error("a mail is given up after %s tries", len(self._context.pauses) + 1)
                    return
                await anyio.sleep(pause)
            except InputError as error:
                LOG.error("a mail was refused: %s", without_addresses(str(error)))
                return
            else:
                return
