"""Folders whose images wait because their curves cannot be written, while others go on."""

from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from saxsdog.queue.picture_queue import Item
from saxsdog.words import count

TRY_AGAIN = 5.0
"""s between two trials of a folder, as long as there are few."""

MOST_AT_A_TIME = 10
"""Folders that are tried within :data:`TRY_AGAIN`; more of them take turns."""

MOST_WAITING = 20_000
"""Images that wait in memory; past these nothing more is taken up until some can go on."""

MOST_TOLD = 3
"""Folders that are named for each of as many reasons; of more, their number is told."""

GO_ON = "and go on by themselves when it works again"


@dataclass
class _Hold:
    """A folder of images that wait, and why."""

    message: str
    items: deque[Item] = field(default_factory=deque)


class Holds:
    """Which folders of images are held, and which of their images is tried next.

    One image of one folder is tried at a time. When its curves could be written its folder is free,
    and the next folder is tried at once: most often it is one disk that they all wait for.

    Parameters
    ----------
    clock
        Seconds that never jump.
    """

    def __init__(self, clock: Callable[[], float], try_again: float = TRY_AGAIN) -> None:
        self._clock = clock
        self._try_again = try_again
        self._holds: dict[str, _Hold] = {}
        self._on_trial: str | None = None
        self._try_at: float | None = None
        self._n_waiting = 0

    def __contains__(self, folder: str) -> bool:
        return folder in self._holds

    def __bool__(self) -> bool:
        return bool(self._holds)

    @property
    def are_full(self) -> bool:
        """Whether so many images wait that no further ones should be taken up."""
        return self._n_waiting >= MOST_WAITING

    @property
    def due(self) -> float | None:
        """When the next image should be tried, if none is on trial."""
        return None if self._on_trial is not None or not self._n_waiting else self._try_at

    @property
    def told(self) -> Iterable[str]:
        """What is wrong, a sentence each."""
        folders_by_message: dict[str, list[str]] = {}
        for folder, hold in list(self._holds.items()):
            folders_by_message.setdefault(hold.message, []).append(folder)
        sentences = sorted(folders_by_message.items())
        for message, folders in sentences[:MOST_TOLD]:
            names = _named(sorted(folders))
            yield f"{message}; the images of {names} wait, {GO_ON}"
        more = sum(len(folders) for _, folders in sentences[MOST_TOLD:])
        if more:
            others = count(more, "more folder")
            yield f"the images of {others} wait because results cannot be written, {GO_ON}"

    def hold(self, folder: str, message: str) -> bool:
        """Let the images of a folder wait; whether they did not before."""
        is_new = folder not in self._holds
        if is_new:
            self._holds[folder] = _Hold(message)
            if self._try_at is None:
                self._try_at = self._clock() + self._try_again
        else:
            self._holds[folder].message = message
        if self._on_trial == folder:
            self._on_trial = None
            self._holds[folder] = self._holds.pop(folder)  # the others come first
            self._try_at = self._clock() + self._try_again / min(len(self._holds), MOST_AT_A_TIME)
        return is_new

    def wait(self, folder: str, item: Item, *, first: bool = False) -> None:
        """Let an image wait with its folder; ``first``: it was taken up before those that do."""
        items = self._holds[folder].items
        (items.appendleft if first else items.append)(item)
        self._n_waiting += 1

    def next_trial(self) -> Item | None:
        """Return the image that shall tell whether its folder is free again, if it is time."""
        due = self.due
        if due is None or self._clock() < due:
            return None
        for folder, hold in self._holds.items():
            if hold.items:
                self._on_trial = folder
                self._n_waiting -= 1
                return hold.items.popleft()
        return None

    def end_trial(self, folder: str) -> None:
        """Note that an image has ended that says nothing of its folder: the next is tried."""
        if self._on_trial == folder:
            self._on_trial = None

    def free(self, folder: str) -> list[Item]:
        """Hold a folder no more; return its images that waited."""
        hold = self._holds.pop(folder)
        self._n_waiting -= len(hold.items)
        if self._on_trial in (folder, None):
            self._on_trial = None
            self._try_at = self._clock() if self._holds else None
        return list(hold.items)

    def free_all(self) -> list[Item]:
        """Hold nothing any more; return all images that waited."""
        return [item for folder in list(self._holds) for item in self.free(folder)]


def _named(folders: Sequence[str]) -> str:
    """Name folders, and say how many more there are."""
    more = len(folders) - MOST_TOLD
    if more > 0:
        return f"{', '.join(folders[:MOST_TOLD])} and {count(more, 'more folder')}"
    return " and ".join(filter(None, (", ".join(folders[:-1]), folders[-1])))
