"""Several processes train one network, each on its part of every batch, to the result of one process."""
