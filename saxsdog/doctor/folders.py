"""All checks of the folder that images are written to, one after the other."""

from collections.abc import Callable, Generator, Iterator
from contextlib import closing
from functools import partial
from pathlib import Path

from saxsdog.doctor import arrivals, mounts, names, renames, space, speeds, times
from saxsdog.doctor.asking import TIME_LIMIT, NoAnswerError, answer
from saxsdog.doctor.finding import Finding, Question, Verdict
from saxsdog.doctor.load import Load
from saxsdog.doctor.scratch import scratch_folder
from saxsdog.settings import Settings

SUBJECT = "Folder of the images"

SPEED_LIMIT = 20.0
"""Seconds for what writes and reads as much as a large image."""

_Check = Callable[..., Finding]
_Named = list[tuple[str, _Check, float]]


def check_folder(directory: Path, load: Load, *, has_feeder: bool) -> Iterator[Finding]:
    """Look at a folder, try out what a server does in it, and tell how long its room lasts.

    A folder that does not answer is asked no further.
    """
    for name, check in (("file system", mounts.file_system), ("look into", mounts.can_be_listed)):
        found = answer(Question(SUBJECT, name), partial(check, directory=directory))
        yield found
        if found.verdict is Verdict.BAD:
            return
    with closing(_tried(directory, load, has_feeder=has_feeder)) as tried:
        for found in tried:
            yield found
            if _hangs(found):
                return
    for found in _looked_at(directory, load):
        yield found
        if _hangs(found):
            return


def _hangs(found: Finding) -> bool:
    """Whether what comes after would hang as well."""
    return "time_limit_s" in found.figures


def _tried(directory: Path, load: Load, *, has_feeder: bool) -> Generator[Finding, None, None]:
    """Write into a hidden folder, which is gone in the end."""
    slack = Settings.defaults(()).walk.clock_slack
    checks: _Named = [
        ("events", partial(arrivals.events, has_feeder=has_feeder), TIME_LIMIT),
        ("new files", arrivals.visible, TIME_LIMIT),
        ("replacing", renames.replacing, TIME_LIMIT),
        ("clock", partial(times.clock, slack=slack), TIME_LIMIT),
        ("times of files", times.granularity, TIME_LIMIT),
        ("overwriting", times.change_time, TIME_LIMIT),
        ("names", names.longest, TIME_LIMIT),
        ("case", names.cases, TIME_LIMIT),
        ("write curves", partial(speeds.curves, load=load), SPEED_LIMIT),
        ("read images", partial(speeds.images, load=load), SPEED_LIMIT),
    ]
    write = Question(SUBJECT, "write")
    try:
        with scratch_folder(directory) as folder:
            yield write.good("this user may write and remove files in it")
            for name, check, limit in checks:
                yield answer(Question(SUBJECT, name), partial(check, folder=folder), limit)
    except NoAnswerError as error:
        yield write.bad(
            str(error), "The file server hangs. Ask who runs it.", time_limit_s=TIME_LIMIT
        )
    except OSError as error:
        yield write.bad(
            f"this user may not write in it: {error.strerror or error}",
            "A server that runs as this user may not be able to write curves beside the images. "
            "Give it the right, or write curves elsewhere (output.folder in its settings).",
        )


def _looked_at(directory: Path, load: Load) -> Iterator[Finding]:
    checks: list[tuple[str, _Check]] = [
        ("curves", partial(mounts.place_of_curves, directory=directory)),
        ("free space", partial(space.bytes_left, directory=directory, load=load)),
        ("free files", partial(space.files_left, directory=directory, load=load)),
        ("folders", partial(mounts.watch_limit, directory=directory)),
        ("programs", partial(mounts.watch_instances, directory=directory)),
        ("event queue", partial(mounts.watch_queue, rate=load.rate)),
    ]
    for name, check in checks:
        yield answer(Question(SUBJECT, name), check)
