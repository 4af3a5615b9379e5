"""The pipeline `comparison`: which of the recorded runs is the best, and how sure that is."""
