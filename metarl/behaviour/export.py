"""Tables of what agents, players and people did, and files of them.

Shapes: `B` episodes, `T` steps, `A` actions.
"""

import functools
import io
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pandas as pd
from jaxtyping import Array, Bool, Float

from metarl.behaviour.parquet import parquet_bytes
from metarl.behaviour.table import TEXT, tidy_table
from metarl.checks import check_choice, check_instance, check_text
from metarl.envs import TaskFamily, TimeStep
from metarl.evaluation.draws import draw_episodes, quick_jit
from metarl.evaluation.results import EvalResult
from metarl.play.session import PlaySession
from metarl.storage.files import atomic_write
from metarl.storage.tables import FORMULA, write_table


def to_dataframe(
    env: TaskFamily,
    result: EvalResult,
    *,
    subject: str = "agent",
    session: str = "",
    tasks: Any = None,
) -> pd.DataFrame:
    """The steps of an evaluation as a tidy table: one row per step.

    Args:
      env: the family that was played.
      result: the evaluation, of any player.
      subject: the player's name.
      session: the name of the session; empty for none.
      tasks: the tasks that were given to `metarl.evaluate`; None if it drew them.

    Returns:
      The columns of `metarl.behaviour.table`, with `seed`, `num_trials`, `regret`, `value` (an
      agent's critic) and the family's own, such as the win probabilities `p1`, `p2`. `state` is
      what a person would have been shown, `available` the actions that were allowed, where not all
      were. `seconds` is empty: machines take no time to think.

    Raises:
      ValueError: if the tasks, which the result does not hold, are not those that were played.
    """
    check_instance("env", env, TaskFamily)
    check_instance("result", result, EvalResult)
    check_text("subject", subject)
    played = jax.tree.map(np.asarray, result.trajectory)
    num_episodes, num_steps = played.actions.shape
    drawn = draw_episodes(env, num_episodes, result.seed)
    given = drawn.tasks
    if tasks is not None:
        given = env.make_tasks(tasks) if hasattr(env, "make_tasks") else tasks
    rewards, available = jax.device_get(_replay(env, given, drawn.tape, played.actions))
    # Another compilation may round the chance to win differently, and so decide a rare close call.
    if np.mean(np.abs(rewards - played.rewards) > 1e-4) > 1e-3:
        raise ValueError(
            "`tasks` must be the tasks that were played, got others: played again, they bring "
            "other rewards. Give the family and the tasks that `metarl.evaluate` was given."
        )
    episodes = np.repeat(np.arange(num_episodes), num_steps)
    steps = np.tile(np.arange(num_steps), num_episodes)
    values: dict[str, Any] = {
        "subject": subject,
        "session": session,
        "episode": episodes + 1,
        "trial": steps // env.steps_per_trial + 1,
        "step": steps % env.steps_per_trial + 1,
        "state": _states(env, played.observations),
        "action": played.actions.reshape(-1),
        "reward": played.rewards.reshape(-1),
        "available": _allowed(available.reshape(-1, env.num_actions)),
        "seed": result.seed,
        "num_trials": result.num_trials,
        "regret": np.asarray(result.regret).reshape(-1),
        "value": np.reshape(getattr(played.trace, "value", np.full(len(steps), np.nan)), -1),
    }
    tasks_of = jax.tree.map(np.asarray, given)
    values.update(_task_columns(env, tasks_of, num_episodes))
    return tidy_table(values, len(steps))


def session_to_dataframe(session: PlaySession) -> pd.DataFrame:
    """The record of a game so far as a tidy table: one row per step and player."""
    check_instance("session", session, PlaySession)
    text = dict.fromkeys(TEXT, str)
    record = pd.read_csv(io.StringIO(session.to_csv()), dtype=text, keep_default_na=False)
    for name in record:
        if name in TEXT:  # a csv has an apostrophe before what a spreadsheet takes for a formula
            escaped = record[name].str.startswith(tuple(f"'{start}" for start in FORMULA))
            record[name] = record[name].mask(escaped, record[name].str[1:])
        else:
            record[name] = pd.to_numeric(record[name])
    return tidy_table({str(name): record[name] for name in record}, len(record))


def write_behaviour(path: str | Path, table: pd.DataFrame) -> None:
    """Writes a table to a new file, or in the place of an old one, completely or not at all.

    Args:
      path: the file. Its ending is its format: `.csv` (nine digits per number), or `.parquet`,
        which needs pyarrow.
      table: the table.

    Raises:
      ValueError: if the ending is another.
      ImportError: if pyarrow is needed and not installed.
      OSError: if the file cannot be written.
    """
    path = Path(path)
    check_choice("the ending of `path`", path.suffix.lower(), (".csv", ".parquet"))
    if path.suffix.lower() == ".csv":
        write_table(path, table)
        return
    data = parquet_bytes(table)
    with atomic_write(path) as file:
        file.write(data)


@functools.partial(quick_jit, static_argnums=0)
def _replay(
    env: TaskFamily, tasks: Any, tape: Any, actions: Array
) -> tuple[Float[Array, "B T"], Bool[Array, "B T A"]]:
    """The rewards of these actions, and which actions were allowed on each step."""

    def episode(task: Any, tape: Any, actions: Array) -> tuple[Array, Array]:
        def step(state: Any, given: tuple[Any, Array]) -> tuple[Any, tuple[Array, Array]]:
            tape_t, action = given
            allowed = env.available_actions(state)
            after, timestep = env.step(state, action, tape_t)
            after = jax.tree.map(_as_type_of, after, state)
            return after, (jnp.asarray(timestep.reward, jnp.float32), allowed)

        return jax.lax.scan(step, env.reset(task)[0], (tape, actions))[1]

    return jax.vmap(episode)(tasks, tape, actions)


def _as_type_of(new: Any, old: Any) -> Any:
    """`new` with the dtype of `old`: with 64-bit types on, a family may compute wider ones."""
    return new if jnp.result_type(new) == jnp.result_type(old) else jnp.asarray(new, old.dtype)


def _states(env: TaskFamily, observations: Float[np.ndarray, "B T O"]) -> np.ndarray | str:
    """What was shown on each step, in words; the family is asked once for each observation."""
    num_steps, size = observations.shape[1:]
    if not size:
        return ""
    rows = np.ascontiguousarray(observations).reshape(-1, size)
    whole = rows.view(np.dtype((np.void, rows.itemsize * size))).reshape(-1)  # rows as single items
    _, first, which = np.unique(whole, return_index=True, return_inverse=True)
    words = [
        env.describe_step(TimeStep(rows[i], np.float32(0), np.int32(i % num_steps)))  # type: ignore[arg-type]
        for i in first
    ]
    return np.array(words, object)[which.reshape(-1)]


def _allowed(available: Bool[np.ndarray, "N A"]) -> np.ndarray:
    """The allowed actions as text, such as `0 2`; empty where all are allowed."""
    found, which = np.unique(available, axis=0, return_inverse=True)
    words = ["" if row.all() else " ".join(map(str, np.flatnonzero(row))) for row in found]
    return np.array(words, object)[which.reshape(-1)]


def _task_columns(env: TaskFamily, tasks: Any, num_episodes: int) -> dict[str, np.ndarray]:
    """The family's own columns on each step."""
    leaves, tree = jax.tree.flatten(tasks)
    rows = []
    for episode in range(num_episodes):
        task = jax.tree.unflatten(tree, [leaf[episode] for leaf in leaves])
        rows += [env.task_columns(task, trial) for trial in range(env.num_trials)]
    names = list(rows[0])
    cells = np.array([[row[name] for name in names] for row in rows], np.float64)
    every = np.repeat(cells, env.steps_per_trial, axis=0)
    return {name: every[:, i] for i, name in enumerate(names)}
