"""Zip and tar archives of images: what is in them, and how they are unpacked so that nothing gets out."""
