"""``saxsdog-server``, which kills itself at a point of its code that a test names.

The first argument is a file. Once it is there and says ``<point> before|after <n>``, the process
ends at the n-th time that it comes by, as by a power failure; until then it is a server like any.
"""

import functools
import importlib
import os
import signal
import sys
from pathlib import Path

POINTS = (
    "saxsdog.queue.journal:Journal.add",
    "saxsdog.queue.journal:Journal.add_result",
    "saxsdog.queue.journal:Journal.claim",
    "saxsdog.queue.journal:Journal.clear",
    "saxsdog.queue.journal:Journal.commit",
    "saxsdog.queue.journal:Journal.end",
    "saxsdog.queue.journal:Journal.set_fact",
    "saxsdog.queue.claims:Claims.save",
    "saxsdog.queue.live_list:LiveList.append",
    "saxsdog.queue.picture_queue:PictureQueue.expand",
    "saxsdog.queue.picture_queue:PictureQueue.finish",
    "saxsdog.queue.picture_queue:PictureQueue.forget_pending",
    "saxsdog.queue.picture_queue:PictureQueue.next",
    "saxsdog.queue.picture_queue:PictureQueue.reload",
    "saxsdog.queue.foreman:Foreman.lay_down",
    "saxsdog.queue.foreman:Foreman.open",
    "saxsdog.pipeline.crew:Crew.hand",
    "saxsdog.pipeline.crew:Crew.hire",
    "saxsdog.pipeline.shared_plan:SharedPlan.write",
    "saxsdog.session.intake:Intake.readdir",
    "saxsdog.session.intake:Intake.take_nothing_new",
    "saxsdog.session.keeper:store_files",
    "saxsdog.session.keeper:write_backup",
    "saxsdog.session.keeper:remove_other_queues",
    "saxsdog.session.open_queue:OpenQueue.close",
    "saxsdog.sources.tree:ImageTree._look",
    "saxsdog.whole_file:_write",
    "pathlib:Path.replace",
)


def main():
    """Put the points in place, then serve."""
    armed = Armed(Path(sys.argv.pop(1)))
    for point in POINTS:
        put_in_place(point, armed)
    from saxsdog.cli.server import main as serve

    return serve()


class Armed:
    """Which point is waited for, and how often it was passed."""

    def __init__(self, file):
        self._file = file
        self._waited_for = ""
        self._passed = 0

    def pass_by(self, point, when):
        """End this process if it is time."""
        try:
            text = self._file.read_text()
        except OSError:
            return
        if text != self._waited_for:
            self._waited_for, self._passed = text, 0
        wanted, at, times = text.split()
        if (wanted, at) == (point, when):
            self._passed += 1
            if self._passed == int(times):
                os.kill(os.getpid(), signal.SIGKILL)


def put_in_place(point, armed):
    """Wrap the function of a point."""
    module, _, way = point.partition(":")
    owner = importlib.import_module(module)
    *classes, name = way.split(".")
    for each in classes:
        owner = getattr(owner, each)
    plain = vars(owner)[name]
    kind = type(plain) if isinstance(plain, classmethod | staticmethod) else None
    function = plain.__func__ if kind else plain

    @functools.wraps(function)
    def watched(*arguments, **options):
        armed.pass_by(point, "before")
        result = function(*arguments, **options)
        armed.pass_by(point, "after")
        return result

    setattr(owner, name, kind(watched) if kind else watched)


if __name__ == "__main__":
    sys.exit(main())
