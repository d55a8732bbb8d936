"""VERB: who may steer: operators who sign in, and programs with tokens."""
