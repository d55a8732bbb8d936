"""The mail: what is written to a subscriber, how it is signed, and what comes back."""
