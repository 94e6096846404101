"""A real server whose workers do what the names of images tell them to, see ``fragile.py``."""

import sys
from pathlib import Path

from saxsdog.cli.server import main
from saxsdog.session import open_queue
from tests.helpers.fragile import FragileTask

FOLDER = Path(__file__).parents[2]
START = f"import sys; sys.path.insert(0, {str(FOLDER)!r}); "

FRAGILE_SERVER = (sys.executable, "-c", START + f"from {__name__} import run; run()")
"""What to start in place of the server."""


def run() -> None:
    """Be the server."""
    open_queue.WorkerTask = FragileTask  # type: ignore[misc, attr-defined]
    sys.exit(main())
