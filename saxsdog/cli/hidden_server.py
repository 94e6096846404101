"""A server that another program of ours has started for itself, and that outlives it by a moment.

Run as ``python -m saxsdog.cli.hidden_server FOLDER PARENT …``; the rest is for ``saxsdog-server``.
"""

import os
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

from saxsdog.cli.server import main as serve


def main(arguments: Sequence[str]) -> int:
    """Serve, and clean up for a parent that cannot do it any more.

    Parameters
    ----------
    arguments
        The folder that the parent has made for this server, where its secret lies; the process id
        of the parent; the arguments of ``saxsdog-server``.
    """
    folder, parent, *words = arguments
    try:
        return serve([*words, "--stop-with-stdin"])
    finally:
        # While the parent lives it wants to read the log, and removes the folder itself.
        if os.getppid() != int(parent):
            shutil.rmtree(Path(folder), ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
