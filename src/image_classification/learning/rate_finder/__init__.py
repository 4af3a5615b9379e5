"""Finding the learning rate by a range test, before the training."""
