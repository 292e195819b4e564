"""The game in a terminal: a thin view of `PlaySession`, by lines of text."""

import time
from collections.abc import Callable

from metarl.play import PlaySession

HELP = "type the number of an arm and Enter; q and Enter to leave"


def play_in_terminal(
    session: PlaySession,
    *,
    min_seconds: float = 0.0,
    read: Callable[[str], str] = input,
    write: Callable[[str], None] = print,
) -> None:
    """Plays a session to its end, or until the person leaves (by q, or the end of input).

    Args:
      session: the game.
      min_seconds: seconds after a trial was shown in which an answer does not count.
      read: asks for a line, given a prompt; raises EOFError at the end of input.
      write: shows a line.
    """
    arms = session.env.num_arms
    trials = session.env.num_trials
    write(f"{session.num_episodes} episode(s) of {trials} trials, {arms} arms; {HELP}.")
    while True:
        if session.trial == 0:
            write(f"\nEpisode {session.episode + 1} of {session.num_episodes}: new arms.")
        asked = time.monotonic()
        try:
            line = read(f"trial {session.trial + 1}, score {session.score}, arm 1-{arms}: ").strip()
        except (EOFError, RuntimeError):  # the end of input, or there is none
            line = "q"
        except UnicodeDecodeError:
            line = "?"
        if line.lower() in ("q", "quit"):
            write("\nYou left the game.")
            return
        if line not in map(str, range(1, arms + 1)):
            write(f"  `{line[:40]}` is no arm: {HELP}.")
            continue
        if time.monotonic() - asked < min_seconds:
            write(f"  too soon, and not counted: take at least {min_seconds:g} s.")
            continue
        reward = session.pull(int(line) - 1)
        write(f"  arm {line}: {'won' if reward else 'lost'}")
        if session.episode_over:
            write(result_text(session))
            if not session.next_episode():
                return


def result_text(session: PlaySession) -> str:
    """The arms' probabilities, and who got what: shown when an episode is over."""
    probs = ", ".join(f"arm {i + 1}: {p:.2f}" for i, p in enumerate(session.arm_probs()))
    lines = [f"\nThe arms won with {probs}.", f"{'player':<16}{'score':>6}{'regret':>9}"]
    for player in session.players:
        pulls = session.pulls(player)
        score, regret = sum(p.reward for p in pulls), sum(p.regret for p in pulls)
        lines.append(f"{player:<16}{score:>6.0f}{regret:>9.2f}")
    return "\n".join(lines)
