"""The evaluation of a trained agent with frozen weights: what `metarl eval` runs by default."""

from metarl.config import EvalConfig


def get_config() -> EvalConfig:
    """Returns the evaluation; override any of it with `--config.FIELD=VALUE`."""
    return EvalConfig(path="results", params_filename="my_agent", num_eval_episodes=1_000)
