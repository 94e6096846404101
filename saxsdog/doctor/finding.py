"""What a check has found, in words for people and in figures for programs."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

Figure = float | int | str | bool | None


class Verdict(StrEnum):
    """How good an answer is."""

    GOOD = "good"
    DOUBTFUL = "doubtful"
    BAD = "bad"
    SKIPPED = "skipped"


@dataclass(frozen=True)
class Finding:
    """The answer to one question.

    Attributes
    ----------
    subject, check
        What was looked at, and what of it; the same whatever the answer.
    text
        The answer.
    advice
        What to do about it; empty where nothing needs to be done.
    figures
        What was measured; the unit stands in each name.
    """

    subject: str
    check: str
    verdict: Verdict
    text: str
    advice: str = ""
    figures: Mapping[str, Figure] = field(default_factory=dict)


@dataclass(frozen=True)
class Question:
    """What is asked, before it has an answer; its methods are the answers that it may get."""

    subject: str
    check: str

    def good(self, text: str, **figures: Figure) -> Finding:
        """Answer that all is well."""
        return Finding(self.subject, self.check, Verdict.GOOD, text, "", figures)

    def doubtful(self, text: str, advice: str, **figures: Figure) -> Finding:
        """Answer that work is possible, but somebody should think about it."""
        return Finding(self.subject, self.check, Verdict.DOUBTFUL, text, advice, figures)

    def bad(self, text: str, advice: str, **figures: Figure) -> Finding:
        """Answer that it will not work."""
        return Finding(self.subject, self.check, Verdict.BAD, text, advice, figures)

    def skipped(self, text: str, advice: str = "", **figures: Figure) -> Finding:
        """Answer that it was not looked at, and why."""
        return Finding(self.subject, self.check, Verdict.SKIPPED, text, advice, figures)

    def compared(
        self, ratio: float, enough: float, text: str, advice: str, **figures: Figure
    ) -> Finding:
        """Answer by what there is over what is needed: below 1 is bad, ``enough`` is good."""
        if ratio >= enough:
            return self.good(text, **figures)
        answer = self.doubtful if ratio >= 1 else self.bad
        return answer(text, advice, **figures)


def overall(findings: Iterable[Finding]) -> Verdict:
    """Return the worst verdict; what was skipped does not count."""
    verdicts = {finding.verdict for finding in findings}
    for verdict in (Verdict.BAD, Verdict.DOUBTFUL):
        if verdict in verdicts:
            return verdict
    return Verdict.GOOD
