"""The game in a terminal: a thin view of `PlaySession`, in lines of text."""

import time
from collections.abc import Callable, Sequence

import numpy as np
from jaxtyping import Bool

from metarl.play.session import PlaySession

HELP = "type a number and press Enter; q and Enter to quit"


def play_in_terminal(
    session: PlaySession,
    *,
    min_seconds: float = 0.0,
    read: Callable[[str], str] = input,
    write: Callable[[str], None] = print,
) -> None:
    """Plays a session to its end, or until the person quits (with q, or at the end of input).

    Args:
      session: the game.
      min_seconds: answers within this many seconds after a trial is shown do not count.
      read: reads a line, given a prompt; raises EOFError at the end of input.
      write: prints a line.
    """
    env = session.env
    names = env.action_names
    noun, counted = _noun(names)
    for_each = f"{len(names)} {noun}s" if counted else _keys(names)
    write(f"{session.num_episodes} episode(s) of {env.num_trials} trials, {for_each}; {HELP}.")
    announced = -1
    while True:
        if announced < session.episode:
            announced = session.episode
            write(f"\nEpisode {session.episode + 1} of {session.num_episodes}: a new task.")
        if session.scene:
            write(f"  {session.scene}")
        asked = time.monotonic()
        keys = f"{noun} 1-{len(names)}" if counted else _keys(names, session.available)
        try:
            prompt = f"trial {session.trial + 1}, score {session.score:g}, {keys}: "
            line = read(prompt).strip()
        except (EOFError, RuntimeError):  # at the end of input, or without input
            line = "q"
        except UnicodeDecodeError:
            line = "?"
        if line.lower() in ("q", "quit"):
            write("\nYou left the game.")
            return
        if line not in [str(i + 1) for i in np.flatnonzero(session.available)]:
            write(f"  `{line[:40]}` is not a valid {noun} now: {HELP}.")
            continue
        if time.monotonic() - asked < min_seconds:
            write(f"  too early, not counted: take at least {min_seconds:g} s.")
            continue
        session.choose(int(line) - 1)
        ended = session.step % env.steps_per_trial == 0
        write(f"  {names[int(line) - 1]}" + (f": {session.outcome()}" if ended else ""))
        if session.episode_over:
            write(result_text(session))
            if not session.next_episode():
                return


def _noun(names: Sequence[str]) -> tuple[str, bool]:
    """The noun for actions, and whether all names are it and a number, as `arm 1`, `arm 2`."""
    noun = names[0].rpartition(" ")[0]
    counted = list(names) == [f"{noun} {i + 1}" for i in range(len(names))]
    return (noun, True) if counted else ("action", False)


def _keys(names: Sequence[str], available: Bool[np.ndarray, " A"] | None = None) -> str:
    """The numbers to type and the actions they stand for: `1 left, 2 right`."""
    allowed = np.ones(len(names), bool) if available is None else available
    return ", ".join(f"{i + 1} {name}" for i, name in enumerate(names) if allowed[i])


def result_text(session: PlaySession) -> str:
    """The task and each player's result, shown when an episode is over."""
    regret_is_known = session.env.has_regret
    header = f"{'player':<16}{'score':>6}" + f"{'regret':>9}" * regret_is_known
    lines = [f"\n{session.told()}".rstrip(), header]
    for player, score, regret in session.table():
        lines.append(f"{player:<16}{score:>6g}" + f"{regret:>9.2f}" * regret_is_known)
    return "\n".join(lines)
