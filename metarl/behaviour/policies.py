"""How likely each action was to a player: agents, delta rules and other players with probabilities.

Shapes: `A` actions.
"""

from typing import Any, Protocol, runtime_checkable

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from metarl.baselines import EpsilonGreedy, Hybrid, Random, RescorlaWagner
from metarl.baselines.delta_rule import DeltaRule, log_policy
from metarl.checks import short_repr
from metarl.envs import TaskFamily, TimeStep
from metarl.rollout import Player


@runtime_checkable
class HasPolicy(Protocol):
    """A player that tells the probabilities of its actions; define this to have yours scored."""

    def log_policy(
        self, params: Any, memory: Any, timestep: TimeStep, trace: Any
    ) -> Float[Array, " A"]:
        """The logarithm of each action's probability.

        Args:
          params: the player's parameters.
          memory: the memory that `act` returned on this step.
          timestep: what the player saw before it acted.
          trace: the trace that `act` returned on this step.
        """


def log_probabilities(
    player: Player, params: Any, memory: Any, timestep: TimeStep, trace: Any
) -> Float[Array, " A"]:
    """The logarithm of each action's probability on a step, after `player.act`.

    Raises:
      ValueError: if the player does not tell probabilities.
    """
    if isinstance(player, HasPolicy):
        return player.log_policy(params, memory, timestep, trace)
    if hasattr(trace, "logits"):  # an agent, with any network, also one that is lesioned
        return jax.nn.log_softmax(trace.logits)
    if isinstance(player, RescorlaWagner):
        return log_policy(player.rule, memory)
    if isinstance(player, Random):
        return jnp.full(player.num_actions, -jnp.log(float(player.num_actions)))
    if isinstance(player, EpsilonGreedy):
        values = player.expected_values(memory.belief, timestep)
        best = (values == values.max()).astype(jnp.float32)
        epsilon = jnp.float32(player.epsilon)
        return jnp.log(epsilon / len(best) + (1 - epsilon) * best / best.sum())
    if isinstance(player, Hybrid):
        second = memory.second_values[jnp.maximum(memory.place - 1, 0)]
        values = jnp.where(memory.place == 0, player.first_choice(memory), second)
        others = jnp.full(player.num_actions - 2, -jnp.inf)
        sides = jax.nn.log_softmax(player.inverse_temperature * (values - values.max()))
        return jnp.concatenate([sides, others])
    raise ValueError(
        "`player` must tell the probabilities of its actions, got "
        f"{short_repr(getattr(player, 'label', player))}. Agents do, delta rules (and a "
        "`DeltaRule` that was fitted), model-based and model-free players, epsilon-greedy and "
        "random ones; and a player with a method `log_policy` (`metarl.behaviour.HasPolicy`)."
    )


def as_player(env: TaskFamily, player: Player | DeltaRule) -> Player:
    """The player, or the one that has the constants of a fitted model.

    Raises:
      ValueError: if trials of the family have several steps, which a delta rule cannot tell apart.
    """
    if not isinstance(player, DeltaRule):
        return player
    if env.steps_per_trial > 1:
        raise ValueError(
            f"`player` must not be a `DeltaRule` in the family {env.family}, whose trials have "
            f"{env.steps_per_trial} steps. `fit_and_score` fits one to its choices and scores it."
        )
    constants = {name: float(np.asarray(value)) for name, value in player._asdict().items()}
    return RescorlaWagner(
        num_actions=env.num_actions,
        learning_rate=constants["alpha"],
        inverse_temperature=constants["beta"],
        loss_rate=constants["alpha_loss"],
        forgetting=constants["forgetting"],
        fictitious=constants["fictitious"],
        kernel_rate=constants["kernel_rate"],
        kernel_weight=constants["kernel_weight"],
        lapse=constants["lapse"],
        initial_value=constants["initial"],
    )
