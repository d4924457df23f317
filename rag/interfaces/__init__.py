"""What people and programs use: the command line, the page, the JSON."""
