"""Many trainings in one command: who trains what, in how many processes, and what is there already."""
