"""Checkpoints: a training that was interrupted goes on from the last of them, to the same result."""
