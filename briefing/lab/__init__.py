"""How well each part works on labeled data, and the training of the section model."""
