"""Decisions that depend on no clock, network, disk or randomness."""
