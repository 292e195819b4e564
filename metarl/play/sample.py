"""A sample record of the game, played by simulated people, and how it was made.

The people are delta rules that lapse now and then, not humans: every row says `simulated`. The file
is for those who want to try an analysis before they have a record of their own.
"""

import io
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from metarl.baselines import RescorlaWagner, WinStayLoseShift
from metarl.checks import check_seed
from metarl.envs import Bandit, TimeStep
from metarl.evaluation.players import opponents
from metarl.play.session import PlaySession
from metarl.rollout import Player
from metarl.storage.files import atomic_write

ENV = Bandit(num_arms=2, num_trials=20, reward_structure="correlated")
NUM_EPISODES, SEED = 10, 1972
PEOPLE: dict[str, RescorlaWagner] = {
    "Ada": RescorlaWagner(num_actions=2, learning_rate=0.5, inverse_temperature=6, lapse=0.02),
    "Ben": WinStayLoseShift.for_environment(ENV, lapse=0.2),
    "Cy": RescorlaWagner(num_actions=2, learning_rate=0.1, inverse_temperature=12, lapse=0.05),
}


def sample_record() -> Path:
    """The file that ships with the package: a record of ten episodes by each of `PEOPLE`.

    The agent, Thompson sampling and the best possible player played the same episodes.
    """
    return Path(__file__).with_name("sample_record.csv")


def simulate(session: PlaySession, player: Player, params: Any = (), *, seed: int) -> None:
    """Plays a game from its present episode to its end, in place of a person.

    Args:
      session: the game, at the beginning of an episode.
      player: who plays; all that it sees are its own choices and their rewards.
      params: the player's parameters.
      seed: the random seed of the player's own randomness; tasks and luck are the session's.

    Raises:
      ValueError: if the task shows something, which the player would not see, or the episode has
        begun.
    """
    check_seed("seed", seed)
    env = session.env
    if env.observation_size or session.step:
        raise ValueError(
            "`session` must be at the beginning of an episode of a task that shows nothing, got "
            f"step {session.step} of {env.describe()}."
        )
    act = jax.jit(player.act)
    while True:
        key = jax.random.fold_in(jax.random.key(seed), session.episode)
        noise, memory = player.draw_noise(key, env.num_steps), player.initial_memory(None)
        action, reward = jnp.int32(-1), 0.0
        for step in range(env.num_steps):
            timestep = TimeStep(
                observation=jnp.zeros(0), reward=jnp.float32(reward), step=jnp.int32(step)
            )
            noise_t = jax.tree.map(lambda x, step=step: x[step], noise)
            memory, action, _ = act(params, memory, action, timestep, noise_t)
            reward = session.choose(int(action)) or 0.0
        if not session.next_episode():
            return


def write_sample_record(path: str | Path) -> None:
    """Writes the sample record anew, as it was made."""
    import pandas as pd

    tables = []
    for number, (name, player) in enumerate(PEOPLE.items()):
        machines = opponents(ENV) if number == 0 else {}  # the others play the same episodes
        session = PlaySession(
            ENV, num_episodes=NUM_EPISODES, seed=SEED, opponents=machines, subject=name
        )
        session.session = "simulated"
        simulate(session, player, seed=number)
        tables.append(pd.read_csv(io.StringIO(session.to_csv())))
    table = pd.concat(tables, ignore_index=True)
    table["seconds"] = np.nan  # nobody thought about these choices
    with atomic_write(Path(path)) as file:
        file.write(table.to_csv(index=False, float_format="%.4g", lineterminator="\n").encode())
