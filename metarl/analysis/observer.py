"""What an ideal observer of an episode believes, step by step.

Shapes: `B` episodes, `T` steps, `A` actions.
"""

import functools
from typing import Any, cast

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from metarl.analysis.trials import check_result
from metarl.envs import HasBelief, TaskFamily, TimeStep
from metarl.envs.core import why_no_belief
from metarl.evaluation.results import EvalResult


def beliefs_of(env: TaskFamily, result: EvalResult) -> tuple[Any, Float[np.ndarray, "B T A"]]:
    """What an ideal observer, who sees what the player saw, believes before each action.

    Args:
      env: the family, whose Bayes filter is the observer.
      result: the episodes, whoever played them.

    Returns:
      The beliefs, with leading axes `B` and `T`, and the expected value of each action under them.

    Raises:
      ValueError: if the family has no Bayes filter.
    """
    check_result(env, result)
    reason = why_no_belief(env)
    if reason is not None:
        raise ValueError(reason)
    played = result.trajectory
    found = _observe(
        env, *(jnp.asarray(x) for x in (played.observations, played.actions, played.rewards))
    )
    beliefs, values = jax.device_get(found)
    return beliefs, values


@functools.partial(jax.jit, static_argnums=0)
def _observe(
    env: TaskFamily, observations: Array, actions: Array, rewards: Array
) -> tuple[Any, Array]:
    family = cast(HasBelief, env)

    def episode(observations: Array, actions: Array, rewards: Array) -> tuple[Any, Array]:
        steps = jnp.arange(len(actions), dtype=jnp.int32)
        seen = jnp.concatenate([jnp.zeros(1, rewards.dtype), rewards[:-1]])
        before = TimeStep(observation=observations, reward=seen, step=steps)
        # What is shown after the last step is not recorded, and not needed.
        after = TimeStep(
            observation=jnp.concatenate([observations[1:], observations[:1]]),
            reward=rewards,
            step=steps + 1,
        )

        def one(belief: Any, step: tuple[TimeStep, Array, TimeStep]) -> tuple[Any, Any]:
            now, action, then = step
            values = family.belief_values(belief, now)[0]
            return family.update_belief(belief, now, action, then), (belief, values)

        return cast(
            tuple[Any, Array],
            jax.lax.scan(one, family.initial_belief(), (before, actions, after))[1],
        )

    return jax.vmap(episode)(observations, actions, rewards)
