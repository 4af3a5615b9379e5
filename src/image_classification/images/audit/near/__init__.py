"""Near copies: pictures that were resized, recompressed, brightened, mirrored, turned or cropped a little."""
