"""Kedro hooks beside tracking: check the parameters and inputs before a run, sum up its results after it."""
