"""What the command of a training does for all its processes: it lets machines join, and follows them."""
