"""PURE: what is decided without clock, network, disk or randomness."""
