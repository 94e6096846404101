"""Numbers only: from pixels to curves, without files, documents or sockets."""
