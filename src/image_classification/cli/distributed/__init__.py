"""Commands of machines that train together."""
