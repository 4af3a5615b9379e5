"""A network that starts from trained weights: what of it is frozen, learns more slowly, or begins later."""
