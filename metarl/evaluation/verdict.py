"""How good an agent is among the other players, in a sentence or two, and what to do about it."""

import jax
import numpy as np

from metarl.envs import TaskFamily
from metarl.evaluation.results import EvalResult
from metarl.evaluation.yardsticks import COLLAPSED, Scale, has_collapsed, level

_NEAR = 1.1  # times the regret of a player that is optimal: as good as it, for practical purposes


def verdict(
    env: TaskFamily,
    agent: EvalResult,
    others: dict[str, EvalResult],
    scale: Scale | None,
    steps: int,
) -> str:
    """Compares an agent with the best of the players that know no more than it does.

    Args:
      env: the family.
      agent: the agent's result, with its trace.
      others: the results of other players on the same episodes, by label.
      scale: random and best.
      steps: environment steps that the agent was trained for.

    Returns:
      Whether the agent is better, as good or worse, on the 95% level; if it is worse, or its policy
      has collapsed, what to do.
    """
    sign = 1 if env.has_regret else -1
    honest = {label: result for label, result in others.items() if label != "oracle"}
    label, best = min(honest.items(), key=lambda item: sign * level(item[1], env))
    difference = _per_episode(env, agent) - _per_episode(env, best)
    error = 1.96 * difference.std(ddof=1) / np.sqrt(len(difference)) if len(difference) > 1 else 0.0
    reached = "" if scale is None else _reached(scale.share(level(agent, env)))
    if scale is not None:
        log_pi = jax.nn.log_softmax(agent.trajectory.trace.logits)
        entropy = float(-(np.exp(log_pi) * log_pi).sum(axis=-1).mean())
        if has_collapsed(entropy, scale.share(level(agent, env)), env.num_actions):
            return f"{COLLAPSED % entropy}.".replace("the policy", "The policy", 1)
    if difference.mean() < -error:
        return f"The agent is better than {label}, the best of the other players.{reached}"
    optimal = label == "greedy" and env.greedy_is_optimal
    near = optimal and env.has_regret and level(agent, env) <= _NEAR * level(best, env)
    if difference.mean() <= error or near:
        why = ", which is optimal here" if optimal else ", the best of the other players"
        return f"The agent is as good as {label}{why}.{reached}"
    return (
        f"The agent is not yet as good as {label}.{reached} Train it further, with "
        f"--config.resume=true --config.agent.training_steps={3 * steps}"
    )


def _per_episode(env: TaskFamily, result: EvalResult) -> np.ndarray:
    """Regret of each episode, or minus its reward in a family without regret."""
    values = result.regret if env.has_regret else -np.asarray(result.trajectory.rewards)
    return np.asarray(values, np.float64).sum(axis=1)


def _reached(share: float) -> str:
    return f" It is {share:.1%} of the way from random choices to the best known."
