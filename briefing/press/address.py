"""The web address of an edition as it is printed, with its QR code."""

from __future__ import annotations

from dataclasses import dataclass

from briefing.press.lines import safe_url
from briefing.press.qr import QrCode, draw_qr

#: A longer address would have modules under .3 mm in a code of 15 mm, too fine for a phone.
_LONGEST = 150


@dataclass(frozen=True, slots=True)
class AddressView:
    """The web address of an edition, for print."""

    url: str
    #: Without scheme: "brief.example/" and "2026-03-12".
    host: str
    path: str
    qr: QrCode


def printed_address(address: str) -> AddressView | None:
    """Prepare an address for print; None if it is none of the web, or over 150 characters."""
    url = safe_url(address)
    if not url or len(url) > _LONGEST:
        return None
    host, _, path = url.partition("://")[2].rpartition("/")
    return AddressView(url, f"{host}/", path, draw_qr(url))
