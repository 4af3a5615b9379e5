"""The smallest project that trains: it stands in for the real one where only tracking is looked at."""
