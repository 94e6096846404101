"""All checks of a site, one after the other."""

import json
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Self

from saxsdog.calibration import Calibration
from saxsdog.detectors import Detector, detector
from saxsdog.doctor import (
    calibrations,
    frames,
    machine,
    mounts,
    network_file,
    servers,
    state,
)
from saxsdog.doctor.asking import TIME_LIMIT, NoAnswerError, answer, within
from saxsdog.doctor.finding import Finding, Question, Verdict
from saxsdog.doctor.folders import check_folder
from saxsdog.doctor.load import Load, load_of
from saxsdog.doctor.scratch import scratch_folder
from saxsdog.errors import SaxsdogError
from saxsdog.integrator import Integrator
from saxsdog.network import NetworkEntry, choose, load_network
from saxsdog.paths import printable
from saxsdog.settings import default_state_folder

MACHINE = "This machine"
WINDOW = "Window"
NETWORK = "Network file"
STATE = "State of the server"

SLOW_LIMIT = 20.0
"""Seconds for what reads or writes as much as a large image."""

_Check = Callable[[Question], Finding]


@dataclass(frozen=True)
class Site:
    """What is to be looked at.

    Attributes
    ----------
    directory
        Folder of the images, if any.
    network, name
        Network file, and which of its servers; ``None`` for all.
    calibration, frame
        Files to look at, if any.
    detector
        Whose images are expected, where no calibration says so.
    rate
        Images a second.
    workers
        Processes that integrate; ``None`` where the calibration says so.
    state
        Folder of the state of the server; ``None`` for the usual place.
    n_cores
        That this process may use.
    """

    directory: Path | None
    network: Path
    name: str | None
    calibration: Path | None
    frame: Path | None
    detector: Detector
    rate: float
    workers: int | None
    state: Path | None
    n_cores: int

    def to_json(self) -> str:
        """Return what another process needs to look at the same."""
        document = {key: None if value is None else str(value) for key, value in vars(self).items()}
        numbers = {"rate": self.rate, "workers": self.workers, "n_cores": self.n_cores}
        return json.dumps(document | numbers | {"detector": self.detector.name})

    @classmethod
    def from_json(cls, text: str) -> Self:
        document = json.loads(text)
        for key in ("directory", "network", "calibration", "frame", "state"):
            document[key] = None if document[key] is None else Path(document[key])
        return cls(**document | {"detector": detector(document["detector"])})


def examine(site: Site) -> Generator[Finding, None, None]:
    """Check a site; findings come as they are made, those of a subject together.

    Close it if it is not read to its end: files in the folder of the images are removed then.

    Raises
    ------
    UsageError
        If there is no server of the name that was given.
    """
    entries = _entries(site)
    plan = _Plan()
    yield from _machine()
    yield from _network(site, entries)
    if site.calibration is not None:
        yield from _calibration(site, site.calibration, plan)
    workers = site.workers or (plan.calibration.workers if plan.calibration else 1)
    shape = plan.calibration.geometry.shape if plan.calibration else None
    built = plan.integrator.plan if plan.integrator else None
    load = load_of(site.rate, site.detector, shape, built, workers)
    yield from _power(site, plan, load)
    if site.frame is not None:
        yield from _frame(site, site.frame, plan)
    known = _found_entries(entries)
    if site.directory is not None:
        has_feeder = any(entry.feeder for entry in known)
        yield from check_folder(site.directory, load, has_feeder=has_feeder)
    yield from _state(site, known)
    yield from _window()


@dataclass
class _Plan:
    """What became of the calibration."""

    calibration: Calibration | None = None
    integrator: Integrator | None = None


def _entries(site: Site) -> list[NetworkEntry] | SaxsdogError | None:
    """Return the servers to look at, what is wrong with their file, or ``None`` if there is none.

    Raises
    ------
    UsageError
        If there is no server of the name that was given.
    """
    try:
        if not within(TIME_LIMIT, lambda: site.network.exists() or site.network.is_symlink()):
            return None
        entries = within(TIME_LIMIT, lambda: load_network(site.network))
    except (SaxsdogError, OSError) as error:
        return error if isinstance(error, SaxsdogError) else SaxsdogError(str(error))
    return entries if site.name is None else [choose(entries, site.name)]


def _found_entries(entries: list[NetworkEntry] | SaxsdogError | None) -> list[NetworkEntry]:
    return entries if isinstance(entries, list) else []


def _machine() -> Iterator[Finding]:
    yield answer(Question(MACHINE, "Python"), machine.python_version)
    yield answer(Question(MACHINE, "libraries"), machine.libraries)
    compiled = Question(MACHINE, "compiled loops")
    yield answer(compiled, machine.compiled_loops, machine.IMPORT_LIMIT + 1)
    yield answer(Question(MACHINE, "open files"), machine.open_files)


def _network(site: Site, entries: list[NetworkEntry] | SaxsdogError | None) -> Iterator[Finding]:
    file = Question(NETWORK, "file")
    if entries is None:
        yield network_file.missing(file, site.network)
        return
    if isinstance(entries, SaxsdogError):
        yield file.bad(str(entries), "Correct it, or copy that of the server again.")
        return
    yield network_file.content(file, site.network, entries)
    rights = partial(network_file.rights, path=site.network)
    yield answer(Question(NETWORK, "rights"), rights)
    if entries:
        yield network_file.secrets(Question(NETWORK, "secret"), entries)
    for entry in entries:
        yield from servers.check_server(entry)


def _calibration(site: Site, path: Path, plan: _Plan) -> Iterator[Finding]:
    subject = calibrations.subject_of(path)
    found = answer(Question(subject, "document"), partial(calibrations.load, path=path))
    yield found
    if found.verdict is Verdict.BAD:
        return
    plan.calibration = within(TIME_LIMIT, lambda: Calibration.load(path))
    verdicts = set()
    for found in calibrations.check_masks(subject, plan.calibration, path.parent):
        verdicts.add(found.verdict)
        yield found
    try:
        plan.integrator = calibrations.integrator_of(path, plan.calibration)
    except SaxsdogError as error:
        if Verdict.BAD not in verdicts:  # else it is said already
            yield Question(subject, "weights").bad(str(error), "Correct this, and check again.")
        return
    yield answer(Question(subject, "bins"), partial(calibrations.bins, integrator=plan.integrator))
    size = partial(calibrations.plan_size, integrator=plan.integrator)
    yield answer(Question(subject, "weights"), size)


def _power(site: Site, plan: _Plan, load: Load) -> Iterator[Finding]:
    """Compare what the machine can do with what is expected."""
    subject = "Cores and memory"
    yield answer(
        Question(subject, "cores"), partial(machine.cores, load=load, n_cores=site.n_cores)
    )
    size = plan.integrator.plan.nbytes if plan.integrator else 0
    yield answer(Question(subject, "memory"), partial(machine.memory, load=load, plan_size=size))
    if plan.integrator is not None:
        speed = partial(
            calibrations.speed, integrator=plan.integrator, load=load, n_cores=site.n_cores
        )
        yield answer(Question(subject, "integration"), speed, calibrations.PLAN_LIMIT)


def _frame(site: Site, path: Path, plan: _Plan) -> Iterator[Finding]:
    subject = f"Image {printable(path.name)}"
    shape = plan.calibration.geometry.shape if plan.calibration else None
    found = answer(
        Question(subject, "content"), partial(frames.readable, path=path, shape=shape), SLOW_LIMIT
    )
    yield found
    if found.verdict is Verdict.BAD or plan.calibration is None or site.calibration is None:
        return
    dead = partial(
        frames.dead_pixels,
        path=path,
        calibration=plan.calibration,
        folder=site.calibration.parent,
    )
    yield answer(Question(subject, "dead pixels"), dead, SLOW_LIMIT)


def _state(site: Site, entries: list[NetworkEntry]) -> Iterator[Finding]:
    name = entries[0].name if entries else "local"
    folder = site.state or default_state_folder(name)
    found = answer(Question(STATE, "folder"), partial(state.place, folder=folder))
    yield found
    if found.verdict is Verdict.BAD:
        return
    journal = Question(STATE, "journal")
    try:
        there = within(TIME_LIMIT, lambda: mounts.existing(folder))
        with scratch_folder(there) as scratch:
            yield answer(journal, partial(state.journal, scratch=scratch))
    except (NoAnswerError, OSError) as error:
        yield journal.bad(
            f"cannot be written: {error}", "Choose another disk: 'saxsdog-server --state DIR'."
        )


def _window() -> Iterator[Finding]:
    limit = machine.IMPORT_LIMIT + 1
    libraries = answer(Question(WINDOW, "libraries"), machine.window_libraries, limit)
    yield libraries
    if libraries.verdict is Verdict.GOOD:
        yield answer(Question(WINDOW, "screen"), machine.screen, limit)
