"""The optional encoder of texts: a small neural model that helps to tell sections."""

from briefing.encoder.classifier import Encoded, EncoderHead, from_bytes, read, write
from briefing.encoder.embed import Embed, load

__all__ = ["Embed", "Encoded", "EncoderHead", "from_bytes", "load", "read", "write"]
