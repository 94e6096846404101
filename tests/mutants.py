"""Let mutmut change single places of a module, and show what no test noticed: ``make mutants``.

Works on a copy in ``build/mutants``. Tests of one process only: a mutant lives in a fork of it, so
neither a server that is started anew nor a value that a test module makes at its import sees it.
What mutmut leaves out: decorated functions and what stands outside of functions.
"""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

from mutmut.stats import status_by_exit_code

PROJECT = Path(__file__).parents[1]
WORK = PROJECT / "build" / "mutants"
COPIED = ("saxsdog", "tests", "feeder", "schemas", "pyproject.toml")

MODULES = {
    "saxsdog/protocol/envelope.py": ("tests/unit/protocol/test_envelope.py",),
    "saxsdog/protocol/strict_json.py": ("tests/unit/protocol/test_strict_json.py",),
    "saxsdog/transport/seen.py": ("tests/unit/transport/test_seen.py",),
    "saxsdog/paths.py": ("tests/unit/test_paths.py",),
    "saxsdog/queue/journal.py": ("tests/unit/queue/test_journal.py",),
    "saxsdog/queue/database.py": ("tests/unit/queue/test_database.py",),
}
"""Each with its tests, the smallest set that says what it must do."""

SETTINGS = """
[tool.mutmut]
source_paths = ["saxsdog"]
only_mutate = {modules}
also_copy = ["feeder", "schemas"]
pytest_add_cli_args_test_selection = {tests}
# The same examples for each mutant; what a mutant breaks needs no smaller example.
pytest_add_cli_args = ["--hypothesis-profile=ci", "--no-header"]
timeout_multiplier = 5
"""


def prepare(folder, module, tests):
    """Make a copy of the project in which mutmut changes this module."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for name in COPIED:
        source = PROJECT / name
        if source.is_dir():
            shutil.copytree(
                source, folder / name, ignore=shutil.ignore_patterns("__pycache__", "*.pyc")
            )
        else:
            shutil.copy(source, folder / name)
    with (folder / "pyproject.toml").open("a", encoding="utf-8") as settings:
        settings.write(SETTINGS.format(modules=json.dumps([module]), tests=json.dumps(tests)))


def mutmut(folder, *arguments):
    """Run mutmut in a copy, where the packages are imported from."""
    return subprocess.run(  # noqa: S603
        [sys.executable, "-m", "mutmut", *arguments],
        cwd=folder,
        check=True,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    ).stdout


def try_mutants(module, tests):
    """Try all mutants of a module; print the survivors and their number."""
    folder = WORK / module.removesuffix(".py").replace("/", "-")
    prepare(folder, module, tests)
    try:
        mutmut(folder, "run", "--max-children", "1")
    except subprocess.CalledProcessError as error:
        sys.exit(f"mutmut could not try {module}:\n{error.stdout[-4000:]}")
    results = json.loads((folder / "mutants" / f"{module}.meta").read_text(encoding="utf-8"))
    statuses = {
        name: status_by_exit_code[code] for name, code in results["exit_code_by_key"].items()
    }
    survivors = [name for name, status in statuses.items() if status in ("survived", "no tests")]
    for name in survivors:
        print(mutmut(folder, "show", name))  # noqa: T201 - what one runs it for
    counts = {status: list(statuses.values()).count(status) for status in set(statuses.values())}
    parts = (f"{n} {status}" for status, n in sorted(counts.items()))
    print(f"{module}: {len(statuses)} mutants", *parts, sep=", ", flush=True)  # noqa: T201


def main(module=None, *tests):
    """Try one module, with other tests if some are given, or all of the list."""
    os.nice(19)
    if module is None:
        for known, its_tests in MODULES.items():
            try_mutants(known, its_tests)
    elif tests or module in MODULES:
        try_mutants(module, tests or MODULES[module])
    else:
        sys.exit(f"expected one of {', '.join(MODULES)}, or tests behind the module; got {module}")


if __name__ == "__main__":
    main(*sys.argv[1:])
