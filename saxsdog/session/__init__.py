"""What a server knows and does, and the answer to every request."""
