"""An operator who is told of alerts."""

from __future__ import annotations

from datetime import datetime

from briefing.app.rounds.alerting import Phase, SentAlert, decide, remembered
from briefing.app.rounds.alerts import Alert


class Teller:
    """Tells and remembers as an operator would see it."""

    def __init__(self) -> None:
        self.told: dict[str, SentAlert] = {}

    def look(self, at: datetime, *alerts: Alert) -> list[Phase]:
        notices = decide(alerts, self.told, at)
        self.told = remembered(self.told, alerts, notices, at)
        return [one.phase for one in notices]
