"""What a run was measured on: the machine, and the versions of all that counts."""

import os
import platform
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

PACKAGES = (
    "saxsdog",
    "numpy",
    "scipy",
    "numba",
    "llvmlite",
    "fabio",
    "tifffile",
    "h5py",
    "hdf5plugin",
    "pyFAI",
)
CACHES = Path("/sys/devices/system/cpu/cpu0/cache")
BINARY_UNITS = {"K": 1 << 10, "M": 1 << 20, "G": 1 << 30}


def describe_machine(n_cores: int) -> dict[str, str | int | None]:
    """Describe this machine; sizes in bytes, ``None`` for what is not known or not installed.

    Parameters
    ----------
    n_cores
        That this process may use.
    """
    found: dict[str, str | int | None] = {
        "processor": _processor(),
        "cores": n_cores,
        "memory_bytes": memory_bytes(),
    }
    found |= {f"{name}_cache_bytes": size for name, size in cache_bytes().items()}
    found |= {
        "system": f"{platform.system()} {platform.release()}",
        "Python": platform.python_version(),
    }
    return found | {package: _version(package) for package in PACKAGES}


def memory_bytes() -> int | None:
    """Memory of the machine, or ``None`` where the system does not tell."""
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError):  # Windows
        return None


def cache_bytes() -> dict[str, int]:
    """Sizes of the caches that the first core can use, the smallest first: ``{"L1d": 49152}``."""
    found = {}
    for index in sorted(CACHES.glob("index[0-9]*")):
        try:
            level, kind, size = (
                (index / name).read_text(encoding="ascii").strip()
                for name in ("level", "type", "size")
            )
        except OSError:
            continue
        if kind != "Instruction":
            number, unit = (size[:-1], size[-1]) if size[-1] in BINARY_UNITS else (size, "")
            name = f"L{level}{'d' if kind == 'Data' else ''}"
            found[name] = int(number) * BINARY_UNITS.get(unit, 1)
    return found


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def _processor() -> str:
    names = Path("/proc/cpuinfo")
    if names.exists():  # Linux; elsewhere the platform module knows
        for line in names.read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()
