"""The delta rule with softmax choice: the most common model of animals' choices, and variants."""

import dataclasses
from typing import Any

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int, Key

from metarl.baselines.delta_rule import DeltaRule, Learnt, begin, learn, log_policy
from metarl.baselines.index_player import check_arms
from metarl.checks import check_integer, check_number
from metarl.envs.core import TaskFamily, TimeStep


@dataclasses.dataclass(frozen=True, kw_only=True)
class RescorlaWagner:
    """Learns Q <- Q + alpha (r - Q) for the pulled arm; P(arm a) is proportional to exp(beta Q_a).

    Attributes:
      num_actions: number of arms, `A`.
      learning_rate: `alpha`, the size of the step towards the reward; in [0, 1].
      inverse_temperature: `beta`; 0 chooses uniformly, large values almost always the highest Q.
      loss_rate: the learning rate after a reward below the value; None for `learning_rate`.
      forgetting: fraction of the way back to the initial value, per trial, of other arms' values.
      fictitious: other arms are updated, too, as if they had paid 1 - reward; their learning rate
        is multiplied by this, in [0, 1].
      kernel_rate: learning rate of the choice kernel.
      kernel_weight: weight of the choice kernel: above 0 repeats choices.
      lapse: probability of a choice at random.
      initial_value: the value of every arm at the start of an episode.
      name: the player's name in tables.
    """

    num_actions: int
    learning_rate: float
    inverse_temperature: float
    loss_rate: float | None = None
    forgetting: float = 0.0
    fictitious: float = 0.0
    kernel_rate: float = 0.3
    kernel_weight: float = 0.0
    lapse: float = 0.0
    initial_value: float = 0.5
    name: str = "delta rule"

    def __post_init__(self) -> None:
        """Refuses impossible values before any work starts."""
        check_integer("num_actions", self.num_actions, 2, "One arm offers no choice.")
        for rate in ("learning_rate", "forgetting", "fictitious", "kernel_rate", "lapse"):
            check_number(rate, getattr(self, rate), 0, 1)
        if self.loss_rate is not None:
            check_number("loss_rate", self.loss_rate, 0, 1)
        check_number("inverse_temperature", self.inverse_temperature, 0, 1e6)
        check_number("kernel_weight", self.kernel_weight, -1e6, 1e6)
        check_number("initial_value", self.initial_value, -1e6, 1e6)

    @classmethod
    def for_environment(
        cls, env: TaskFamily, alpha: float = 0.3, beta: float = 5.0
    ) -> "RescorlaWagner":
        """Makes the player of `env`, with a learning rate `alpha` and inverse temperature `beta`.

        Raises:
          ValueError: if `env` is not a family of arms that win or lose, or a constant is refused.
        """
        check_arms(env)
        return cls(num_actions=env.num_actions, learning_rate=alpha, inverse_temperature=beta)

    @property
    def rule(self) -> DeltaRule:
        """The constants of the model."""
        loss = self.learning_rate if self.loss_rate is None else self.loss_rate
        return DeltaRule(
            alpha=self.learning_rate,
            alpha_loss=loss,
            beta=self.inverse_temperature,
            forgetting=self.forgetting,
            fictitious=self.fictitious,
            kernel_rate=self.kernel_rate,
            kernel_weight=self.kernel_weight,
            lapse=self.lapse,
            initial=self.initial_value,
        )

    @property
    def label(self) -> str:
        """The player's name, with its constants."""
        rates = f"alpha {self.learning_rate:g}"
        rates += "" if self.loss_rate is None else f" and {self.loss_rate:g}"
        return f"{self.name} ({rates}, beta {self.inverse_temperature:g})"

    def initial_memory(self, task: Any) -> Learnt:
        """The value of each arm at the start of an episode."""
        del task
        return begin(self.rule, self.num_actions)

    def draw_noise(self, key: Key[Array, ""], num_steps: int) -> Float[Array, "T A"]:
        """Draws Gumbel noise: the argmax of logits plus noise is a sample from their softmax."""
        return jax.random.gumbel(key, (num_steps, self.num_actions), jnp.float32)

    def act(
        self,
        params: Any,
        memory: Learnt,
        previous_action: Int[Array, ""],
        timestep: TimeStep,
        noise_t: Float[Array, " A"],
    ) -> tuple[Learnt, Int[Array, ""], tuple[()]]:
        """Learns from the outcome of the trial before, and draws an arm."""
        learnt = learn(self.rule, memory, previous_action, timestep.reward)
        action = jnp.argmax(log_policy(self.rule, learnt) + noise_t)
        return learnt, action.astype(jnp.int32), ()


class TwoRates(RescorlaWagner):
    """The delta rule with one learning rate for good news and one for bad news."""

    @classmethod
    def for_environment(  # type: ignore[override]
        cls, env: TaskFamily, alpha: float = 0.4, alpha_loss: float = 0.2, beta: float = 5.0
    ) -> RescorlaWagner:
        """Makes the player of `env`."""
        player = super().for_environment(env, alpha, beta)
        return dataclasses.replace(player, loss_rate=alpha_loss, name="two rates")


class Forgetting(RescorlaWagner):
    """The delta rule; the values of arms that are not pulled go back to where they began."""

    @classmethod
    def for_environment(
        cls, env: TaskFamily, alpha: float = 0.3, beta: float = 5.0, decay: float = 0.1
    ) -> RescorlaWagner:
        """Makes the player of `env`."""
        player = super().for_environment(env, alpha, beta)
        return dataclasses.replace(player, forgetting=decay, name="forgetting")


class Fictitious(RescorlaWagner):
    """The delta rule; an arm that was not pulled is taken to have paid the opposite."""

    @classmethod
    def for_environment(
        cls, env: TaskFamily, alpha: float = 0.3, beta: float = 5.0
    ) -> RescorlaWagner:
        """Makes the player of `env`."""
        player = super().for_environment(env, alpha, beta)
        return dataclasses.replace(player, fictitious=1.0, name="fictitious update")


class ChoiceKernel(RescorlaWagner):
    """The delta rule with a tendency to repeat choices, whatever they brought."""

    @classmethod
    def for_environment(
        cls, env: TaskFamily, alpha: float = 0.3, beta: float = 5.0, weight: float = 1.0
    ) -> RescorlaWagner:
        """Makes the player of `env`."""
        player = super().for_environment(env, alpha, beta)
        return dataclasses.replace(player, kernel_weight=weight, name="choice kernel")


class WinStayLoseShift(RescorlaWagner):
    """Repeats an arm that won; after a loss, pulls one of the others."""

    @classmethod
    def for_environment(cls, env: TaskFamily, lapse: float = 0.0) -> RescorlaWagner:  # type: ignore[override]
        """Makes the player of `env`; with probability `lapse` it chooses at random."""
        player = super().for_environment(env, 1.0, 1e6)
        return dataclasses.replace(player, forgetting=1.0, lapse=lapse, name="win-stay, lose-shift")

    @property
    def label(self) -> str:
        """The player's name."""
        return self.name
