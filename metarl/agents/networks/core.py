"""What every network is: a Flax module that an `AgentConfig` names.

Shapes: `A` actions, `I` inputs.
"""

from typing import Any, ClassVar

from flax import nnx
from jaxtyping import Array, Float

from metarl.agents.registry import networks


class Network(nnx.Module):
    """A recurrent network with a policy and a value, in Flax.

    A subclass makes its layers in `__init__`, takes a step in `__call__`, and says in
    `initial_memory` what it remembers at the start of an episode. Defining it registers it:
    `class Mine(Network, network="mine")`; without `network=`, the name is the class name in snake
    case. `AgentConfig(network="mine")` then trains it, by autodiff. All its variables must be
    `nnx.Param`, and float32.

    Args:
      num_inputs: number of inputs, `I`: previous action (one-hot), previous reward and the rest.
      num_units: number of recurrent units, `AgentConfig.num_units`.
      num_actions: number of actions, `A`.
      rngs: the keys that the weights are drawn from.

    Attributes:
      network: the name.
    """

    network: ClassVar[str]

    def __init_subclass__(cls, *, network: str | None = None, **options: Any) -> None:
        """Registers the class under the network's name."""
        super().__init_subclass__(**options)
        cls.network = networks.register(cls, network)

    def __init__(
        self, num_inputs: int, num_units: int, num_actions: int, *, rngs: nnx.Rngs
    ) -> None:
        raise NotImplementedError

    def initial_memory(self) -> Any:
        """The memory at the start of every episode: a pytree of arrays of fixed shapes.

        It is a constant: to learn it, let `__call__` replace it on the first step, as
        `metarl.agents.networks.learnt_start` does.
        """
        raise NotImplementedError

    def __call__(
        self, memory: Any, inputs: Float[Array, " I"]
    ) -> tuple[Any, Float[Array, " A"], Float[Array, ""]]:
        """Takes one step of one episode.

        Args:
          memory: the memory after the step before.
          inputs: the network's input on this step.

        Returns:
          The memory after this step, the logits of the policy, and the value: the critic's estimate
          of the discounted return from this step on.
        """
        raise NotImplementedError
