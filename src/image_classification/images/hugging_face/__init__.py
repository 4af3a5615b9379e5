"""Data sets of the Hugging Face hub, and copies of them on this machine."""
