"""Measures each part on labeled data, and trains the section model."""
