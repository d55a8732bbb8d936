"""The optional encoder of texts: a small neural model that helps to tell sections."""

from briefing.encoder.classifier import Encoded, Head, from_bytes, read, write
from briefing.encoder.embed import Embed, load

__all__ = ["Embed", "Encoded", "Head", "from_bytes", "load", "read", "write"]
