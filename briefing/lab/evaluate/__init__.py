"""The measures behind every figure we publish."""
