"""Labels that a person corrects in a table beside the images, whose files stay as they are."""
