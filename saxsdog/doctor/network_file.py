"""The network file: is it there, and who may read the secret."""

from collections.abc import Sequence
from pathlib import Path

from saxsdog.doctor.finding import Finding, Question
from saxsdog.network import NetworkEntry, permission_problem

LONG_ENOUGH = 20
"""Characters; fewer were thought up by somebody, and somebody else can guess them."""

VARIED = 8
"""Different characters that a secret should have at least."""


def missing(question: Question, path: Path) -> Finding:
    """Say that there is no file, which is no fault where images are only integrated by hand."""
    return question.doubtful(
        f"there is none: {path}",
        "Without it, server and users do not find each other. 'saxsdog netconf' makes one on the "
        "machine of the server; others get a copy. 'saxsdog integrate' and 'saxsleash --local' "
        "need none.",
        path=str(path),
    )


def content(question: Question, path: Path, entries: Sequence[NetworkEntry]) -> Finding:
    """Say which servers are in the file."""
    if not entries:
        return question.doubtful(f"{path}: lists no server", "'saxsdog netconf --add' adds one.")
    names = ", ".join(entry.name for entry in entries)
    return question.good(f"{path}: {names}", path=str(path), servers=len(entries))


def rights(question: Question, path: Path) -> Finding:
    """Tell whether somebody else can read the secret, or give us another one."""
    problem = permission_problem(path)
    if problem is None:
        return question.good("only you can read the secret")
    return question.bad(
        problem.removeprefix(f"{path}: "),
        "Others may know the secret, and the server will not start. 'saxsdog netconf --fix' if the "
        "file is yours; then 'saxsdog netconf --new-secret NAME'.",
    )


def secrets(question: Question, entries: Sequence[NetworkEntry]) -> Finding:
    """Tell whether secrets look as if nobody could guess them; says nothing of what they are."""
    weak = [
        entry.name
        for entry in entries
        if len(entry.secret) < LONG_ENOUGH or len(set(entry.secret)) < VARIED
    ]
    shared = len({entry.secret for entry in entries}) < len(entries)
    if weak:
        return question.doubtful(
            f"that of {', '.join(weak)} could be guessed",
            "'saxsdog netconf --new-secret NAME' makes one of 64 characters; restart the server "
            "and copy the file again.",
        )
    if shared:
        return question.doubtful(
            "several servers share one",
            "Who may use one of them may use all. 'saxsdog netconf --new-secret NAME' parts them.",
        )
    return question.good("long enough")
