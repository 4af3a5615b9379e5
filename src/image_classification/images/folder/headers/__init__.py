"""What is known of a file before its picture is decoded."""
