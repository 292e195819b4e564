"""The tools are used by hand: what they name must still exist."""

import dataclasses
import runpy
from pathlib import Path

import numpy as np

from metarl.config import AgentConfig
from metarl.configs.bandit import get_config

SEARCH = runpy.run_path(str(Path(__file__).parents[1] / "tools" / "search.py"))


def test_every_ablation_and_every_drawn_setting_is_a_setting():
    agent = get_config("quick").agent
    changed = [dataclasses.replace(agent, **changes) for changes in SEARCH["ABLATIONS"].values()]
    assert len(set(changed)) >= 10
    drawn = dataclasses.replace(agent, **SEARCH["draw"](agent, np.random.default_rng(0)))
    assert isinstance(drawn, AgentConfig)
    assert drawn != agent
