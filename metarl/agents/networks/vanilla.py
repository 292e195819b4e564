"""The plain recurrent network (Elman 1990, doi:10.1207/s15516709cog1402_1): no gates."""

from flax import nnx

from metarl.agents.networks.gru import GRU


class Vanilla(GRU, network="vanilla"):
    """hidden = tanh(W_i inputs + W_h hidden + b), with a linear policy and a linear value."""

    kind = nnx.SimpleCell
