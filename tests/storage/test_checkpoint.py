import dataclasses
import json

import jax
import numpy as np
import pytest

from metarl.storage.checkpoint import (
    Checkpoint,
    CheckpointError,
    Progress,
    _digest,
    build_agent,
    current_versions,
    load_checkpoint,
    save_checkpoint,
)
from metarl.storage.files import atomic_write


@pytest.fixture
def checkpoint(small_config):
    params = build_agent(small_config).init(jax.random.key(0))
    return Checkpoint(
        config=small_config,
        params=jax.tree.map(np.asarray, params),
        optimizer=[np.arange(3.0, dtype=np.float32), np.int32(4)],
        progress=Progress(updates=3, steps=240, episodes=24, seconds=1.5, batches=(2, 1)),
        staleness=np.array([2, 1]),
        scores={"expected_regret": 1.25},
        versions=current_versions(),
    )


@pytest.fixture
def saved(checkpoint, tmp_path):
    path = tmp_path / "agent.npz"
    save_checkpoint(path, checkpoint)
    return path


def test_agents_of_other_seeds_are_kept_in_the_same_file(checkpoint, tmp_path):
    config = checkpoint.config
    other = checkpoint._replace(
        config=dataclasses.replace(config, agent=dataclasses.replace(config.agent, random_seed=7)),
        params=jax.tree.map(lambda x: x + 1, checkpoint.params),
        scores={"expected_regret": 2.5},
    )
    path = tmp_path / "two.npz"
    save_checkpoint(path, checkpoint._replace(others=(other,)))
    loaded = load_checkpoint(path)
    jax.tree.map(np.testing.assert_array_equal, loaded.params, checkpoint.params)
    (found,) = loaded.others
    assert found.config == other.config
    assert found.scores == other.scores
    jax.tree.map(np.testing.assert_array_equal, found.params, other.params)
    rewrite(path, others__0__params__value__bias=np.zeros(2, np.float32))
    with pytest.raises(CheckpointError, match="damaged"):
        load_checkpoint(path)
    with pytest.raises(CheckpointError, match="does not fit"):
        save_checkpoint(path, checkpoint._replace(others=(other._replace(params={}),)))


def rewrite(path, **changes):
    """Rewrites single arrays of a checkpoint, and leaves the digest as it was."""
    with np.load(path) as file:
        arrays = dict(file)
    for name, value in changes.items():
        arrays[name.replace("__", "/")] = np.array(value)
    np.savez(path, **arrays)


def test_a_checkpoint_comes_back_as_it_was(checkpoint, saved):
    loaded = load_checkpoint(saved)
    for name in ("config", "progress", "scores", "versions"):
        assert getattr(loaded, name) == getattr(checkpoint, name)
    for first, second in zip(jax.tree.leaves(loaded), jax.tree.leaves(checkpoint), strict=True):
        np.testing.assert_array_equal(first, second)
    assert jax.tree.structure(loaded.params) == jax.tree.structure(checkpoint.params)


def test_paths_may_be_strings(checkpoint, tmp_path):
    save_checkpoint(str(tmp_path / "agent.npz"), checkpoint)
    assert load_checkpoint(str(tmp_path / "agent.npz")).scores == checkpoint.scores


def test_what_could_not_be_read_again_is_not_written(checkpoint, tmp_path):
    broken = jax.tree.map(lambda leaf: leaf * np.nan, checkpoint.params)
    with pytest.raises(CheckpointError, match="values that are not finite"):
        save_checkpoint(tmp_path / "agent.npz", checkpoint._replace(params=broken))
    assert not list(tmp_path.iterdir())


def test_it_holds_no_pickles_and_says_what_it_is(saved):
    with np.load(saved, allow_pickle=False) as file:
        meta = json.loads(str(file["meta"][()]))
        assert all(file[name].dtype != object for name in file.files)
    assert meta["schema"] == 3
    assert meta["config"]["environment"]["family"] == "bandit"
    assert meta["config"]["environment"]["num_arms"] == 2
    assert {"python", "jax", "flax", "optax", "numpy", "metarl"} <= set(meta["versions"])


def test_without_an_optimiser_it_loads_as_none(checkpoint, tmp_path):
    path = tmp_path / "agent.npz"
    save_checkpoint(path, checkpoint._replace(optimizer=None))
    assert load_checkpoint(path).optimizer is None


@pytest.mark.parametrize("kept", [0.0, 0.1, 0.5, 0.9, 0.999])
def test_a_truncated_file_is_refused(saved, kept):
    content = saved.read_bytes()
    saved.write_bytes(content[: int(kept * len(content))])
    with pytest.raises(CheckpointError, match="truncated"):
        load_checkpoint(saved)


def test_other_files_are_refused(tmp_path):
    path = tmp_path / "agent.npz"
    path.write_text("hello")
    with pytest.raises(CheckpointError, match="must be a whole"):
        load_checkpoint(path)
    np.savez(path, a=np.zeros(3))
    with pytest.raises(CheckpointError, match="not a metarl checkpoint"):
        load_checkpoint(path)
    np.savez(path, meta=np.array({"a": 1}, dtype=object))
    with pytest.raises(CheckpointError, match="must be a whole"):
        load_checkpoint(path)
    with path.open("wb") as file:
        np.save(file, np.zeros(3))
    with pytest.raises(CheckpointError, match="one array"):
        load_checkpoint(path)
    with pytest.raises(FileNotFoundError):
        load_checkpoint(tmp_path / "missing.npz")


def test_a_newer_schema_is_refused_with_the_remedy(saved):
    with np.load(saved) as file:
        meta = json.loads(str(file["meta"][()]))
    rewrite(saved, meta=json.dumps(meta | {"schema": 4}))
    with pytest.raises(CheckpointError, match=r"schema 4.*upgrade"):
        load_checkpoint(saved)


def test_a_changed_value_is_noticed(saved):
    with np.load(saved) as file:
        bias = file["params/policy/bias"]
    rewrite(saved, params__policy__bias=bias + 1)
    with pytest.raises(CheckpointError, match="digest"):
        load_checkpoint(saved)


def save_unchecked(path, checkpoint):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("metarl.storage.checkpoint._fitted_params", lambda *_: None)
        save_checkpoint(path, checkpoint)


def test_parameters_of_another_shape_are_refused(checkpoint, tmp_path):
    path = tmp_path / "agent.npz"
    larger = dataclasses.replace(checkpoint.config.agent, num_units=7)
    config = dataclasses.replace(checkpoint.config, agent=larger)
    save_unchecked(path, checkpoint._replace(config=config))
    with pytest.raises(CheckpointError, match=r"does not fit.*\[28\], got float32\[24\]"):
        load_checkpoint(path)


def test_parameters_that_are_not_finite_are_refused(checkpoint, tmp_path):
    path = tmp_path / "agent.npz"
    params = jax.tree.map(lambda leaf: leaf * np.float32(np.nan), checkpoint.params)
    save_unchecked(path, checkpoint._replace(params=params))
    with pytest.raises(CheckpointError, match="not finite"):
        load_checkpoint(path)


def test_a_write_that_fails_leaves_the_old_file_and_no_other(tmp_path):
    path = tmp_path / "file"
    path.write_bytes(b"old")

    def write():
        with atomic_write(path) as file:
            file.write(b"half of the new")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        write()
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_checkpoint_of_the_first_schema_is_read(checkpoint, saved):
    """As it was written when every task was a bandit, and some settings had other names."""
    with np.load(saved) as file:
        arrays = dict(file)
    meta = json.loads(str(arrays["meta"][()]))
    config = meta["config"]
    config["path"], config["params_filename"] = config.pop("workdir"), config.pop("name")
    assert config["environment"].pop("family") == "bandit"
    agent = config["agent"]
    agent["advantage_rewards"] = "expected"
    agent["num_lstm_units"] = agent.pop("num_units")
    for name in (
        "schedule_end",
        "normalize_value_loss",
        "scale_rewards",
        "network",
        "training_seconds",
    ):
        del agent[name]
    meta |= {"schema": 1, "task_family": "bandit"}
    meta["scores"] = {"advantage_rewards": "expected"}
    del arrays["digest"]
    arrays["meta"] = np.array(json.dumps(meta))
    np.savez(saved, **arrays, digest=np.array(_digest(arrays)))
    loaded = load_checkpoint(saved)
    then = dataclasses.replace(
        checkpoint.config.agent,
        advantage_rewards="oracle",
        schedule_end=1.0,
        normalize_value_loss=False,
        scale_rewards=False,
    )
    assert loaded.config == dataclasses.replace(checkpoint.config, agent=then)
    assert loaded.scores == {"advantage_rewards": "oracle"}
