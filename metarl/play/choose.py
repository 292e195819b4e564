"""A drop-down of games in a notebook, each a task family that a shipped agent was trained on."""

import html
from collections.abc import Mapping
from typing import NamedTuple

import ipywidgets as widgets

from metarl.checks import check_integer
from metarl.evaluation.players import opponents
from metarl.play.session import PlaySession
from metarl.play.widget import PlayView
from metarl.pretrained import load_agent

_PROMPT = "choose a game"


class Game(NamedTuple):
    """A game to choose.

    Attributes:
      agent: the name of a shipped agent; the tasks are those it was trained on.
      num_trials: number of trials in an episode: fewer than in training, for a person's patience.
      rules: what the person is told before the game.
    """

    agent: str
    num_trials: int
    rules: str


GAMES: dict[str, Game] = {
    "two arms, p and 1 - p": Game(
        "bandit_correlated", 20, "The better one arm is, the worse is the other. Neither changes."
    ),
    "two independent arms": Game(
        "bandit_independent", 20, "One arm says nothing about the other. Neither changes."
    ),
    "reversal": Game(
        "reversal", 40, "One arm wins nine times in ten, the other once in ten. They may swap."
    ),
    "restless arms": Game(
        "restless",
        40,
        "The better one arm is, the worse is the other, and both drift all the time.",
    ),
    "two-step task": Game(
        "two_step",
        30,
        "Left mostly leads to state A, right to state B. One state pays more often than the other, "
        "and they may swap. In a state, either button collects.",
    ),
    "informative arm": Game(
        "informative",
        5,
        "One of arms 1 to 10 pays 5, the others pay 1. Arm 11 pays a tenth of the number of the "
        "arm that pays 5. There are only five trials.",
    ),
    "Harlow's task": Game(
        "harlow",
        6,
        "Two objects, shown as numbers, in changing places. One of them wins whenever it is "
        "chosen, the other loses.",
    ),
}


class GameChooser:
    """A drop-down of games, and below it the game that is chosen, against the machines.

    `display(chooser.box)` shows it. Nothing is played until a game is chosen.

    Attributes:
      session: the game that is played; None before one is chosen.
      view: its view; None before.

    Args:
      games: the games, by the names that the drop-down shows; None for `GAMES`.
      num_episodes: number of episodes in a game.
      seed: the random seed of every game; None draws a new one for each.

    Raises:
      ValueError: if there are no games, or a number is impossible.
    """

    def __init__(
        self,
        games: Mapping[str, Game] | None = None,
        *,
        num_episodes: int = 3,
        seed: int | None = None,
    ) -> None:
        self.games = dict(GAMES if games is None else games)
        if not self.games:
            raise ValueError("`games` must hold at least one game, got none.")
        check_integer("num_episodes", num_episodes, 1)
        self.num_episodes, self.seed = num_episodes, seed
        self.session: PlaySession | None = None
        self.view: PlayView | None = None
        self.menu = widgets.Dropdown(options=[_PROMPT, *self.games], description="Game:")
        self.rules = widgets.HTML()
        self.place = widgets.VBox([])
        self.box = widgets.VBox([self.menu, self.rules, self.place])
        self.menu.observe(lambda change: self._start(change["new"]), names="value")

    def _start(self, name: str) -> None:
        self.session = self.view = None
        self.place.children = ()
        self.rules.value = ""
        if name not in self.games:
            return
        agent, num_trials, rules = self.games[name]
        self.rules.value = _paragraph(
            "The machines are getting ready; the first time takes a while."
        )
        env = load_agent(agent).config.environment.changed(num_trials=num_trials)
        self.session = PlaySession(
            env, num_episodes=self.num_episodes, seed=self.seed, opponents=opponents(env)
        )
        self.view = PlayView(self.session, show_regret=False)
        self.rules.value = _paragraph(rules)
        self.place.children = (self.view.box,)


def _paragraph(text: str) -> str:
    return f"<div class='metarl-rules' style='max-width:560px'>{html.escape(text)}</div>"
