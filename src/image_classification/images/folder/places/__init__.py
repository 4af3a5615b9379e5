"""Where the images of a person are: a folder, a table, a pattern, or what is in an archive."""
