"""What the folders of a person's images mean: splits, classes, or a question."""
