"""A person's own images: folders or tables, and the splits made of them."""
