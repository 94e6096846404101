"""One plan in memory for all worker processes."""

import mmap
import os
import pickle
import tempfile
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from saxsdog.errors import OutputError
from saxsdog.reduction.plan import Plan

_ALIGNMENT = 64


@dataclass(frozen=True)
class SharedPlan:
    """A plan whose arrays lie in a file that every process maps; small enough to pass around.

    Only processes of the same user that were started with this object open it: the structure
    around the arrays is a pickle, and never comes from outside.
    """

    path: Path
    structure: bytes
    spans: tuple[tuple[int, int], ...]

    @classmethod
    def write(cls, plan: Plan, folder: Path | None = None) -> Self:
        """Put a plan into a new temporary file.

        Raises
        ------
        OutputError
            If there is no room for it in ``folder``; without one, ``TMPDIR`` tells where.
        """
        buffers: list[pickle.PickleBuffer] = []
        structure = pickle.dumps(plan, protocol=5, buffer_callback=buffers.append)
        spans: list[tuple[int, int]] = []
        descriptor, name = tempfile.mkstemp(prefix="saxsdog-plan-", suffix=".bin", dir=folder)
        try:
            with os.fdopen(descriptor, "wb") as file:
                for buffer in buffers:
                    file.seek(-(-file.tell() // _ALIGNMENT) * _ALIGNMENT)
                    start = file.tell()
                    file.write(buffer.raw())
                    spans.append((start, file.tell()))
                file.write(b"\0")  # an empty file cannot be mapped
        except OSError as error:
            Path(name).unlink()
            raise OutputError(f"{name}: no room for the plan: {error.strerror}") from error
        return cls(Path(name), structure, tuple(spans))

    def open(self) -> Plan:
        """Map the plan, read-only; it stays usable when the file is removed."""
        with self.path.open("rb") as file:
            memory = memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
        buffers = [memory[start:stop] for start, stop in self.spans]
        plan = pickle.loads(self.structure, buffers=buffers)  # noqa: S301 - see the class
        assert isinstance(plan, Plan)  # noqa: S101 - for the type checker
        return plan

    def remove(self) -> None:
        self.path.unlink(missing_ok=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.remove()
