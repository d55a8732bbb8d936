"""VERB: the daily round: collect through the day, publish at its time, deliver at each reader's."""
