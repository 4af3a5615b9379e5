"""Labels that are probably wrong, found by what networks say of images that they have not seen."""
