"""What the window shows: widgets that draw a model and say what the user wants."""
