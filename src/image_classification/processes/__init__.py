"""The process that a command is: how it is ended early, who its parent is, and how it is known afterwards."""
