"""What all tests share."""

import os
from pathlib import Path

import pytest
from hypothesis import settings

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")  # before Qt looks for a screen

# How long an example takes says nothing; `make soak` tries more of them.
settings.register_profile("any machine", deadline=None, max_examples=50)
settings.load_profile("any machine")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let the long tests take as long as somebody has."""
    parser.addoption(
        "--budget", type=float, default=60.0, help="s that each long test may take (make soak)"
    )


@pytest.fixture(scope="session")
def budget(pytestconfig: pytest.Config) -> float:
    """Return how long a test of ``make soak`` may go on, s."""
    seconds: float = pytestconfig.getoption("budget")
    return seconds


@pytest.fixture(scope="session")
def real_data() -> Path:
    """Return the folder of a real detector frame, which is not part of the repository."""
    folder = Path(__file__).parents[2] / "shared" / "data"
    if not (folder / "agbeh2_1M.tif").exists():
        pytest.skip(f"the real detector frame is not here: {folder}")
    return folder
