"""The game in a notebook: a thin view of `PlaySession`, made only of ipywidgets' core widgets."""

import html
import math
import time
import zlib
from typing import Any

import ipywidgets as widgets
import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from metarl.play.feedback import line_of, outcome_html
from metarl.play.record import outcome_of
from metarl.play.session import YOU, PlaySession
from metarl.play.watch import Watch
from metarl.plotting.figures import to_png
from metarl.plotting.players import PLAYER_COLOURS
from metarl.plotting.raster import arm_colours

_SCENES = ("#005F9E", "#C85200", "#595959", "#117733", "#882255", "#B8860B")


class PlayView:
    """Buttons and keys, the score, the last outcome, a strip of choices, and all players' regret.

    Widgets are made once and updated in place, so nothing piles up. `display(view.box)` shows it.

    Args:
      session: the game.
      show_regret: whether regret is drawn from the first trial on, which gives away the better arm
        (its curve is flat while you pull it). If not, it is drawn at the end of an episode.
      min_seconds: clicks within this many seconds after a trial is shown do not count, so that a
        double click counts once.
    """

    def __init__(
        self, session: PlaySession, *, show_regret: bool = True, min_seconds: float = 0.1
    ) -> None:
        self.session = session
        self.min_seconds = min_seconds
        self._drawn = -math.inf
        colours = arm_colours(session.env.num_actions)
        self.buttons = [
            widgets.Button(
                description=name[:1].upper() + name[1:],
                tooltip=f"Choose {name}",
                layout=widgets.Layout(width="128px", height="64px"),
            )
            for name in session.env.action_names
        ]
        for action, button in enumerate(self.buttons):
            button.style.button_color = colours[action]
            button.style.font_weight = "bold"
            if hasattr(button.style, "text_color"):  # ipywidgets 8
                button.style.text_color = text_colour(colours[action])
            button.on_click(lambda _, action=action: self._choose(action))
        last = min(9, len(self.buttons))
        self.keys = widgets.Text(
            placeholder=f"click here, then press a key from 1 to {last}",
            layout=widgets.Layout(width="320px"),
        )
        self.keys.observe(self._type, names="value")
        self.next_button = widgets.Button(
            description="Next episode", layout=widgets.Layout(width="128px", height="40px")
        )
        self.next_button.on_click(lambda _: self._next())
        self.regret_box = widgets.Checkbox(
            value=show_regret, description="show regret while I play", indent=False
        )
        self.regret_box.observe(lambda _: self._draw(), names="value")
        self.status = widgets.HTML()
        self.scene = widgets.HTML()
        self.outcome = widgets.HTML()
        self.strip = widgets.HTML()
        self.plot = widgets.Image(format="png", layout=widgets.Layout(width="560px"))
        self.result = widgets.HTML()
        self.box = widgets.VBox(
            [
                self.status,
                self.scene,
                widgets.HBox(self.buttons, layout=widgets.Layout(flex_flow="row wrap")),
                self.keys,
                self.outcome,
                self.strip,
                widgets.HBox([self.next_button, self.regret_box]),
                self.result,
                self.plot,
            ]
        )
        self._draw()

    def _choose(self, action: int) -> None:
        too_soon = time.monotonic() - self._drawn < self.min_seconds
        if not too_soon and self.session.choose(action) is not None:
            self._draw()
            self._drawn = time.monotonic()

    def _type(self, change: Any) -> None:
        """Takes a key that was typed into the field, and empties it."""
        typed, self.keys.value = change["new"], ""
        if typed[-1:] in tuple("123456789"[: len(self.buttons)]):
            action = int(typed[-1]) - 1
            if not self.buttons[action].disabled:
                self._choose(action)

    def _next(self) -> None:
        if self.session.next_episode():
            self._draw()

    def _draw(self) -> None:
        session = self.session
        self.status.value = (
            "<div class='metarl-status' style='font-size:16px'>"
            f"Episode <b>{session.episode + 1}</b> of {session.num_episodes} &nbsp;·&nbsp; "
            f"trial <b>{session.trial}</b> of {session.env.num_trials} &nbsp;·&nbsp; "
            f"score <b>{session.score:g}</b></div>"
        )
        self.scene.value = scene_html(session)
        self.outcome.value = outcome_html(session)
        self.strip.value = strip_html(session)
        for button, available in zip(self.buttons, session.available, strict=True):
            button.disabled = not available
        self.next_button.disabled = not session.episode_over or session.over
        self.result.value = result_html(session) if session.episode_over else ""
        shown = self.regret_box.value or session.episode_over
        self.plot.value = regret_png(session, shown)


def text_colour(background: str) -> str:
    """Black or white, whichever is more readable on a colour like "#005F9E"."""
    red, green, blue = (int(background[i : i + 2], 16) for i in (1, 3, 5))
    return "#000000" if 0.3 * red + 0.59 * green + 0.11 * blue > 140 else "#FFFFFF"


def scene_html(session: PlaySession) -> str:
    """The text that the task shows before the next choice, with a colour for each scene."""
    if not session.scene:
        return ""
    colour = _SCENES[zlib.crc32(session.scene.encode()) % len(_SCENES)]
    return (
        f"<div class='metarl-scene' style='font-size:18px;padding:14px;max-width:560px;"
        f"border-left:12px solid {colour};background:{colour}22'>{html.escape(session.scene)}</div>"
    )


def strip_html(session: PlaySession) -> str:
    """A square per step, in its action's colour; the last one of a won trial is filled."""
    colours, names = arm_colours(session.env.num_actions), session.env.action_names
    size, choices = session.env.steps_per_trial, session.choices()
    squares = ""
    for step, choice in enumerate(choices):
        trial, place = divmod(step, size)
        last = place == size - 1
        text = f"trial {trial + 1}: {names[choice.action]}"
        full = False
        if last:
            whole = choices[trial * size : step + 1]
            reward = sum(x.reward for x in whole)
            text, full = f"{text}, {outcome_of(reward, session.env)}", reward > 0
        colour = colours[choice.action]
        squares += (
            f"<span title='{html.escape(text, quote=True)}' style='display:inline-block;width:10px;"
            f"height:16px;margin:1px {5 if last and size > 1 else 1}px 1px 1px;"
            f"box-sizing:border-box;border:2px solid {colour};"
            f"background:{colour if full else 'transparent'}'></span>"
        )
    key = "full: won, hollow: missed" if squares else "your choices will appear here"
    if squares and size > 1:
        key = f"one trial: {size} choices, the last full if it won"
    return (
        f"<div class='metarl-strip' style='line-height:0;max-width:640px'>{squares}</div>"
        f"<div style='color:#666;font-size:12px'>{key}</div>"
    )


def result_html(session: PlaySession) -> str:
    """The task and each player's result, shown when an episode is over."""
    rows = ""
    for player, score, regret in session.table():
        known = "" if math.isnan(regret) else f"{regret:.2f}"
        rows += (
            f"<tr><td>{html.escape(player)}</td><td style='text-align:right'>{score:g}</td>"
            f"<td style='text-align:right'>{known}</td></tr>"
        )
    return (
        f"<div class='metarl-result'><b>{html.escape(session.told())}</b>"
        "<table style='border-spacing:14px 2px'><tr><th style='text-align:left'>player</th>"
        f"<th>score</th><th>regret</th></tr>{rows}</table></div>"
    )


def regret_png(session: PlaySession, shown: bool) -> bytes:
    """All players' cumulative regret (or score) in this episode so far, as a PNG."""
    figure = Figure(figsize=(5.6, 2.9), layout="constrained")
    ax = figure.subplots()
    known, size = session.env.has_regret, session.env.steps_per_trial
    ax.set_xlim(0, session.env.num_trials)
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    ax.set_xlabel("trial")
    ax.set_ylabel("cumulative regret" if known else "score")
    if shown:
        for player in reversed(session.players):  # the person's curve last, on top
            choices = session.choices(player)
            total = np.cumsum([0.0, *(x.regret if known else x.reward for x in choices)])
            ax.plot(
                np.arange(len(total)) / size,
                total,
                label=f"{player}: {total[-1]:.2f}",
                color=PLAYER_COLOURS.get(YOU if player == session.subject else player),
                **line_of(session, player),
            )
        ax.set_ylim(bottom=0, top=max(1.0, ax.get_ylim()[1]))
        lines, names = ax.get_legend_handles_labels()
        ax.legend(lines[::-1], names[::-1], frameon=False, loc="upper left", fontsize=9)
    else:
        ax.set_yticks([])
        ax.text(0.5, 0.5, "drawn at the end", transform=ax.transAxes, ha="center", color="#888888")
    return _png(figure)


class WatchView:
    """An agent's episode, one step per click: its choices, action probabilities and values.

    Args:
      watch: the episode.
    """

    def __init__(self, watch: Watch) -> None:
        self.watch = watch
        layout = widgets.Layout(width="128px", height="40px")
        self.step_button = widgets.Button(
            description="Next trial" if watch.env.steps_per_trial == 1 else "Next step",
            layout=layout,
        )
        self.end_button = widgets.Button(description="To the end", layout=layout)
        self.step_button.on_click(lambda _: self._advance(1))
        self.end_button.on_click(lambda _: self._advance(watch.env.num_steps))
        self.status = widgets.HTML()
        self.plot = widgets.Image(format="png", layout=widgets.Layout(width="640px"))
        buttons = widgets.HBox([self.step_button, self.end_button])
        self.box = widgets.VBox([self.status, buttons, self.plot])
        self._draw()

    def _advance(self, steps: int) -> None:
        for _ in range(steps):
            if not self.watch.step():
                break
        self._draw()

    def _draw(self) -> None:
        watch = self.watch
        size, last = watch.env.steps_per_trial, watch.step_index - 1
        text = f"trial <b>{-(-watch.step_index // size)}</b> of {watch.env.num_trials}"
        if last >= 0:
            chosen = watch.actions[last]
            chance = watch.probabilities[last, chosen]
            text += f": it chose {watch.env.action_names[chosen]} (probability {chance:.2f})"
            if watch.step_index % size == 0:
                text += f", {watch.outcome()}"
        if watch.over:
            text += f". {html.escape(watch.told)}"
        self.status.value = f"<div class='metarl-status' style='font-size:16px'>{text}</div>"
        self.step_button.disabled = self.end_button.disabled = watch.over
        self.plot.value = watch_png(watch)


def watch_png(watch: Watch) -> bytes:
    """The agent's action probabilities, choices, outcomes and values so far, as a PNG."""
    figure = Figure(figsize=(6.4, 3.8), layout="constrained")
    top, bottom = figure.subplots(2, 1, sharex=True, height_ratios=[2, 1])
    env, seen = watch.env, watch.step_index
    steps = (np.arange(seen) + 1) / env.steps_per_trial  # in trials
    for action, colour in enumerate(arm_colours(env.num_actions)):
        chance = watch.probabilities[:seen, action]
        top.plot(steps, chance, color=colour, label=env.action_names[action])
        mine = watch.actions[:seen] == action
        for won, face in ((True, colour), (False, "none")):
            these = mine & ((watch.rewards[:seen] > 0) == won)
            heights = np.full(these.sum(), 1.1)
            top.scatter(steps[these], heights, s=16, facecolors=face, edgecolors=colour)
    top.set_ylim(-0.05, 1.2)
    top.set_ylabel("probability")
    top.legend(frameon=False, loc="center right", fontsize=9)
    top.set_title("choices (full: won, hollow: lost) above its action probabilities", fontsize=9)
    bottom.plot(steps, watch.values[:seen], color="#222222")
    bottom.set_xlim(0, watch.env.num_trials + 1)
    bottom.xaxis.set_major_locator(MaxNLocator(integer=True))
    bottom.set_xlabel("trial")
    bottom.set_ylabel("value")
    return _png(figure)


def _png(figure: Figure) -> bytes:
    return to_png(figure, dpi=100)
