"""The optional encoder of texts: a small neural model that helps to tell sections."""

from briefing.encoder.classifier import Encoded, EncoderHead, from_bytes, load, read, shared, write

__all__ = ["Encoded", "EncoderHead", "from_bytes", "load", "read", "shared", "write"]
