"""The rules of the game a person plays: episodes, pulls, what is shown when, and what is recorded.

Knows no widget and no terminal; `metarl.play_widget` and `metarl.play_terminal` are thin views.
"""

import datetime
import math
import secrets
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Float

from metarl.envs import Bandit
from metarl.evaluation import EvalResult, draw_episodes, evaluate
from metarl.play_record import COLUMNS, GameRecord
from metarl.rollout import Player
from metarl.tables import csv_text
from metarl.validation import SEEDS, check_filename, check_integer, check_seed

YOU = "you"


class Pull(NamedTuple):
    """One trial of one player.

    Attributes:
      action: the index of the arm, counted from zero.
      reward: 1 or 0.
      regret: the best arm's win probability minus this arm's.
      seconds: time since the trial before (or the start of the episode); NaN for a machine.
      value: what an agent's critic expected before it chose; NaN for who has none.
    """

    action: int
    reward: float
    regret: float
    seconds: float
    value: float = math.nan


class PlaySession:
    """Some episodes of a bandit, played by a person, and by others on the same reward tape.

    On the same tape the same arm pays on the same trial, whoever pulls it: luck is shared. The
    same seed gives the same episodes, and the same choices of the machines.

    Attributes:
      seed: the seed of tasks, luck and the machines' choices.
      session: when the game began, by the clock of this machine, in ISO 8601.

    Args:
      env: the bandit.
      num_episodes: number of episodes.
      seed: the seed; None draws a fresh one.
      opponents: who else plays, by name, with parameters (see `metarl.opponents`); none by default.
      subject: the person's name in the record.
      record: the file that each trial is written to as it happens; None keeps no such file. A file
        that is there is left alone: another name is found, as in `game_2.csv`.

    Raises:
      ValueError: if a value is impossible, or the person has the name of a machine.
    """

    def __init__(
        self,
        env: Bandit,
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
                f"`subject` must be a name that no machine has, got {subject!r}. "
                "In the record nobody could tell you apart."
            )
        self.env = env
        self.num_episodes = num_episodes
        self.seed = seed
        self.subject = subject
        self.session = datetime.datetime.now().astimezone().isoformat(timespec="seconds")
        self.episode = 0
        drawn = draw_episodes(env, num_episodes, seed)
        self._tasks, self._tape = drawn.tasks, drawn.tape
        self._arm_probs = np.asarray(drawn.tasks.arm_probs)
        self._results: dict[str, EvalResult] = {
            name: evaluate(player, params, env, num_episodes=num_episodes, seed=seed)
            for name, (player, params) in (opponents or {}).items()
        }
        self._pulls: list[list[Pull]] = [[] for _ in range(num_episodes)]
        self._record = None if record is None else GameRecord(Path(record), self._header())
        self._step = jax.jit(env.step)
        self._since = time.monotonic()
        self._state = self._first_state()

    @property
    def players(self) -> list[str]:
        """Everybody's names, the person's first."""
        return [self.subject, *self._results]

    @property
    def trial(self) -> int:
        """The number of trials made in this episode."""
        return len(self._pulls[self.episode])

    @property
    def episode_over(self) -> bool:
        """Whether this episode's last trial has been made."""
        return self.trial == self.env.num_trials

    @property
    def over(self) -> bool:
        """Whether the last trial of the last episode has been made."""
        return self.episode_over and self.episode == self.num_episodes - 1

    @property
    def score(self) -> int:
        """The rewards the person got in this episode so far."""
        return int(sum(pull.reward for pull in self._pulls[self.episode]))

    def pull(self, arm: int) -> float | None:
        """Pulls an arm.

        Args:
          arm: its index, counted from zero.

        Returns:
          The reward, 1 or 0; None if the episode is over, when nothing happens.

        Raises:
          ValueError: if there is no such arm.
        """
        check_integer("arm", arm, 0)
        if arm >= self.env.num_arms:
            raise ValueError(f"`arm` must be below {self.env.num_arms}, got {arm}.")
        if self.episode_over:
            return None
        tape_t = self._tape[self.episode, self.trial]
        self._state, timestep = self._step(self._state, jnp.int32(arm), tape_t)
        reward, now = float(timestep.reward), time.monotonic()
        probs = self._arm_probs[self.episode]
        regret = float(probs.max() - probs[arm])
        self._pulls[self.episode].append(Pull(arm, reward, regret, now - self._since))
        self._since = now
        if self._record is not None:
            self._record.append(self._rows_of(self.episode, self.trial - 1))
        return reward

    def next_episode(self) -> bool:
        """Goes on to the next episode, if this one is over and there is one; says whether."""
        if not self.episode_over or self.over:
            return False
        self.episode += 1
        self._since = time.monotonic()
        self._state = self._first_state()
        return True

    def _first_state(self) -> Any:
        return self.env.reset(jax.tree.map(lambda x: x[self.episode], self._tasks))[0]

    def pulls(self, player: str | None = None, episode: int | None = None) -> list[Pull]:
        """What a player did in an episode, up to the trial the person has come to.

        Args:
          player: one of `players`; None is the person.
          episode: the episode; None is the present one.

        Returns:
          A pull for each trial.
        """
        episode = self.episode if episode is None else episode
        yours = self._pulls[episode]
        if player is None or player == self.subject:
            return list(yours)
        result = self._results[player]
        played = result.trajectory
        values = getattr(played.trace, "value", np.full(played.actions.shape, math.nan))
        return [
            Pull(
                int(played.actions[episode, trial]),
                float(played.rewards[episode, trial]),
                float(result.regret[episode, trial]),
                math.nan,
                float(values[episode, trial]),
            )
            for trial in range(len(yours))
        ]

    def arm_probs(self) -> Float[np.ndarray, " A"]:
        """The arms' win probabilities, once the episode is over.

        Raises:
          RuntimeError: before that; it would be telling.
        """
        if not self.episode_over:
            raise RuntimeError("The win probabilities are told when the episode is over.")
        return self._arm_probs[self.episode]

    def to_csv(self) -> str:
        """The record so far as a tidy csv: a row for each trial of each player, as in `COLUMNS`."""
        return csv_text([self._header(), *self._rows()])

    def save_csv(self, path: str | Path) -> Path:
        """Writes the record so far to a new file.

        Args:
          path: the file; if there is one of that name, another name is found, as in `game_2.csv`.

        Returns:
          The file's path.

        Raises:
          OSError: if it cannot be written.
        """
        record = GameRecord(Path(path), self._header())
        record.append(self._rows())
        return record.finish()

    def finish(self) -> Path | None:
        """Writes what is left of the record; returns its path, None if nothing is recorded.

        Raises:
          OSError: if it cannot be written.
        """
        if self._record is None or not self._pulls[0]:
            return None
        return self._record.finish()

    def _header(self) -> tuple[str, ...]:
        return (*COLUMNS, *(f"p{arm + 1}" for arm in range(self.env.num_arms)))

    def _rows(self) -> list[list[Any]]:
        return [
            row
            for episode in range(self.episode + 1)
            for trial in range(len(self._pulls[episode]))
            for row in self._rows_of(episode, trial)
        ]

    def _rows_of(self, episode: int, trial: int) -> list[list[Any]]:
        """The rows of a trial: one for each player."""
        return [
            [
                player,
                self.session,
                episode + 1,
                None,
                trial + 1,
                1,
                None,
                pull.action,
                int(pull.reward),
                None,
                round(pull.seconds, 3),
                self.seed,
                self.env.num_trials,
                pull.regret,
                pull.value,
                *self._arm_probs[episode].tolist(),
            ]
            for player in self.players
            for pull in [self.pulls(player, episode)[trial]]
        ]
