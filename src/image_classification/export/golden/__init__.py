"""Golden pictures: what each stage makes of them is kept, so that any program can be compared with it."""
