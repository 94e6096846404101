"""Command lines: arguments and messages; the only place that prints."""
