"""The measures behind all published figures."""
