"""The game in a notebook: a thin view of `PlaySession`, from ipywidgets' core widgets only."""

import html
import math
import time

import ipywidgets as widgets
import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from metarl.figures import to_png
from metarl.opponents import Watch
from metarl.play import YOU, PlaySession
from metarl.plotting import PLAYER_COLOURS, arm_colours


class PlayView:
    """Buttons, a score, a strip of what happened, and the cumulative regret of everybody.

    Every part is made once and changed in place, so nothing piles up. `display(view.box)` shows it.

    Args:
      session: the game.
      show_regret: whether the regret is drawn from the first trial on. It tells which arm is the
        better one (the curve is flat while you pull it); else it is drawn at the end of an episode.
      min_seconds: seconds after a trial was shown in which a click does not count, so that a double
        click counts once.
    """

    def __init__(
        self, session: PlaySession, *, show_regret: bool = True, min_seconds: float = 0.1
    ) -> None:
        self.session = session
        self.min_seconds = min_seconds
        self._drawn = -math.inf
        arms = range(session.env.num_arms)
        colours = arm_colours(session.env.num_arms)
        self.buttons = [
            widgets.Button(
                description=f"Arm {arm + 1}",
                tooltip=f"Pull arm {arm + 1}",
                layout=widgets.Layout(width="128px", height="64px"),
            )
            for arm in arms
        ]
        for arm, button in enumerate(self.buttons):
            button.style.button_color = colours[arm]
            button.style.font_weight = "bold"
            if hasattr(button.style, "text_color"):  # ipywidgets 8
                button.style.text_color = text_colour(colours[arm])
            button.on_click(lambda _, arm=arm: self._pull(arm))
        self.next_button = widgets.Button(
            description="Next episode", layout=widgets.Layout(width="128px", height="40px")
        )
        self.next_button.on_click(lambda _: self._next())
        self.regret_box = widgets.Checkbox(
            value=show_regret, description="show regret while I play", indent=False
        )
        self.regret_box.observe(lambda _: self._draw(), names="value")
        self.status = widgets.HTML()
        self.strip = widgets.HTML()
        self.plot = widgets.Image(format="png", layout=widgets.Layout(width="560px"))
        self.result = widgets.HTML()
        self.box = widgets.VBox(
            [
                self.status,
                widgets.HBox(self.buttons, layout=widgets.Layout(flex_flow="row wrap")),
                self.strip,
                widgets.HBox([self.next_button, self.regret_box]),
                self.result,
                self.plot,
            ]
        )
        self._draw()

    def _pull(self, arm: int) -> None:
        too_soon = time.monotonic() - self._drawn < self.min_seconds
        if not too_soon and self.session.pull(arm) is not None:
            self._draw()
            self._drawn = time.monotonic()

    def _next(self) -> None:
        if self.session.next_episode():
            self._draw()

    def _draw(self) -> None:
        session = self.session
        self.status.value = (
            "<div class='metarl-status' style='font-size:16px'>"
            f"Episode <b>{session.episode + 1}</b> of {session.num_episodes} &nbsp;·&nbsp; "
            f"trial <b>{session.trial}</b> of {session.env.num_trials} &nbsp;·&nbsp; "
            f"score <b>{session.score}</b></div>"
        )
        self.strip.value = strip_html(session)
        for button in self.buttons:
            button.disabled = session.episode_over
        self.next_button.disabled = not session.episode_over or session.over
        self.result.value = result_html(session) if session.episode_over else ""
        shown = self.regret_box.value or session.episode_over
        self.plot.value = regret_png(session, shown)


def text_colour(background: str) -> str:
    """Black or white, whichever is read better on a colour like "#005F9E"."""
    red, green, blue = (int(background[i : i + 2], 16) for i in (1, 3, 5))
    return "#000000" if 0.3 * red + 0.59 * green + 0.11 * blue > 140 else "#FFFFFF"


def strip_html(session: PlaySession) -> str:
    """A square for each trial, in its arm's colour: full for a win, hollow for a loss."""
    colours = arm_colours(session.env.num_arms)
    squares = "".join(
        f"<span title='trial {trial + 1}: arm {pull.action + 1}, "
        f"{'won' if pull.reward else 'lost'}' style='display:inline-block;width:10px;height:16px;"
        f"margin:1px;box-sizing:border-box;border:2px solid {colours[pull.action]};"
        f"background:{colours[pull.action] if pull.reward else 'transparent'}'></span>"
        for trial, pull in enumerate(session.pulls())
    )
    key = "full: won, hollow: lost" if squares else "your choices will appear here"
    return (
        f"<div class='metarl-strip' style='line-height:0;max-width:640px'>{squares}</div>"
        f"<div style='color:#666;font-size:12px'>{key}</div>"
    )


def result_html(session: PlaySession) -> str:
    """The arms' probabilities, and who got what: shown when an episode is over."""
    probs = ", ".join(f"arm {i + 1}: {p:.2f}" for i, p in enumerate(session.arm_probs()))
    rows = ""
    for player in session.players:
        pulls = session.pulls(player)
        score, regret = sum(p.reward for p in pulls), sum(p.regret for p in pulls)
        rows += (
            f"<tr><td>{html.escape(player)}</td><td style='text-align:right'>{score:.0f}</td>"
            f"<td style='text-align:right'>{regret:.2f}</td></tr>"
        )
    return (
        f"<div class='metarl-result'>The arms won with <b>{probs}</b>."
        "<table style='border-spacing:14px 2px'><tr><th style='text-align:left'>player</th>"
        f"<th>score</th><th>regret</th></tr>{rows}</table></div>"
    )


def regret_png(session: PlaySession, shown: bool) -> bytes:
    """The cumulative expected regret of everybody in this episode so far, as a PNG."""
    figure = Figure(figsize=(5.6, 2.9), layout="constrained")
    ax = figure.subplots()
    ax.set_xlim(0, session.env.num_trials)
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    ax.set_xlabel("trial")
    ax.set_ylabel("cumulative regret")
    if shown:
        for player in session.players:
            total = np.cumsum([0.0, *(pull.regret for pull in session.pulls(player))])
            ax.plot(
                total,
                label=f"{player}: {total[-1]:.2f}",
                color=PLAYER_COLOURS.get(YOU if player == session.subject else player),
                lw=2.5 if player == session.subject else 1.5,
            )
        ax.set_ylim(bottom=0, top=max(1.0, ax.get_ylim()[1]))
        ax.legend(frameon=False, loc="upper left", fontsize=9)
    else:
        ax.set_yticks([])
        ax.text(0.5, 0.5, "drawn at the end", transform=ax.transAxes, ha="center", color="#888888")
    return _png(figure)


class WatchView:
    """An agent's episode, one trial a click: what it chose, how sure it was, what it expected.

    Args:
      watch: the episode.
    """

    def __init__(self, watch: Watch) -> None:
        self.watch = watch
        layout = widgets.Layout(width="128px", height="40px")
        self.step_button = widgets.Button(description="Next trial", layout=layout)
        self.end_button = widgets.Button(description="To the end", layout=layout)
        self.step_button.on_click(lambda _: self._advance(1))
        self.end_button.on_click(lambda _: self._advance(watch.env.num_trials))
        self.status = widgets.HTML()
        self.plot = widgets.Image(format="png", layout=widgets.Layout(width="640px"))
        buttons = widgets.HBox([self.step_button, self.end_button])
        self.box = widgets.VBox([self.status, buttons, self.plot])
        self._draw()

    def _advance(self, trials: int) -> None:
        for _ in range(trials):
            if not self.watch.step():
                break
        self._draw()

    def _draw(self) -> None:
        watch = self.watch
        text = f"trial <b>{watch.trial}</b> of {watch.env.num_trials}"
        if watch.trial > 0:
            last = watch.trial - 1
            outcome = "won" if watch.rewards[last] else "lost"
            chance = watch.probabilities[last, watch.actions[last]]
            text += (
                f": it pulled arm {watch.actions[last] + 1} (probability {chance:.2f}), {outcome}"
            )
        if watch.over:
            probs = ", ".join(f"arm {i + 1}: {p:.2f}" for i, p in enumerate(watch.arm_probs))
            text += f". The arms won with {probs}."
        self.status.value = f"<div class='metarl-status' style='font-size:16px'>{text}</div>"
        self.step_button.disabled = self.end_button.disabled = watch.over
        self.plot.value = watch_png(watch)


def watch_png(watch: Watch) -> bytes:
    """The agent's action probabilities, choices, outcomes and value so far, as a PNG."""
    figure = Figure(figsize=(6.4, 3.8), layout="constrained")
    top, bottom = figure.subplots(2, 1, sharex=True, height_ratios=[2, 1])
    colours = arm_colours(watch.env.num_arms)
    trials = np.arange(1, watch.trial + 1)
    for arm, colour in enumerate(colours):
        top.plot(
            trials, watch.probabilities[: watch.trial, arm], color=colour, label=f"arm {arm + 1}"
        )
        mine = watch.actions[: watch.trial] == arm
        for reward, face in ((1, colour), (0, "none")):
            these = mine & (watch.rewards[: watch.trial] == reward)
            heights = np.full(these.sum(), 1.1)
            top.scatter(trials[these], heights, s=16, facecolors=face, edgecolors=colour)
    top.set_ylim(-0.05, 1.2)
    top.set_ylabel("probability")
    top.legend(frameon=False, loc="center right", fontsize=9)
    top.set_title("choices (full: won, hollow: lost) above its action probabilities", fontsize=9)
    bottom.plot(trials, watch.values[: watch.trial], color="#222222")
    bottom.set_xlim(0, watch.env.num_trials + 1)
    bottom.xaxis.set_major_locator(MaxNLocator(integer=True))
    bottom.set_xlabel("trial")
    bottom.set_ylabel("value")
    return _png(figure)


def _png(figure: Figure) -> bytes:
    return to_png(figure, dpi=100)
