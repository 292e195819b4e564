"""How good an agent is compared with other players, in a sentence or two, and what to do then."""

import numpy as np
import scipy  # its submodules are imported when they are first used

from metarl.envs import TaskFamily
from metarl.evaluation.results import EvalResult
from metarl.evaluation.yardsticks import COLLAPSED, Scale, estimate, has_collapsed

_NEAR = 1.1  # times the regret of an optimal player is as good as it, for practical purposes


def verdict(
    env: TaskFamily,
    agent: EvalResult,
    others: dict[str, EvalResult],
    scale: Scale | None,
    remedy: str,
) -> str:
    """Compares an agent with the best of the players that know no more than it does.

    Args:
      env: the family.
      agent: the agent's result, with its trace.
      others: the results of other players on the same episodes, by label.
      scale: random and best.
      remedy: a sentence that says what to do if the agent is worse.

    Returns:
      Whether the agent is better, as good or worse, at the 95% level; if it is worse, or its policy
      has collapsed, what to do.
    """
    mine = estimate(agent, env).mean
    levels = {
        label: estimate(result, env).mean for label, result in others.items() if label != "oracle"
    }
    label = (min if env.has_regret else max)(levels, key=lambda name: levels[name])
    reached = ""
    if scale is not None:
        share = scale.share(mine)
        entropy = _entropy(agent)
        if has_collapsed(entropy, share, env.num_actions):
            return f"{COLLAPSED % entropy}."
        reached = f" It is {share:.1%} of the way from random choices to the best known."
    worse_by = _losses(env, agent) - _losses(env, others[label])
    count = len(worse_by)
    error = 1.96 * worse_by.std(ddof=1) / np.sqrt(count) if count > 1 else np.inf
    if worse_by.mean() < -error:
        return f"The agent is better than {label}, the best of the other players.{reached}"
    optimal = label == "greedy" and env.greedy_is_optimal
    near = optimal and env.has_regret and mine <= _NEAR * levels[label]
    if worse_by.mean() <= error or near:
        why = "which is optimal here" if optimal else "the best of the other players"
        return (
            f"The agent is as good as {label}, {why}, as far as {count} episodes can tell.{reached}"
        )
    return f"The agent is not yet as good as {label}.{reached} {remedy}".rstrip()


def _losses(env: TaskFamily, result: EvalResult) -> np.ndarray:
    """Regret of each episode, or minus its reward in a family without regret."""
    values = result.regret if env.has_regret else -np.asarray(result.trajectory.rewards)
    return np.asarray(values, np.float64).sum(axis=1)


def _entropy(agent: EvalResult) -> float:
    """The mean entropy of the policy, in nats."""
    policy = scipy.special.softmax(agent.trajectory.trace.logits, axis=-1)
    return float(scipy.special.entr(policy).sum(axis=-1).mean())
