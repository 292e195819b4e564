"""The recurrent actor-critic: one LSTM layer with a linear policy and a linear value.

Its parameters are a plain nested dict of arrays. `metarl.agents.networks.lstm` draws them and shows
the network in Flax; this module computes the same with fast, pure functions. Agents with other
networks are in `metarl.agents.flax_agent`. Shapes: `T` steps, `A` actions, `I` inputs, `H` units,
`K = A + 1` outputs.
"""

import dataclasses
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int, Key

from metarl.agents.lstm import Memory, arrange, lstm_step
from metarl.agents.registry import networks
from metarl.checks import check_bool, check_integer, check_number
from metarl.envs import TaskFamily, TimeStep

Params = dict[str, Any]
LSTM = "lstm"  # the network that this module computes


class AgentTrace(NamedTuple):
    """The network's activity on one step.

    Attributes:
      inputs: the network's input on this step.
      logits: the policy before the softmax; this step's action is drawn from it.
      value: the critic's estimate of the discounted return from this step on.
      memory: the memory after this step: for an LSTM, a `Memory`.
    """

    inputs: Float[Array, "*batch I"]
    logits: Float[Array, "*batch A"]
    value: Float[Array, "*batch"]
    memory: Any


_LONG = 100  # steps in an episode


@dataclasses.dataclass(frozen=True, kw_only=True)
class Agent:
    """The network of Wang et al. 2016 (arXiv 1611.05763), as a player.

    Its input is its own previous action (one-hot), its previous reward and the observation, if the
    task has one; optionally also the step's index, as a fraction of the episode's length. On the
    first step of an episode, previous action and reward, index and memory are all zero. Rewards are
    divided by `reward_scale` on their way in, and values multiplied by it on their way out.

    Attributes:
      num_actions: number of actions, `A`; at least 2.
      observation_size: number of entries in an observation.
      num_steps: number of steps in an episode; the step's index is divided by it.
      num_units: number of LSTM units, `H`; at least 1.
      use_trial_index: whether the step's index is an input.
      reward_scale: what rewards are divided by.

    Raises:
      ValueError: at construction, if a value is impossible.
    """

    num_actions: int
    observation_size: int
    num_steps: int
    num_units: int = 48
    use_trial_index: bool = False
    reward_scale: float = 1.0

    def __post_init__(self) -> None:
        """Refuses impossible values before any work starts."""
        check_integer("num_actions", self.num_actions, 2, "With one action there is no choice.")
        check_integer("observation_size", self.observation_size, 0)
        check_integer("num_steps", self.num_steps, 1)
        check_integer("num_units", self.num_units, 1)
        check_bool("use_trial_index", self.use_trial_index)
        check_number("reward_scale", self.reward_scale, 0, above_low=True)

    @classmethod
    def for_environment(
        cls,
        env: TaskFamily,
        *,
        network: str = LSTM,
        num_units: int = 48,
        use_trial_index: bool = False,
        scale_rewards: bool = True,
    ) -> "Agent":
        """Builds the agent whose inputs and outputs fit `env`.

        Args:
          env: the family it will play.
          network: the name of its network; see `metarl.agents.networks`.
          num_units: number of recurrent units.
          use_trial_index: whether the step's index is an input.
          scale_rewards: whether rewards are divided by the largest of `reward_range`.
        """
        largest = float(max(map(abs, env.reward_range)))
        settings: dict[str, Any] = {
            "num_actions": env.num_actions,
            "observation_size": env.observation_size,
            "num_steps": env.num_steps,
            "num_units": num_units,
            "use_trial_index": use_trial_index,
            "reward_scale": largest if scale_rewards and largest > 0 else 1.0,
        }
        if network == LSTM:
            return cls(**settings)
        from metarl.agents.flax_agent import FlaxAgent

        return FlaxAgent(network=networks.find(network), **settings)

    @property
    def num_inputs(self) -> int:
        """Number of input units, `I`."""
        return self.num_actions + 1 + self.observation_size + int(self.use_trial_index)

    def init(self, key: Key[Array, ""]) -> Params:
        """Draws fresh parameters: a nested dict of arrays. The key is consumed.

        In episodes of more than 100 steps, forget gates begin more open, see `open_for_long`.
        """
        from metarl.agents.flax_agent import draw_params

        kind: Any = networks.find(LSTM)
        params = draw_params(kind, self.num_inputs, self.num_units, self.num_actions, key)
        if self.num_steps <= _LONG:
            return params
        from metarl.agents.networks.lstm import open_for_long

        return open_for_long(params, self.num_steps, jax.random.fold_in(key, 1))

    def param_shapes(self) -> Params:
        """The shapes of the parameters that `init` draws, known without importing Flax."""
        inputs, units, actions = self.num_inputs, self.num_units, self.num_actions

        def shape(*sizes: int) -> jax.ShapeDtypeStruct:
            return jax.ShapeDtypeStruct(sizes, jnp.float32)

        return {
            "lstm": {
                "dense_h": {"bias": shape(4 * units), "kernel": shape(units, 4 * units)},
                "dense_i": {"kernel": shape(inputs, 4 * units)},
            },
            "policy": {"bias": shape(actions), "kernel": shape(units, actions)},
            "value": {"bias": shape(1), "kernel": shape(units, 1)},
        }

    def initial_memory(self, task: Any = None) -> Any:
        """The memory at the start of every episode: zero for every task."""
        del task
        zeros = jnp.zeros(self.num_units, jnp.float32)
        return Memory(cell=zeros, hidden=zeros)

    def draw_noise(self, key: Key[Array, ""], num_steps: int) -> Float[Array, "T A"]:
        """Draws the Gumbel noise for the choices of `num_steps` steps. The key is consumed.

        The argmax of logits plus Gumbel noise is a sample from their softmax.
        """
        return jax.random.gumbel(key, (num_steps, self.num_actions), jnp.float32)

    def encode(self, previous_action: Int[Array, ""], timestep: TimeStep) -> Float[Array, " I"]:
        """Builds the network's input for one step.

        Args:
          previous_action: the action of the step before; -1 on the first step of an episode, which
            is encoded as zeros.
          timestep: what the environment shows on this step; its reward is that of the step before.

        Returns:
          One-hot previous action, previous reward, observation and, if it is used, step index.
        """
        parts = [
            jax.nn.one_hot(previous_action, self.num_actions, dtype=jnp.float32),
            timestep.reward[None] / jnp.float32(self.reward_scale),
            timestep.observation,
        ]
        if self.use_trial_index:
            # In longer episodes than in training, the input stays in the range seen in training.
            fraction = timestep.step[None].astype(jnp.float32) / self.num_steps
            parts.append(jnp.minimum(fraction, jnp.float32(1.0)))
        return jnp.concatenate(parts)

    def forward(self, params: Params, memory: Any, inputs: Float[Array, " I"]) -> AgentTrace:
        """Runs the network for one step; the trace holds the memory for the next."""
        memory, logits, value = self.step(params, memory, inputs)
        value = value * jnp.float32(self.reward_scale)
        return AgentTrace(inputs=inputs, logits=logits, value=value, memory=memory)

    def step(
        self, params: Params, memory: Any, inputs: Float[Array, " I"]
    ) -> tuple[Any, Float[Array, " A"], Float[Array, ""]]:
        """Takes one step of the network: its memory, its logits and its value, before scaling."""
        memory, _ = lstm_step(arrange(params["lstm"]), memory, inputs)
        heads = Heads.of(params)
        outputs = memory.hidden @ heads.kernel + heads.bias
        return memory, outputs[:-1], outputs[-1]

    def learning(self) -> Any:
        """The same agent, as a learner plays it."""
        from metarl.agents.learning_agent import LearningAgent

        return LearningAgent(self)

    def act(
        self,
        params: Params,
        memory: Any,
        previous_action: Int[Array, ""],
        timestep: TimeStep,
        noise_t: Float[Array, " A"],
    ) -> tuple[Any, Int[Array, ""], AgentTrace]:
        """Chooses an action by softmax sampling.

        Args:
          params: the parameters; never changed here.
          memory: the memory after the step before.
          previous_action: the action of the step before; -1 on the first step of an episode.
          timestep: what the environment shows on this step.
          noise_t: this step's row of `draw_noise`.

        Returns:
          The memory after this step, the action, and the network's activity.
        """
        trace = self.forward(params, memory, self.encode(previous_action, timestep))
        action = jnp.argmax(trace.logits + noise_t).astype(jnp.int32)
        return trace.memory, action, trace

    def replay(self, params: Params, memory: Any, inputs: Float[Array, "T I"]) -> AgentTrace:
        """Runs the network over the recorded inputs of an episode.

        Args:
          params: the parameters.
          memory: the memory before the first input; zero at the start of an episode.
          inputs: the network's input on each step.

        Returns:
          The trace of every step, with a leading axis `T`.
        """

        def one_step(memory: Any, inputs_t: Array) -> tuple[Any, AgentTrace]:
            trace = self.forward(params, memory, inputs_t)
            return trace.memory, trace

        return jax.lax.scan(one_step, memory, inputs)[1]


class Heads(NamedTuple):
    """Policy and value side by side: one matrix product for both, the value last."""

    kernel: Float[Array, "H K"]
    bias: Float[Array, " K"]

    @classmethod
    def of(cls, params: Params) -> "Heads":
        """The weights of both."""
        both = [params["policy"], params["value"]]
        return cls(
            jnp.concatenate([head["kernel"] for head in both], axis=1),
            jnp.concatenate([head["bias"] for head in both]),
        )
