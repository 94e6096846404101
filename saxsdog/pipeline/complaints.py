"""What goes wrong beside the integration of images is told once, and counted."""

import logging
from collections import Counter
from collections.abc import Mapping

from saxsdog.words import count

logger = logging.getLogger(__name__)


class Complaints:
    """Listens to what the images of a queue say of plug-ins and notes."""

    def __init__(self) -> None:
        self._counts: Counter[str] = Counter()

    def hear(self, complaints: Mapping[str, str]) -> None:
        """Log the first complaint about each thing, and count the others."""
        for name, complaint in complaints.items():
            if not self._counts[name]:
                logger.warning("%s: %s (told once)", name, complaint)
            self._counts[name] += 1

    def close(self) -> None:
        """Log how many there were; safe to call twice."""
        for name, number in self._counts.items():
            logger.info("%s failed for %s", name, count(number, "image"))
        self._counts.clear()
