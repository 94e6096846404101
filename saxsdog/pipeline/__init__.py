"""Processes that integrate images: this one, or workers beside it."""
