"""What the window knows: state that says when it has changed; no widgets, no sockets."""
