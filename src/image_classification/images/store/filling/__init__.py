"""Writing an image store: its header, its images, and those that an earlier store has already."""
