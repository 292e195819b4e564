"""A pool of child processes that answer requests; one that is lost or hangs is replaced."""

import logging
from typing import Any, ClassVar

from metarl.config import TrainConfig
from metarl.processes.child import Child, ChildLostError, close_all, ready
from metarl.training.a3c.watchdog import Watchdog

logger = logging.getLogger("metarl")


class Pool:
    """Child processes, each with requests it has yet to answer, in their order.

    A child that is lost, or gives no answer for `worker_timeout_seconds`, is replaced by another,
    which is sent the requests that are open; up to `max_worker_restarts` times in all. A child that
    raises an exception is not replaced: another would raise it again.

    Args:
      config: the training run.
      count: the number of children.
    """

    kind: ClassVar[str]  # what errors and logs call a child

    def __init__(self, config: TrainConfig, count: int) -> None:
        self.config = config
        self._restarts = 0
        self._watchdog = Watchdog(config.worker_timeout_seconds)
        self._open: list[list[bytes]] = [[] for _ in range(count)]
        self._answered: list[int] = []
        self._children: list[Any] = []
        try:
            for index in range(count):
                self._children.append(self.start(index))
        except BaseException:
            self.close()
            raise

    def start(self, index: int, *, again: bool = False) -> Child:
        """Starts child `index`; `again` if it takes the place of one that was lost."""
        raise NotImplementedError

    def wait(self, timeout: float) -> list[Any]:
        """The children that have an answer or are gone; empty after `timeout` seconds."""
        found: list[Any] = ready(self._children, timeout)
        return found

    def end(self, children: list[Any]) -> None:
        """Ends children."""
        close_all(children)

    def close(self) -> None:
        """Ends all children."""
        self.end(self._children)
        self._children = []

    def owes(self, index: int) -> int:
        """The number of requests that child `index` has yet to answer."""
        return len(self._open[index])

    def ask(self, index: int, request: bytes) -> None:
        """Sends a request to child `index`."""
        self._open[index].append(request)
        self._watchdog.asked(index)
        self._children[index].send(request)

    def answer(self, timeout: float) -> tuple[int, bytes] | None:
        """Waits for an answer; returns which child gave it, and the answer to its oldest request.

        Args:
          timeout: how many seconds to wait; then the answer is None. To be called every few
            seconds, as children that hang are found here.

        Raises:
          ChildFailedError: if a child raised an exception.
          ChildLostError: if a child was lost, and too many had been before.
        """
        for index in self._watchdog.overdue():
            if not self._children[index].has_answered():
                self._replace(index, self._children[index].give_up(self._watchdog.seconds))
        if (
            not self._answered
        ):  # round robin: otherwise the first child would always be served first
            found = self.wait(timeout)
            self._answered = [self._children.index(child) for child in found]
        while self._answered:
            index = self._answered.pop()
            try:
                message = self._children[index].receive()
            except ChildLostError as error:
                self._replace(index, error)
                continue
            del self._open[index][0]
            self._watchdog.answered(index, owes_more=bool(self._open[index]))
            return index, message
        return None

    def _replace(self, index: int, error: ChildLostError) -> None:
        lost = self._children[index]
        if not error.can_be_replaced:
            raise error
        if self._restarts == self.config.max_worker_restarts:
            raise ChildLostError(
                f"{error} {self._restarts} lost processes had been replaced before "
                "(`max_worker_restarts`). Is there enough memory for `num_workers`?"
            ) from error
        logger.warning("%s was lost and is replaced: %s", lost.name, error)
        self.end([lost])
        self._restarts += 1
        self._children[index] = self.start(index, again=True)
        self._watchdog.replaced(index, owes_more=bool(self._open[index]))
        for request in self._open[index]:
            self._children[index].send(request)
