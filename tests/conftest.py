"""What all tests share."""

from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def real_data() -> Path:
    """Return the folder of a real detector frame, which is not part of the repository."""
    folder = Path(__file__).parents[2] / "shared" / "data"
    if not (folder / "agbeh2_1M.tif").exists():
        pytest.skip(f"the real detector frame is not here: {folder}")
    return folder
