"""The rules of the game for a person: episodes, choices, what is shown and what is recorded.

It is independent of how it is shown; `metarl.play.widget` and `metarl.play.terminal` are its views.
"""

import datetime
import importlib
import math
import secrets
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Bool

from metarl.checks import SEEDS, check_filename, check_integer, check_seed
from metarl.envs import TaskFamily, TimeStep
from metarl.evaluation.draws import draw_episodes
from metarl.evaluation.evaluate import evaluate
from metarl.evaluation.results import EvalResult
from metarl.play.record import COLUMNS, Choice, GameRecord, outcome_of
from metarl.rollout import Player
from metarl.storage.tables import csv_text

YOU = "you"


class PlaySession:
    """Episodes of a task family, played by a person, and by machines with the same random draws.

    The same seed gives the same episodes, and the same choices of the machines.

    Attributes:
      seed: the random seed of tasks, tapes and the machines' choices.
      session: when the game began, by this machine's clock, in ISO 8601.

    Args:
      env: the family of tasks.
      num_episodes: number of episodes.
      seed: the random seed; None draws a new one.
      opponents: the machines, by name, with parameters: see `metarl.evaluation.players.opponents`.
      subject: the person's name in the record.
      record: the file that each trial is written to as it happens; None writes no file. If the
        file exists, another name is found, such as `game_2.csv`.

    Raises:
      ValueError: if a value is impossible, or the person has the name of a machine.
    """

    def __init__(
        self,
        env: TaskFamily,
        *,
        num_episodes: int = 1,
        seed: int | None = None,
        opponents: Mapping[str, tuple[Player, Any]] | None = None,
        subject: str = YOU,
        record: str | Path | None = None,
    ) -> None:
        check_integer("num_episodes", num_episodes, 1)
        seed = secrets.randbelow(SEEDS) if seed is None else seed
        check_seed("seed", seed)
        check_filename("subject", subject)
        if subject.casefold() in map(str.casefold, opponents or {}):
            raise ValueError(
                f"`subject` must differ from the machines' names, got {subject!r}. "
                "The record could not tell you apart."
            )
        self.env, self.num_episodes = env, num_episodes
        self.seed, self.subject = seed, subject
        self.session = datetime.datetime.now().astimezone().isoformat(timespec="seconds")
        self.episode = 0
        drawn = draw_episodes(env, num_episodes, seed)
        self._tasks, self._tape = jax.tree.map(np.asarray, drawn.tasks), drawn.tape
        self._results: dict[str, EvalResult] = {
            name: evaluate(player, params, env, num_episodes=num_episodes, seed=seed)
            for name, (player, params) in (opponents or {}).items()
        }
        self._choices: list[list[Choice]] = [[] for _ in range(num_episodes)]
        self._scenes: list[list[tuple[str, str]]] = [[] for _ in range(num_episodes)]
        self._record = None if record is None else GameRecord(Path(record), self._header())
        self._reset, self._step = jax.jit(env.reset), jax.jit(env.step)
        self._values, self._available = jax.jit(env.action_values), jax.jit(env.available_actions)
        self._state: Any = None
        self._timestep: TimeStep
        self._since = 0.0
        self._begin()

    @property
    def players(self) -> list[str]:
        """The names of all players, the person's first."""
        return [self.subject, *self._results]

    @property
    def step(self) -> int:
        """The number of steps so far in this episode."""
        return len(self._choices[self.episode])

    @property
    def trial(self) -> int:
        """The number of trials finished in this episode."""
        return self.step // self.env.steps_per_trial

    @property
    def scene(self) -> str:
        """What the person is shown before the next choice; empty if the task shows nothing."""
        return "" if self.episode_over else self.env.describe_step(self._timestep)

    @property
    def available(self) -> Bool[np.ndarray, " A"]:
        """Which actions can be chosen now."""
        if self.episode_over:
            return np.zeros(self.env.num_actions, bool)
        return np.asarray(self._available(self._state))

    @property
    def episode_over(self) -> bool:
        """Whether this episode's last trial is finished."""
        return self.step == self.env.num_steps

    @property
    def over(self) -> bool:
        """Whether the last trial of the last episode is finished."""
        return self.episode_over and self.episode == self.num_episodes - 1

    @property
    def score(self) -> float:
        """The person's total reward in this episode so far."""
        return sum(choice.reward for choice in self._choices[self.episode])

    def choose(self, action: int) -> float | None:
        """Takes an action.

        Args:
          action: its index, counted from zero.

        Returns:
          The reward; None, and nothing happens, if the episode is over.

        Raises:
          ValueError: if there is no such action, or it is not available now.
        """
        check_integer("action", action, 0)
        if action >= self.env.num_actions:
            raise ValueError(f"`action` must be below {self.env.num_actions}, got {action}.")
        if self.episode_over:
            return None
        available = self.available
        allowed = " ".join(map(str, np.flatnonzero(available)))
        if not available[action]:
            raise ValueError(f"`action` must be one of {allowed} on this step, got {action}.")
        values = np.asarray(self._values(self._state))
        fewer = "" if available.all() else allowed
        self._scenes[self.episode].append((self.scene, fewer))
        tape_t = jax.tree.map(lambda x: x[self.episode, self.step], self._tape)
        self._state, self._timestep = self._step(self._state, jnp.int32(action), tape_t)
        reward, now = float(self._timestep.reward), time.monotonic()
        regret = float(values.max() - values[action]) if available.sum() > 1 else 0.0
        self._choices[self.episode].append(Choice(action, reward, regret, now - self._since))
        self._since = now
        if self._record is not None:
            self._record.append(self._rows_of(self.episode, self.step - 1))
        return reward

    def next_episode(self) -> bool:
        """Starts the next episode if this one is over and there is another; returns whether."""
        if not self.episode_over or self.over:
            return False
        self.episode += 1
        self._begin()
        return True

    def _begin(self) -> None:
        self._state, self._timestep = self._reset(self._task(self.episode))
        self._since = time.monotonic()

    def _task(self, episode: int) -> Any:
        return jax.tree.map(lambda x: x[episode], self._tasks)

    def choices(self, player: str | None = None, episode: int | None = None) -> list[Choice]:
        """A player's choices in an episode, up to the person's present step.

        Args:
          player: one of `players`; None is the person.
          episode: the index of the episode, from zero; None is the present one.

        Returns:
          A choice for each step.
        """
        episode = self.episode if episode is None else episode
        yours = self._choices[episode]
        if player is None or player == self.subject:
            return list(yours)
        result = self._results[player]
        played = result.trajectory
        values = getattr(played.trace, "value", np.full(played.actions.shape, math.nan))
        return [
            Choice(
                int(played.actions[episode, step]),
                float(played.rewards[episode, step]),
                float(result.regret[episode, step]),
                math.nan,
                float(values[episode, step]),
            )
            for step in range(len(yours))
        ]

    def outcome(self) -> str:
        """The outcome of the last finished trial: `won`, `lost`, or its reward."""
        last = self.choices()[-self.env.steps_per_trial :]
        return outcome_of(sum(choice.reward for choice in last), self.env)

    def told(self) -> str:
        """The task in one sentence, once the episode is over.

        Raises:
          RuntimeError: before that, as it would give the answer away.
        """
        if not self.episode_over:
            raise RuntimeError("The task is revealed only when the episode is over.")
        return self.env.describe_task(self._task(self.episode))

    def table(self) -> list[tuple[str, float, float]]:
        """Each player's name, score and regret in this episode so far."""
        made = {player: self.choices(player) for player in self.players}
        return [
            (who, sum(x.reward for x in y), sum(x.regret for x in y)) for who, y in made.items()
        ]

    def to_csv(self) -> str:
        """The record so far as a tidy csv: one row per step and player, as in `COLUMNS`."""
        return csv_text([self._header(), *self._rows()])

    def to_dataframe(self) -> Any:
        """The same as a tidy table, see `metarl.behaviour.session_to_dataframe`."""
        export = importlib.import_module("metarl.behaviour.export")  # it builds on this module
        return export.session_to_dataframe(self)

    def save_csv(self, path: str | Path) -> Path:
        """Writes the record so far to a new file.

        Args:
          path: the file; if it exists, another name is found, such as `game_2.csv`.

        Returns:
          The file's path.

        Raises:
          OSError: if it cannot be written.
        """
        record = GameRecord(Path(path), self._header())
        record.append(self._rows())
        return record.finish()

    def finish(self) -> Path | None:
        """Writes the rest of the record; returns its path, or None if nothing is recorded.

        Raises:
          OSError: if it cannot be written.
        """
        if self._record is None or not self._choices[0]:
            return None
        return self._record.finish()

    def _header(self) -> tuple[str, ...]:
        return (*COLUMNS, *self.env.task_columns(self._task(0), 0))

    def _rows(self) -> list[list[Any]]:
        return [
            row
            for episode in range(self.episode + 1)
            for step in range(len(self._choices[episode]))
            for row in self._rows_of(episode, step)
        ]

    def _rows_of(self, episode: int, step: int) -> list[list[Any]]:
        """The rows of a step, one per player. Only the person's row has a scene."""
        trial, step_of_trial = divmod(step, self.env.steps_per_trial)
        scene, available = self._scenes[episode][step]
        task = self.env.task_columns(self._task(episode), trial).values()
        return [
            [
                player,
                self.session,
                *(episode + 1, None, trial + 1, step_of_trial + 1),
                (scene or None) if player == self.subject else None,
                choice.action,
                f"{choice.reward:g}",
                (available or None) if player == self.subject else None,
                round(choice.seconds, 3),
                *(self.seed, self.env.num_trials, choice.regret, choice.value),
                *task,
            ]
            for player in self.players
            for choice in [self.choices(player, episode)[step]]
        ]
