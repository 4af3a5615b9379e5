"""What every source of images is turned into: a store, its index, statistics and sets."""
