"""The agents `risky`: a safe arm and a risky one. `--config=risky` or `risky:dopamine`."""

from metarl.config import AgentConfig, TrainConfig
from metarl.configs import pick
from metarl.envs.risky import Risky


def get_config(variant: str = "risky") -> TrainConfig:
    """Returns the experiment; its shipped file holds agents of eight random seeds.

    Args:
      variant: `risky`: the agent of every other task. `dopamine`: two LSTMs, one of which is told
        the other's prediction errors, as in simulation 6 of Wang et al. 2018.
    """
    return pick("risky", variant, VARIANTS)


def _shipped(name: str, agent: AgentConfig) -> TrainConfig:
    return TrainConfig(
        name=name,
        save_optimizer=False,
        num_final_eval_episodes=20_000,
        environment=Risky(),
        agent=agent,
    )


VARIANTS = {
    "risky": lambda: _shipped("risky", AgentConfig(training_steps=45_000_000)),
    "dopamine": lambda: _shipped(
        "risky_dopamine",
        AgentConfig(
            network="prediction_error", discount=0.9, discount_end=0.9, training_steps=10_000_000
        ),
    ),
}
