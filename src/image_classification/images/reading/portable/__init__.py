"""What recorded models take with them to decode pictures; it needs nothing but numpy, Pillow and torch.

These modules, and those beside this folder that they import, are copied into the folders of recorded models.
"""
