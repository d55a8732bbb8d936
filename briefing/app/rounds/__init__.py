"""The daily round: collect all day, publish on time, deliver at each reader's time."""
