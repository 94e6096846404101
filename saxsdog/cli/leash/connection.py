"""Reach the server that the options of a command name."""

import argparse
import sys

from saxsdog.client import Client
from saxsdog.network import network_file, permission_problem


def connect(options: argparse.Namespace) -> Client:
    """Return a client; warn if others can read the file with the secret.

    Raises
    ------
    SettingsError, UsageError
        As :meth:`saxsdog.client.Client.from_network` does.
    """
    path = options.network or network_file()
    problem = permission_problem(path)
    if problem is not None:
        print(f"saxsleash: warning: {problem}", file=sys.stderr)
    return Client.from_network(options.name, path)
