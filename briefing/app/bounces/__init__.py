"""VERB: mail that came back, and what follows for subscribers."""
