"""Hidden-Markov arms: `--config=hidden_markov`, or `hidden_markov:reward`, and so on."""

from metarl.config import AgentConfig, TrainConfig
from metarl.configs import pick
from metarl.envs.hidden_markov import HiddenMarkov


def get_config(variant: str = "hidden_markov") -> TrainConfig:
    """Returns the experiment; its shipped file holds agents of eight random seeds.

    Args:
      variant: `hidden_markov`: two arms alike. `reward`: the second arm's states differ less.
        `transition`: the second arm's state is drawn anew on every trial.
    """
    return pick("hidden_markov", variant, VARIANTS)


def _shipped(env: HiddenMarkov, suffix: str = "") -> TrainConfig:
    return TrainConfig(
        name=f"hidden_markov{suffix}",
        save_optimizer=False,
        num_final_eval_episodes=20_000,
        environment=env,
        agent=AgentConfig(training_steps=36_000_000),
    )


VARIANTS = {
    "hidden_markov": lambda: _shipped(HiddenMarkov()),
    "reward": lambda: _shipped(HiddenMarkov(second_win_probability=0.6), "_reward"),
    "transition": lambda: _shipped(HiddenMarkov(second_stay_probability=0.5), "_transition"),
}
