"""Which section a text belongs to."""
