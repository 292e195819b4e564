"""Detects children that hang: how long each has owed an answer."""

import time

_LONGEST_TICK = 5.0
_TO_BEGIN = 60.0  # to import and to compile, on a slow and busy machine


class Watchdog:
    """Counts how long each child has owed an answer.

    It counts the time this process was awake and looked: a training that was stopped with Ctrl-Z
    for an hour, or slept with its laptop, does not blame its workers for it.

    Args:
      seconds: how long a child may take for one answer; for its first, a minute more.

    Attributes:
      seconds: the same.
    """

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self._now = 0.0
        self._looked = time.monotonic()
        self._deadlines: dict[int, float] = {}
        self._begun: set[int] = set()

    def asked(self, index: int) -> None:
        """Child `index` owes an answer from now on, if it did not already."""
        if index not in self._deadlines:
            longer = 0.0 if index in self._begun else _TO_BEGIN
            self._deadlines[index] = self._now + self.seconds + longer

    def answered(self, index: int, *, owes_more: bool) -> None:
        """Child `index` has answered."""
        self._begun.add(index)
        self._deadlines.pop(index, None)
        if owes_more:
            self.asked(index)

    def replaced(self, index: int, *, owes_more: bool) -> None:
        """Another takes the place of child `index`, and has yet to begin."""
        self._begun.discard(index)
        self._deadlines.pop(index, None)
        if owes_more:
            self.asked(index)

    def overdue(self) -> list[int]:
        """Those that have owed an answer for too long; to be called every few seconds."""
        looked = time.monotonic()
        self._now += min(looked - self._looked, _LONGEST_TICK)
        self._looked = looked
        return [index for index, deadline in self._deadlines.items() if self._now > deadline]
