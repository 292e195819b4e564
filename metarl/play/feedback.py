"""What a person sees of an outcome and of the other players: words and signs, not colour alone."""

import html
from typing import Any

from metarl.evaluation.players import BEST
from metarl.play.session import PlaySession

_WON, _MISSED = "\N{CHECK MARK}", "\N{MULTIPLICATION X}"
_FULL, _HOLLOW, _PLAIN = (  # as in the strip of choices: full for a win, hollow for a miss
    "background:#117733;color:#FFFFFF;border:3px solid #117733",
    "border:3px dashed #898989",
    "border:3px solid transparent;font-weight:normal",
)
# Where curves lie on each other, a thin line is seen on a wide one, and gaps show what is below.
_LINES: dict[str, dict[str, Any]] = {
    BEST: {"lw": 8.0, "alpha": 0.35, "solid_capstyle": "butt"},
    "Thompson": {"lw": 1.8, "ls": (0, (2, 1.5)), "zorder": 3},
    "agent": {"lw": 3.2},
}
_YOURS: dict[str, Any] = {"lw": 1.6, "marker": "o", "ms": 4.5, "zorder": 4}


def outcome_html(session: PlaySession) -> str:
    """The outcome of the last trial in words and with a sign; within a trial, the last choice.

    It is an alert: screen readers say it when it appears.
    """
    env, choices = session.env, session.choices()
    if not choices:
        return _line("Your turn.", _PLAIN)
    if session.step % env.steps_per_trial:
        chosen = html.escape(env.action_names[choices[-1].action])
        return _line(f"Trial {session.trial + 1}: you chose {chosen}.", _PLAIN)
    reward = sum(choice.reward for choice in choices[-env.steps_per_trial :])
    got = {"won": "you won", "lost": "you missed"}.get(session.outcome(), f"you got {reward:g}")
    sign, look = (_WON, _FULL) if reward > 0 else (_MISSED, _HOLLOW)
    return _line(f"Trial {session.trial}: {sign} {got}", look)


def _line(text: str, look: str) -> str:
    return (
        "<div class='metarl-outcome' role='alert' style='display:inline-block;font-size:20px;"
        f"font-weight:bold;line-height:1.5;padding:0 12px;border-radius:6px;{look}'>{text}</div>"
    )


def line_of(session: PlaySession, player: str) -> dict[str, Any]:
    """How a player's curve is drawn: options of `Axes.plot` without the colour."""
    return _YOURS if player == session.subject else _LINES.get(player, {"lw": 1.5, "ls": "--"})
