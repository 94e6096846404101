"""Whether a file that is replaced by renaming is there and whole at every moment."""

import time
from pathlib import Path

from saxsdog.doctor.finding import Finding, Question
from saxsdog.doctor.scribe import VERSIONS, Scribe

SECONDS = 0.5
_WHOLE = {letter * length for letter, length in VERSIONS.items()}


def replacing(question: Question, folder: Path) -> Finding:
    """Read a file again and again while another process replaces it, as the server does curves."""
    path = folder / "replaced.chi"
    path.write_bytes(next(iter(_WHOLE)))
    read = torn = missing = 0
    with Scribe(folder) as scribe:
        scribe.begin("replace", path.name, SECONDS)
        end = time.monotonic() + SECONDS
        while time.monotonic() < end:
            try:
                torn += path.read_bytes() not in _WHOLE
            except OSError:
                missing += 1
            read += 1
        replaced = int(scribe.end())
    figures = {"reads": read, "replaced": replaced, "torn": torn, "missing": missing}
    if torn:
        return question.bad(
            f"{torn} of {read} readers got half a file while it was replaced",
            "Programs that read curves may meet torn ones. Write curves to another disk (output."
            "folder in the settings of the server).",
            **figures,
        )
    if missing:
        return question.doubtful(
            f"{missing} of {read} readers found no file while it was replaced",
            "Programs that read curves must try again, or write curves to another disk (output."
            "folder in the settings of the server).",
            **figures,
        )
    return question.good(
        f"always there and whole, read {read} times while replaced {replaced} times", **figures
    )
