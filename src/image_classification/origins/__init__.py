"""What each file was made from: nothing of two trainings is combined, and only what changed is redone."""
