"""What connects models, panels and the link, one subject a module."""
