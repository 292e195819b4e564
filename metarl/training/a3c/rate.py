"""How fast a run is, measured before it begins."""

import math
import time

from metarl.training.a3c.state import TrainState
from metarl.training.a3c.transport import Workers
from metarl.training.a3c.updates import Updater

_SECONDS = 1.5


def measure_rate(workers: Workers, update: Updater, state: TrainState) -> float:
    """Trains for a moment, and throws the updates away.

    The clock starts when every worker has answered twice: by then, each has its compiled program.

    Args:
      workers: the workers, which have not been sent anything yet; they are idle again afterwards.
      update: makes the updates.
      state: the state of training; it is not changed.

    Returns:
      Environment steps per second.
    """
    idle, begun, steps, answers = workers.idle(), math.inf, 0, 0
    flat_params = state.flat_params
    workers.send(idle[0], flat_params, 0, 0.0)
    workers.receive()  # the first worker has compiled, and the others find its program
    for index in idle:
        workers.send(index, flat_params, 0, 0.0)
    while time.monotonic() - begun < _SECONDS:
        index, gradient = workers.receive()
        state = update(state, index, gradient, 0.0, 0.0)
        workers.send(index, flat_params, 0, 0.0)
        steps, answers = steps + gradient.steps, answers + 1
        if answers == 2 * len(idle):
            begun, steps = time.monotonic(), 0
    rate = steps / (time.monotonic() - begun)
    for _ in idle:
        workers.receive()
    return rate
