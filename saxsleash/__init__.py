"""The saxsleash: the window in which people watch and control a server."""
