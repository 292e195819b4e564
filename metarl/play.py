"""The rules of the game a person plays: episodes, pulls, what is shown when, and the record.

Knows no widget and no terminal; `metarl.play_widget` and `metarl.play_terminal` are thin views.
"""

import csv
import io
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
from metarl.files import atomic_write
from metarl.rollout import Player
from metarl.validation import check_integer, shown

YOU = "you"


class Pull(NamedTuple):
    """One trial of one player.

    Attributes:
      action: the index of the arm, counted from zero.
      reward: 1 or 0.
      regret: the best arm's win probability minus this arm's.
      seconds: time since the trial before (or the start of the episode); NaN for a machine.
    """

    action: int
    reward: float
    regret: float
    seconds: float


class PlaySession:
    """Some episodes of a bandit, played by a person, and by others on the same reward tape.

    On the same tape the same arm pays on the same trial, whoever pulls it: luck is shared. The
    same seed gives the same episodes, and the same choices of the machines.

    Args:
      env: the bandit.
      num_episodes: number of episodes.
      seed: the seed of tasks, luck and the machines' choices.
      opponents: who else plays, by name, with parameters (see `metarl.opponents`); none by default.

    Raises:
      ValueError: if a value is impossible.
    """

    def __init__(
        self,
        env: Bandit,
        *,
        num_episodes: int = 1,
        seed: int = 0,
        opponents: Mapping[str, tuple[Player, Any]] | None = None,
    ) -> None:
        check_integer("num_episodes", num_episodes, 1)
        check_integer("seed", seed, 0)
        self.env = env
        self.num_episodes = num_episodes
        self.seed = seed
        self.episode = 0
        drawn = draw_episodes(env, num_episodes, seed)
        self._arm_probs = np.asarray(drawn.tasks.arm_probs)
        self._tape = np.asarray(drawn.tape)
        self._results: dict[str, EvalResult] = {
            name: evaluate(player, params, env, num_episodes=num_episodes, seed=seed)
            for name, (player, params) in (opponents or {}).items()
        }
        self._pulls: list[list[Pull]] = [[] for _ in range(num_episodes)]
        self._since = time.monotonic()
        self._step = jax.jit(env.step)

    @property
    def players(self) -> list[str]:
        """Everybody's names, the person's first."""
        return [YOU, *self._results]

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
        probs = self._arm_probs[self.episode]
        state, _ = self.env.reset(self.env.make_task(probs))
        _, timestep = self._step(state, jnp.int32(arm), self._tape[self.episode, self.trial])
        reward, now = float(timestep.reward), time.monotonic()
        regret = float(probs.max() - probs[arm])
        self._pulls[self.episode].append(Pull(arm, reward, regret, now - self._since))
        self._since = now
        return reward

    def next_episode(self) -> bool:
        """Goes on to the next episode, if this one is over and there is one; says whether."""
        if not self.episode_over or self.over:
            return False
        self.episode += 1
        self._since = time.monotonic()
        return True

    def pulls(self, player: str = YOU, episode: int | None = None) -> list[Pull]:
        """What a player did in an episode, up to the trial the person has come to.

        Args:
          player: one of `players`.
          episode: the episode; None is the present one.

        Returns:
          A pull for each trial.
        """
        episode = self.episode if episode is None else episode
        yours = self._pulls[episode]
        if player == YOU:
            return list(yours)
        result = self._results[player]
        return [
            Pull(
                int(result.trajectory.actions[episode, trial]),
                float(result.trajectory.rewards[episode, trial]),
                float(result.regret[episode, trial]),
                float("nan"),
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
        """The whole record as a tidy csv: a row for each trial of each player.

        The columns are player, episode, trial, action (all counted from one), reward, regret,
        seconds (empty for a machine), and `p1`, `p2`, ...: the arms' win probabilities.
        """
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow([*COLUMNS, *(f"p{arm + 1}" for arm in range(self.env.num_arms))])
        for player in self.players:
            for episode in range(self.episode + 1):
                probs = [f"{p:.6g}" for p in self._arm_probs[episode]]
                for trial, pull in enumerate(self.pulls(player, episode)):
                    seconds = "" if np.isnan(pull.seconds) else f"{pull.seconds:.3f}"
                    writer.writerow(
                        [
                            _as_text_cell(player),
                            episode + 1,
                            trial + 1,
                            pull.action + 1,
                            int(pull.reward),
                            f"{pull.regret:.6g}",
                            seconds,
                            *probs,
                        ]
                    )
        return text.getvalue()

    def save_csv(self, path: str | Path) -> Path:
        """Writes the record to a file, whole or not at all; returns its path."""
        with atomic_write(Path(path)) as file:
            file.write(self.to_csv().encode())
        return Path(path)


COLUMNS = ("player", "episode", "trial", "action", "reward", "regret", "seconds")
_FORMULA = ("=", "+", "-", "@", "\t", "\r")  # what a spreadsheet would run


def _as_text_cell(text: str) -> str:
    return f"'{text}" if text.startswith(_FORMULA) else text


def read_regret(path: str | Path) -> dict[str, Float[np.ndarray, "B T"]]:
    """Reads the record of a game as `metarl.plotting.plot_regret` wants it.

    Args:
      path: a csv that `PlaySession.save_csv` wrote.

    Returns:
      The regret of each trial of each finished episode, by the player's name.

    Raises:
      ValueError: if the file is no such csv, or holds no finished episode.
    """
    regret: dict[str, dict[int, list[float]]] = {}
    try:
        with Path(path).open(newline="", encoding="utf-8") as file:
            reader = csv.DictReader(file)
            if tuple(reader.fieldnames or ())[: len(COLUMNS)] != COLUMNS:
                found = shown(reader.fieldnames)
                raise ValueError(
                    f"`{path}` must have the columns {', '.join(COLUMNS)}, ..., got {found}."
                )
            for line, row in enumerate(reader, start=2):
                player, episode, value = _read_row(path, line, row)
                regret.setdefault(player, {}).setdefault(episode, []).append(value)
    except (UnicodeDecodeError, csv.Error) as error:
        raise ValueError(f"`{path}` must be a csv in UTF-8, got {error}.") from None
    longest = max((len(e) for p in regret.values() for e in p.values()), default=0)
    whole = {
        player: np.array([e for e in episodes.values() if len(e) == longest])
        for player, episodes in regret.items()
    }
    if longest == 0:
        raise ValueError(f"`{path}` must hold at least one episode, got none.")
    return whole


def _read_row(path: str | Path, line: int, row: dict[str, Any]) -> tuple[str, int, float]:
    """Player, episode and regret of a row; names are those of people, and not formulas."""
    player = row["player"] or ""
    if not player.isprintable() or not 0 < len(player) <= 100 or player.startswith(_FORMULA):
        raise ValueError(
            f"`{path}` must have a plain name as the player, got {shown(player)} in line {line}."
        )
    try:
        episode, regret = int(row["episode"]), float(row["regret"])
    except (TypeError, ValueError):
        episode, regret = 0, np.nan
    if episode < 1 or not 0 <= regret <= 1:
        cells = f"{shown(row['episode'])} and {shown(row['regret'])}"
        raise ValueError(
            f"`{path}` must have numbers of 1 or more as episode and from 0 to 1 as regret, "
            f"got {cells} in line {line}."
        )
    return player, episode, regret
