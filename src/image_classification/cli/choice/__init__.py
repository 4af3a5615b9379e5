"""Which pipeline a command runs: as its parameters, its files and what was trained say."""
