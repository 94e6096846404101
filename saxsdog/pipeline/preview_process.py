"""A frame made small in a process of its own, where no worker waits for jobs.

Nobody knows what is in a file that somebody else has written: the server does not decode it itself.
"""

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from saxsdog.errors import FrameError, SeveralImagesError
from saxsdog.image_names import join
from saxsdog.io.images import Caution, read_frame
from saxsdog.pipeline.preview import Preview, PreviewJob, preview_of

PATIENCE = 20.0
"""s; a process starts in one, a disk that sleeps takes some."""


def preview_in_a_process(job: PreviewJob, roots: Sequence[Path]) -> Preview:
    """Return the preview of an image, of the first one in a file that holds several.

    It is not read if it is none in one of the roots.
    """
    command = [sys.executable, "-m", __name__, str(job.image), str(job.max_side), *map(str, roots)]
    try:
        ended = subprocess.run(  # noqa: S603 - ourselves
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=PATIENCE,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return Preview.failed(job.image, f"{job.image}: not read within {PATIENCE:g} s")
    if ended.returncode or not Preview.is_one(ended.stdout):
        return Preview.failed(job.image, f"{job.image}: the process that read it has died")
    return Preview.from_bytes(ended.stdout)


def main() -> None:
    """Read the image that the command line names, and write its preview to standard output."""
    _, image, max_side, *roots = sys.argv
    preview = _preview(Path(image), int(max_side), Caution(tuple(map(Path, roots))))
    sys.stdout.buffer.write(preview.to_bytes())


def _preview(file: Path, max_side: int, caution: Caution) -> Preview:
    name = str(file)
    try:
        try:
            frame = read_frame(file, caution=caution)
        except SeveralImagesError:
            frame, name = read_frame(file, page=0, caution=caution), join(name, 0)
    except FrameError as error:
        return Preview.failed(file, str(error))
    rows, columns = frame.image.shape
    pixels, block = preview_of(frame.image, max_side)
    return Preview(name, (rows, columns), pixels, block)


if __name__ == "__main__":
    main()
