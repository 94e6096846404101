"""What a server and a leash say to each other: pure functions over bytes, no sockets."""
