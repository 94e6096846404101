"""Results are made again from what they say they were made of, and compared."""
