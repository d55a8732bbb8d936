"""VERB: access: operators who sign in, and programs with tokens."""
