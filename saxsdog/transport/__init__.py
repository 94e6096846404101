"""Bring sealed messages and events from one machine to another: all that knows ZeroMQ."""
