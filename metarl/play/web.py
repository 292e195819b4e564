"""The game as one HTML file: a person plays against a frozen network that runs in the page.

The page is in `web_page/`, in files that can be read and edited; here they are put together with
the networks' weights and the settings of their tasks. The file needs no server, and loads nothing.
"""

import base64
import json
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from metarl.checks import check_path
from metarl.envs import TaskFamily
from metarl.evaluation.players import BEST
from metarl.exact.optimum import optimum
from metarl.play.record import COLUMNS
from metarl.play.session import YOU
from metarl.plotting.players import PLAYER_COLOURS
from metarl.pretrained import load_agent
from metarl.storage.checkpoint import Checkpoint
from metarl.storage.files import atomic_write

# The agent of each game, in the order in which the page lists the games.
AGENTS = {
    "independent": "bandit_independent",
    "correlated": "bandit_correlated",
    "ten_arms": "rl2_100_10",
    "reversal": "reversal",
    "two_step": "two_step",
}
PLAYERS = (YOU, "agent", "Thompson", BEST, "Gittins")
_PAGE = Path(__file__).parent / "web_page"
# In this order: each uses only what stands before it, but for functions.
_SCRIPTS = (
    *("random", "network", "games", "exact", "players", "record"),
    *("figures", "texts", "page", "hooks"),
)


def export_web(file: str | Path) -> Path:
    """Writes the page on which a person plays bandits, reversal and the two-step task.

    Args:
      file: the HTML file to write; an existing file is replaced. Its folder must exist.

    Returns:
      The file's path.

    Raises:
      ValueError: if `file` cannot be the name of a file.
      OSError: if it cannot be written; an existing file is then unchanged.
    """
    check_path("file", str(file))
    path = Path(file)
    text = page()
    with atomic_write(path) as out:
        out.write(text.encode())
    return path


def page() -> str:
    """The text of the page, with its style, its data and its script."""
    parts = {
        "/* STYLE */": _read("page.css"),
        '"DATA"': _data(),
        "/* SCRIPT */": "\n".join(_read(f"{name}.js") for name in _SCRIPTS),
    }
    text = _read("page.html")
    for place, part in parts.items():
        text = text.replace(place, part.strip())
    return text


def _read(name: str) -> str:
    return (_PAGE / name).read_text(encoding="utf-8")


def _data() -> str:
    """What the script is told, as JSON that cannot end the element it stands in."""
    checkpoints = {game: load_agent(name) for game, name in AGENTS.items()}
    data = {
        "columns": COLUMNS,
        "colours": {name: PLAYER_COLOURS[name] for name in PLAYERS},
        "agents": {AGENTS[game]: _agent(agent) for game, agent in checkpoints.items()},
        "games": {
            game: _game(AGENTS[game], agent.config.environment)
            for game, agent in checkpoints.items()
        },
    }
    return json.dumps(data, ensure_ascii=True, separators=(",", ":")).replace("<", "\\u003c")


def _agent(checkpoint: Checkpoint) -> dict[str, Any]:
    """An agent's settings, weights and history; float16 would change logits by a hundredth."""
    agent, scores = checkpoint.agent, checkpoint.scores
    weights = checkpoint.params
    arrays = [
        weights["lstm"]["dense_i"]["kernel"],
        weights["lstm"]["dense_h"]["kernel"],
        weights["lstm"]["dense_h"]["bias"],
        *(weights[head][part] for head in ("policy", "value") for part in ("kernel", "bias")),
    ]
    flat = np.concatenate([np.asarray(array, "<f4").ravel() for array in arrays])
    return {
        "numActions": agent.num_actions,
        "observationSize": agent.observation_size,
        "numSteps": agent.num_steps,
        "numUnits": agent.num_units,
        "useTrialIndex": agent.use_trial_index,
        "rewardScale": agent.reward_scale,
        "trainedTrials": checkpoint.config.environment.num_trials,
        "trainedOn": checkpoint.config.agent.advantage_rewards,
        "episodes": checkpoint.progress.episodes,
        "tested": scores["num_episodes"],
        "regret": scores["expected_regret"],
        "weights": base64.b64encode(flat.tobytes()).decode(),
    }


def _game(agent: str, env: TaskFamily) -> dict[str, Any]:
    """A game: its agent, its family's settings, the best possible regret, and what is shown."""
    best = optimum(env)
    return {
        "agent": agent,
        "settings": env.to_dict(),
        "best": None if best is None else float(best.sum()),
        "scenes": _scenes(env),
    }


def _scenes(env: TaskFamily) -> list[str]:
    """What a person is told in each place: before a choice, and in each second state."""
    _, first = env.reset(env.sample_task(jax.random.key(0)))
    size = env.observation_size
    shown = [jnp.eye(size, dtype=jnp.float32)[place] for place in range(size)]
    seen = shown or [first.observation]
    return [env.describe_step(first._replace(observation=observation)) for observation in seen]
