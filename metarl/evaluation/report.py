"""The report of an evaluation: a table to print, a data file, and figures."""

import contextlib
import dataclasses
import functools
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import jax
import numpy as np

from metarl.agents.actor_critic import Agent, Params
from metarl.config import EvalConfig, TrainConfig
from metarl.envs import TaskFamily
from metarl.evaluation.calibration import Calibration, calibrate
from metarl.evaluation.evaluate import evaluate
from metarl.evaluation.players import BEST
from metarl.evaluation.results import EvalResult, episode_regret, mean_curve, trial_reward
from metarl.evaluation.verdict import verdict
from metarl.evaluation.yardsticks import Yardsticks, estimate, make_scale
from metarl.exact.optimum import optimum
from metarl.jax_settings import make_key
from metarl.plotting.figures import Written, as_label, save_figures, set_title
from metarl.storage.checkpoint import Checkpoint, build_agent
from metarl.storage.curves import EvaluatorRow, curve_files, read_rows
from metarl.storage.files import atomic_write, make_folder

RASTER_EPISODES = 101
_FEWEST_STEPS = 1_000  # for a critic's calibration to say something


class Report(NamedTuple):
    """The results as text, and a function that writes the files; call it after showing the text.

    The text is then not lost if a file cannot be written. Figures that cannot be drawn are left
    out; data that cannot be written raise an OSError.
    """

    text: str
    write: Callable[[], Written]


def make_report(
    checkpoint: Checkpoint, config: EvalConfig, yardsticks: Yardsticks | None = None
) -> Report:
    """Evaluates a frozen agent and compares it with other players.

    Args:
      checkpoint: the agent.
      config: the evaluation; the agent's folder is made if it does not exist.
      yardsticks: the other players, from `yardsticks_of`; they may have played already.

    Returns:
      A table as text, and a function that writes the files: `data.npz`, `raster.png`, `regret.png`
      (`reward.png` in a family without regret), `critic.png` if the critic was trained on sampled
      rewards, and `learning.png` if there are learning curves of evaluators.

    Raises:
      ValueError: if the agent cannot play in the changed environment.
    """
    env = checkpoint.config.environment.changed(**config.environment)
    folder = config.agent_folder
    make_folder(folder)

    others = (yardsticks or yardsticks_of(env, config)).results()
    agent, raster, row_labels = _play(checkpoint.agent, checkpoint.params, env, config)
    results = {"agent": agent, **others}
    exact = optimum(env)
    best = {} if exact is None else {BEST: exact}
    title = _title(checkpoint, config.name)
    short_title = _title(checkpoint, as_label(config.name))
    curves = {
        path.stem: rows for path in curve_files(folder) if (rows := read_rows(path, EvaluatorRow))
    }

    def draw_raster(ax: Any) -> None:
        from metarl.plotting.raster import plot_raster

        actions, unit = choices(env, raster)
        names, ylabel = env.action_names, env.diagnostic_label
        plot_raster(ax, actions, names, row_labels, unit=unit, ylabel=ylabel)
        set_title(ax, short_title)

    def draw_players(ax: Any) -> None:
        from metarl.plotting.curves import plot_reward
        from metarl.plotting.players import plot_regret

        trials = {label: per_trial(result) for label, result in results.items()}
        if env.has_regret:
            cumulated = {label: mean_curve(np.cumsum(x, axis=1)) for label, x in trials.items()}
            plot_regret(ax, cumulated, {label: np.cumsum(x) for label, x in best.items()})
        else:
            plot_reward(ax, {label: mean_curve(x) for label, x in trials.items()})
        set_title(ax, short_title)

    def draw_learning(ax: Any) -> None:
        from metarl.plotting.curves import plot_learning_curve, plot_reference

        for name, rows in curves.items():
            steps, _, reward, reward_error, regret, regret_error = np.array(rows).T
            mean, error = (regret, regret_error) if env.has_regret else (reward, reward_error)
            label = name.replace("_", " ")
            plot_learning_curve(ax, steps, mean, error, label=label, regret=env.has_regret)
        for label, result in others.items():
            if label != "oracle":
                plot_reference(ax, estimate(result, env).mean, label=label)
        for label, curve in best.items():
            plot_reference(ax, float(curve.sum()), label=f"{label} (exact)")
        set_title(ax, short_title.removesuffix(", frozen"))

    critic = _critic(checkpoint, env, agent)

    def draw_critic(ax: Any) -> None:
        from metarl.plotting.calibration import plot_calibration

        found, discount = critic  # type: ignore[misc]  # drawn only if there is one
        plot_calibration(ax, found.values, found.returns, slope=found.slope, discount=discount)
        set_title(ax, short_title)

    def write() -> Written:
        data = folder / "data.npz"
        _write_data(data, results["agent"], raster)
        figures = {"raster": draw_raster}
        figures["regret" if env.has_regret else "reward"] = draw_players
        if critic is not None:
            figures["critic"] = draw_critic
        if curves:
            figures["learning"] = draw_learning
        written = save_figures({folder / f"{figure}.png": draw for figure, draw in figures.items()})
        return Written([data, *written.files], written.failures)

    found = verdict(env, agent, others, make_scale(env, others), _remedy(checkpoint, env))
    if critic is not None:
        found += f"\nIts critic: the return grows by {critic[0].slope:.3f} per unit of value."
    return Report(f"{_table(title, config, env, results, best)}\n\n{found}", write)


def yardsticks_of(
    env: TaskFamily, config: EvalConfig, then: Callable[[], object] = lambda: None
) -> Yardsticks:
    """The other players of an evaluation, on its episodes; `then` as in `Yardsticks`."""
    return Yardsticks(
        env,
        num_episodes=config.num_eval_episodes,
        seed=config.random_seed,
        num_workers=config.num_workers,
        then=then,
    )


def prepare_report(config: TrainConfig, evaluation: EvalConfig) -> Yardsticks:
    """The other players for the report on a training run.

    While the agent trains, their thread also compiles what the agent will run, and imports
    matplotlib, so that the report takes a second less. It evaluates in one thread.
    """
    evaluation = dataclasses.replace(evaluation, num_workers=1)

    def compile_and_import() -> None:
        agent = build_agent(config)
        _play(agent, agent.init(make_key(0)), config.environment, evaluation)
        with contextlib.suppress(Exception):  # a figure that cannot be drawn is reported later
            import metarl.plotting.curves
            import metarl.plotting.players
            import metarl.plotting.raster  # noqa: F401

    return yardsticks_of(config.environment, evaluation, compile_and_import)


def _play(
    agent: Agent, params: Params, env: TaskFamily, config: EvalConfig
) -> tuple[EvalResult, EvalResult, list[str]]:
    """The agent's result on random tasks, that on the raster's tasks, and their labels."""
    play = functools.partial(
        evaluate, agent, params, env, seed=config.random_seed, num_workers=config.num_workers
    )
    tasks, labels = env.diagnostic_tasks(RASTER_EPISODES, make_key(config.random_seed))
    result = play(num_episodes=config.num_eval_episodes)
    return result, play(num_episodes=RASTER_EPISODES, tasks=tasks), labels


def _remedy(checkpoint: Checkpoint, env: TaskFamily) -> str:
    """What to do if the agent is worse than others."""
    if env != checkpoint.config.environment:
        return f"It was trained on {checkpoint.config.environment.describe()}."
    steps = f"--config.agent.training_steps={3 * checkpoint.progress.steps}"
    if checkpoint.optimizer is None:
        return f"Train it again for more steps, with {steps}."
    return f"Train it further: add --config.resume=true {steps} to the command that trained it."


def _critic(
    checkpoint: Checkpoint, env: TaskFamily, agent: EvalResult
) -> tuple[Calibration, float] | None:
    """The critic's calibration, and the discount; None if it was not trained on such returns."""
    trained, discount = checkpoint.config.agent, checkpoint.config.agent.discount_end
    if trained.advantage_rewards != "sampled" or env != checkpoint.config.environment:
        return None
    values, rewards = agent.trajectory.trace.value, agent.trajectory.rewards
    if discount is None or values.size < _FEWEST_STEPS:
        return None
    return calibrate(values, rewards, discount), discount


def choices(env: TaskFamily, result: EvalResult) -> tuple[np.ndarray, str]:
    """The actions on those steps of a trial where the best action depends on the task.

    Returns:
      The actions, one row per episode and one column per such step, and what a column is:
      `"trial"` if each trial has one such step, else `"step"`.
    """
    trajectory, steps = result.trajectory, env.steps_per_trial
    actions = np.asarray(trajectory.actions).reshape(len(trajectory.actions), -1, steps)
    values = np.asarray(trajectory.action_values).reshape(*actions.shape, env.num_actions)
    best = values == values.max(axis=-1, keepdims=True)
    matters = np.zeros(steps, bool)
    for step in range(steps):
        here = best[:, :, step].reshape(-1, env.num_actions)
        here = here[~here.all(axis=1)]  # leaves out ties of all actions
        matters[step] = np.any(here != here[:1])
    if not matters.any():  # only one task, or unknown values
        matters[:] = True
    chosen = actions[:, :, matters]
    return chosen.reshape(len(actions), -1), "trial" if matters.sum() == 1 else "step"


def per_trial(result: EvalResult) -> np.ndarray:
    """Regret summed over the steps of each trial, `[B, trials]`; reward if regret is unknown."""
    known = not np.isnan(result.regret).all()
    values = np.asarray(result.regret if known else result.trajectory.rewards)
    return values.reshape(len(values), result.num_trials, -1).sum(axis=2)


def _title(checkpoint: Checkpoint, name: str) -> str:
    millions = checkpoint.progress.steps / 1e6
    rewards = checkpoint.config.agent.advantage_rewards
    return f"{name}: {millions:.3g} M steps, advantage from {rewards} rewards, frozen"


def _write_data(path: Path, played: EvalResult, raster: EvalResult) -> None:
    trajectory, trace = played.trajectory, played.trajectory.trace
    with atomic_write(path) as file:
        np.savez(
            file,
            observations=trajectory.observations,
            actions=trajectory.actions,
            rewards=trajectory.rewards,
            regret=played.regret,
            action_values=trajectory.action_values,
            inputs=trace.inputs,
            logits=trace.logits,
            values=trace.value,
            **_memories(trace.memory),
            seed=played.seed,
            raster_actions=raster.trajectory.actions,
            raster_action_values=raster.trajectory.action_values,
        )


def _memories(memory: Any) -> dict[str, Any]:
    """The arrays of a memory, by name: `hidden` and `cell` for an LSTM."""
    leaves = jax.tree_util.tree_leaves_with_path(memory)
    names = [jax.tree_util.keystr(path, simple=True, separator="_") for path, _ in leaves]
    return {name or "memory": leaf for name, (_, leaf) in zip(names, leaves, strict=True)}


def _table(
    title: str,
    config: EvalConfig,
    env: TaskFamily,
    results: dict[str, EvalResult],
    best: dict[str, np.ndarray],
) -> str:
    lines = [
        title,
        f"{config.num_eval_episodes} episodes of {env.num_trials} trials, {env.describe()}, "
        f"seed {config.random_seed}; 95% intervals over episodes",
        "",
        f"{'player':<22}{'reward per trial':<19}{'expected regret per episode'}",
    ]
    for label, result in results.items():
        reward, regret = trial_reward(result), episode_regret(result)
        text = f"{label:<22}{reward.mean:.4f} ± {1.96 * reward.standard_error:<10.4f}"
        if env.has_regret:
            text += f"{regret.mean:.3f} ± {1.96 * regret.standard_error:.3f}"
        lines.append(text.rstrip())
    for label, exact in best.items():
        lines.append(f"{label:<41}{exact.sum():.3f} (exact)")
    if not env.has_regret:
        lines.append("Regret is not known in this family: a choice changes later trials.")
    return "\n".join(lines)
