"""What an evaluation leaves behind: a table to print, a data file, and figures."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import jax
import numpy as np

from metarl.a3c.curves import curve_files, read_rows
from metarl.baselines import Greedy, Insider, Random, Thompson
from metarl.baselines.bayes_optimal import MAX_TRIALS
from metarl.baselines.optimal import best_possible_regret
from metarl.checkpoint import Checkpoint
from metarl.config import EvalConfig
from metarl.envs import Bandit, BanditTask
from metarl.evaluation import EvalResult, episode_regret, evaluate, trial_reward
from metarl.figures import Written, as_label, save_figures, set_title
from metarl.files import atomic_write, make_folder
from metarl.jax_settings import make_key
from metarl.rollout import Player

RASTER_EPISODES = 101


class Report(NamedTuple):
    """What was found, as text, and what writes it: call it once the text has been shown.

    Nothing that goes wrong with a file can then take the text along. Figures that cannot be drawn
    are left out; data that cannot be written are an OSError.
    """

    text: str
    write: Callable[[], Written]


def make_report(checkpoint: Checkpoint, config: EvalConfig) -> Report:
    """Evaluates a frozen agent beside other players.

    Args:
      checkpoint: the agent.
      config: the evaluation; the agent's folder is made if it does not exist.

    Returns:
      A table as text, and what writes the files: `data.npz`, `raster.png`, `regret.png` and, where
      evaluators have left learning curves, `learning.png`.

    Raises:
      ValueError: if the agent cannot play in the changed environment.
    """
    env = config.environment.applied_to(checkpoint.config.environment)
    folder = config.agent_folder
    make_folder(folder)

    def play(player: Player, params: Any = (), keep_trace: bool = False) -> EvalResult:
        return evaluate(
            player,
            params,
            env,
            num_episodes=config.num_eval_episodes,
            seed=config.random_seed,
            num_workers=config.num_workers,
            keep_trace=keep_trace,
        )

    results = {"agent": play(checkpoint.agent, checkpoint.params, keep_trace=True)}
    results |= {label: play(player) for label, player in _others(env).items()}
    raster = evaluate(
        checkpoint.agent,
        checkpoint.params,
        env,
        num_episodes=RASTER_EPISODES,
        seed=config.random_seed,
        tasks=raster_tasks(env, config.random_seed),
    )
    optimum = _optimum(env)
    title = _title(checkpoint, config.params_filename)
    short_title = _title(checkpoint, as_label(config.params_filename))
    curves = {path.stem: rows for path in curve_files(folder) if (rows := read_rows(path))}

    def draw_raster(ax: Any) -> None:
        from metarl.plotting import plot_raster

        plot_raster(ax, raster.trajectory.actions, raster.trajectory.action_values[:, 0])
        set_title(ax, short_title)

    def draw_regret(ax: Any) -> None:
        from metarl.plotting import plot_regret

        drawn = {label: results[label].regret for label in ("agent", "insider", "random")}
        plot_regret(ax, drawn, optimum)
        set_title(ax, short_title)

    def draw_learning(ax: Any) -> None:
        from metarl.plotting import plot_learning_curve, plot_reference

        for name, rows in curves.items():
            steps, _, _, _, regret, error = np.array(rows).T
            plot_learning_curve(ax, steps, regret, error, label=name.replace("_", " "))
        for label, best in optimum.items():
            plot_reference(ax, float(best.sum()), label=label)
        set_title(ax, short_title.removesuffix(", frozen"))

    def write() -> Written:
        data = folder / "data.npz"
        _write_data(data, results["agent"], raster)
        figures = {"raster": draw_raster, "regret": draw_regret}
        if curves:
            figures["learning"] = draw_learning
        written = save_figures({folder / f"{figure}.png": draw for figure, draw in figures.items()})
        return Written([data, *written.files], written.failures)

    return Report(_table(title, config, env, results, optimum), write)


def raster_tasks(env: Bandit, seed: int) -> BanditTask:
    """The tasks of the action raster, in the order of its rows.

    Two arms go from (1, 0) to (0, 1) in equal steps. More arms, or arms given by hand, are drawn
    from the family and sorted by their best arm, the clearest episodes of each first.
    """
    if env.num_arms == 2 and env.arm_probs is None:
        first = np.linspace(1.0, 0.0, RASTER_EPISODES, dtype=np.float32)
        return BanditTask(np.stack([first, 1 - first], axis=1))  # type: ignore[arg-type]
    keys = jax.random.split(make_key(seed), RASTER_EPISODES)
    probs = np.asarray(jax.vmap(env.sample_task)(keys).arm_probs)
    order = np.lexsort((-probs.max(axis=1), probs.argmax(axis=1)))
    return BanditTask(probs[order])  # type: ignore[arg-type]


def _others(env: Bandit) -> dict[str, Player]:
    players: dict[str, Player] = {"insider": Insider(), "random": Random(num_actions=env.num_arms)}
    if env.num_arms == 2 and env.arm_probs is None:
        players["thompson"] = Thompson(num_actions=2, reward_structure=env.reward_structure)
        players["greedy"] = Greedy(num_actions=2, reward_structure=env.reward_structure)
    return players


def _optimum(env: Bandit) -> dict[str, np.ndarray]:
    """The regret of each trial of the best possible player, where it can be computed."""
    known = env.reward_structure != "independent" or env.num_trials <= MAX_TRIALS
    if env.num_arms == 2 and env.arm_probs is None and known:
        return {"best possible": best_possible_regret(env)}
    return {}


def _title(checkpoint: Checkpoint, name: str) -> str:
    millions = checkpoint.progress.steps / 1e6
    rewards = checkpoint.config.agent.advantage_rewards
    return f"{name}: {millions:.3g} M steps, advantage from {rewards} rewards, frozen"


def _write_data(path: Path, played: EvalResult, raster: EvalResult) -> None:
    trajectory, trace = played.trajectory, played.trajectory.trace
    with atomic_write(path) as file:
        np.savez(
            file,
            actions=trajectory.actions,
            rewards=trajectory.rewards,
            regret=played.regret,
            arm_probs=trajectory.action_values,
            inputs=trace.inputs,
            logits=trace.logits,
            values=trace.value,
            hidden=trace.memory.hidden,
            cell=trace.memory.cell,
            seed=played.seed,
            raster_actions=raster.trajectory.actions,
            raster_arm_probs=raster.trajectory.action_values[:, 0],
        )


def _table(
    title: str,
    config: EvalConfig,
    env: Bandit,
    results: dict[str, EvalResult],
    optimum: dict[str, np.ndarray],
) -> str:
    arms = f"{env.num_arms} {env.reward_structure} arms"
    if env.arm_probs is not None:
        arms = f"arms that win with {', '.join(f'{p:g}' for p in env.arm_probs)}"
    lines = [
        title,
        f"{config.num_eval_episodes} episodes of {env.num_trials} trials, {arms}, "
        f"seed {config.random_seed}; 95% intervals over episodes",
        "",
        f"{'player':<15}{'reward per trial':<19}{'expected regret per episode'}",
    ]
    for label, result in results.items():
        reward, regret = trial_reward(result), episode_regret(result)
        lines.append(
            f"{label:<15}{reward.mean:.4f} ± {1.96 * reward.standard_error:<10.4f}"
            f"{regret.mean:.3f} ± {1.96 * regret.standard_error:.3f}"
        )
    for label, exact in optimum.items():
        lines.append(f"{label:<34}{exact.sum():.3f} (exact)")
    return "\n".join(lines)
