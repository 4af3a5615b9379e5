"""What a trained network says of images that it has never seen, wherever they come from."""
