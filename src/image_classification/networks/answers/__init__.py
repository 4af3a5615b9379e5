"""What is made of the outputs of a network: calibrated probabilities, sets of classes, and "unsure"."""
