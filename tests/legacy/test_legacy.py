"""The importer of the original project's pickles: what it makes of them, and what it refuses."""

import os
import pickle
import sys
import tracemalloc
import types

import jax.numpy as jnp
import numpy as np
import pytest

from metarl.cli.main import main
from metarl.legacy.importer import import_pickle
from metarl.legacy.unpickler import LARGEST_FILE, PickleRefusedError, read_pickle
from metarl.pretrained import load_agent
from metarl.storage.checkpoint import CheckpointError, load_checkpoint


def weights(num_actions=2, num_units=48, seed=0):
    random = np.random.default_rng(seed)

    def draw(*shape):
        return random.normal(scale=0.5, size=shape).astype(np.float32)

    return {
        "LSTM/linear": {
            "w": draw(num_actions + 1 + num_units, 4 * num_units),
            "b": draw(4 * num_units),
        },
        "Actions": {"w": draw(num_units, num_actions), "b": draw(num_actions)},
        "Values": {"w": draw(num_units, 1), "b": draw(1)},
    }


CONFIG = {
    "agent": {"discount": 0.9, "learning_rate": 7e-4, "nobody_knows": (1, None, "x")},
    "environment": {"num_arms": 2, "num_trials": 50, "reward_structure": "uniform"},
    "seed": 3,
}


def checkpoint_of(params, config=CONFIG):
    return [{"params": params, "config": config}]


@pytest.fixture
def old_modules(monkeypatch):
    """The modules in which an old jax and an old numpy kept what their pickles name."""

    def module(name, *functions):
        made = types.ModuleType(name)
        for function in functions:
            function.__module__, function.__qualname__ = name, function.__name__
            setattr(made, function.__name__, function)
        monkeypatch.setitem(sys.modules, name, made)

    def reconstruct_device_array(*arguments):
        raise AssertionError("not called when it is written")

    def _reconstruct(*arguments):
        raise AssertionError("not called when it is written")

    module("jax._src.device_array", reconstruct_device_array)
    module("numpy.core.multiarray", _reconstruct)

    class DeviceArray:
        def __init__(self, values):
            self.values = values

        def __reduce__(self):
            state = (1, self.values.shape, self.values.dtype, False, self.values.tobytes())
            known = {"weak_type": False, "named_shape": {}}
            arguments = (_reconstruct, (np.ndarray, (0,), b"b"), state, known)
            return reconstruct_device_array, arguments

    return DeviceArray


def reference(params, inputs):
    """The original network, as dm-haiku 0.0 runs it, in numpy and in double precision."""

    def sigmoid(x):
        return 1 / (1 + np.exp(-x))

    units = params["Actions"]["w"].shape[0]
    hidden, cell = np.zeros(units), np.zeros(units)
    logits, values = [], []
    for x in inputs:
        gated = np.concatenate([x, hidden]) @ params["LSTM/linear"]["w"].astype(float)
        i, g, f, o = np.split(gated + params["LSTM/linear"]["b"], 4)
        cell = sigmoid(f + 1) * cell + sigmoid(i) * np.tanh(g)
        hidden = sigmoid(o) * np.tanh(cell)
        logits.append(hidden @ params["Actions"]["w"] + params["Actions"]["b"])
        values.append(hidden @ params["Values"]["w"][:, 0] + params["Values"]["b"][0])
    return np.array(logits), np.array(values)


def episode(num_actions, num_steps=100):
    """What a network sees in an episode: nothing first, then one-hot actions and rewards."""
    random = np.random.default_rng(1)
    inputs = np.zeros((num_steps, num_actions + 1), np.float32)
    inputs[1:, :-1] = np.eye(num_actions)[random.integers(num_actions, size=num_steps - 1)]
    inputs[1:, -1] = random.integers(2, size=num_steps - 1)
    return inputs


def plays_like(checkpoint, params):
    agent, inputs = checkpoint.agent, episode(checkpoint.config.environment.num_arms)
    trace = agent.replay(checkpoint.params, agent.initial_memory(), jnp.asarray(inputs))
    logits, values = reference(params, inputs)
    np.testing.assert_allclose(trace.logits, logits, atol=1e-5)
    np.testing.assert_allclose(trace.value, values, atol=1e-5)


@pytest.mark.parametrize("protocol", [2, 3, 4, 5])
@pytest.mark.parametrize("how", ["device arrays", "numpy arrays"])
def test_an_imported_agent_is_the_original_network(tmp_path, old_modules, how, protocol):
    params = weights()
    wrap = old_modules if how == "device arrays" else np.asarray
    wrapped = {k: {n: wrap(v) for n, v in parts.items()} for k, parts in params.items()}
    path = tmp_path / "old.pkl"
    path.write_bytes(pickle.dumps(checkpoint_of(wrapped), protocol))
    if how == "device arrays":
        assert b"numpy.core.multiarray" in path.read_bytes()
    plays_like(import_pickle(path), params)


def test_other_layouts_of_the_same_numbers_are_read(tmp_path):
    params = weights(num_actions=5, num_units=7)
    path = tmp_path / "old.pkl"
    odd = {
        layer: {"w": np.asfortranarray(parts["w"]), "b": parts["b"].astype(">f4")}
        for layer, parts in params.items()
    }
    for protocol in (2, 5):
        path.write_bytes(pickle.dumps(checkpoint_of(odd), protocol))
        plays_like(import_pickle(path), params)


def test_the_config_is_kept_where_it_means_the_same(tmp_path):
    path = tmp_path / "old.pkl"
    path.write_bytes(pickle.dumps(checkpoint_of(weights())))
    checkpoint = import_pickle(path)
    agent, env = checkpoint.config.agent, checkpoint.config.environment
    assert (agent.discount, agent.learning_rate, agent.advantage_rewards) == (0.9, 7e-4, "sampled")
    assert (env.num_trials, env.reward_structure) == (50, "correlated")
    assert checkpoint.versions["imported_from"] == "old.pkl"
    path.write_bytes(pickle.dumps(checkpoint_of(weights(), config=None)))
    assert import_pickle(path).config.environment.num_trials == 100


def test_on_the_command_line_it_becomes_one_of_our_files(tmp_path, capsys, as_users_run_it):
    params, path = weights(), tmp_path / "old.pkl"
    path.write_bytes(pickle.dumps(checkpoint_of(params)))
    arguments = ["import-pickle", str(path), f"--config.workdir={tmp_path}/new"]
    assert main(arguments) == 0
    assert "imported/checkpoint.npz" in capsys.readouterr().out
    plays_like(load_checkpoint(tmp_path / "new" / "imported" / "checkpoint.npz"), params)
    assert load_agent("imported", tmp_path / "new").config.agent.num_units == 48
    assert main(arguments) == 2
    assert "`name` must be a new name" in capsys.readouterr().err
    assert main([*arguments, "--config.name=../x"]) == 2
    assert main(["import-pickle", str(tmp_path / "missing")]) == 2
    path.write_bytes(b"cposix\nsystem\n(S'true'\ntR.")
    assert main([*arguments, "--config.name=other"]) == 2
    assert "`posix.system`" in capsys.readouterr().err.splitlines()[-1]
    assert [file.name for file in (tmp_path / "new").iterdir()] == ["imported"]


class Call:
    """Calls something when it is unpickled."""

    def __init__(self, function, *arguments):
        self.function, self.arguments = function, arguments

    def __reduce__(self):
        return self.function, self.arguments


@pytest.mark.parametrize(
    ("function", "arguments", "name"),
    [
        (os.system, ("touch exploded",), "posix.system"),
        (eval, ("open('exploded', 'w')",), "(builtins|__builtin__).eval"),
        (getattr, (os, "system"), "builtins.getattr"),
        (np.load, ("exploded",), "numpy.load"),
        (bytearray, (2**40,), "(builtins|__builtin__).bytearray"),
        (types.SimpleNamespace, (), "types.SimpleNamespace"),
    ],
)
@pytest.mark.parametrize("protocol", [0, 2, 4, 5])
def test_any_other_name_is_refused_by_name(
    tmp_path, monkeypatch, function, arguments, name, protocol
):
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "old.pkl"
    if arguments and arguments[0] is os:
        path.write_bytes(b"cbuiltins\ngetattr\n.")
    else:
        call = Call(function, *arguments)
        path.write_bytes(pickle.dumps([{"params": weights(), "config": call}], protocol))
    with pytest.raises(CheckpointError, match=f"got the name `{name}`.*Nothing was executed"):
        import_pickle(path)
    assert not (tmp_path / "exploded").exists()


def test_names_inside_allowed_names_are_refused(tmp_path):
    path = tmp_path / "old.pkl"
    path.write_bytes(b"\x80\x04\x8c\x05numpy\x8c\x12ndarray.__reduce__\x93.")
    with pytest.raises(PickleRefusedError, match=r"`numpy.ndarray.__reduce__`"):
        read_pickle(path)


DTYPE = b"cnumpy\ndtype\n(S'f4'\nI0\nI1\ntR"
REBUILT = b"cnumpy.core.multiarray\n_reconstruct\n(cnumpy\nndarray\n(I0\ntS'b'\ntR"
HOSTILE = {
    "a call of the array type": b"cnumpy\nndarray\n(I5\ntR.",
    "an assignment to a name": b"cnumpy\ndtype\n}S'function'\nI1\nsb.",
    "an attribute of a name": b"cnumpy\ndtype\nN}S'function'\nI1\ns\x86b.",
    "a new object": b"\x80\x02cnumpy\ndtype\n)\x81.",
    "an extension": b"\x80\x02\x82\x01.",
    "a persistent name": b"Pos.system\n.",
    "a type of objects": b"cnumpy\ndtype\n(S'O8'\nI0\nI1\ntR.",
    "an encoding": b"c_codecs\nencode\n(Vabc\nS'zip'\ntR.",
    "an array of types": REBUILT.replace(b"ndarray", b"dtype") + b".",
    "an absurd shape": REBUILT + b"(I1\n(I1000000000000\nt" + DTYPE + b"I0\nC\x041234tb.",
    "a negative shape": REBUILT + b"(I1\n(I-1\nI-1\nt" + DTYPE + b"I0\nC\x041234tb.",
    "a shape of many": REBUILT + b"(I1\n(" + b"I1\n" * 40 + b"t" + DTYPE + b"I0\nC\x041234tb.",
    "an object in place of bytes": REBUILT + b"(I1\n(I1\nt" + DTYPE + b"I0\n(lp0\ntb.",
    "a huge memo": b"\x80\x02Nr\xff\xff\xff\x7f.",
    "a huge array of bytes": b"\x80\x05\x96" + (2**40).to_bytes(8, "little") + b".",
    "a huge text": b"\x80\x04\x8d" + (2**62).to_bytes(8, "little") + b"abc.",
    "a huge frame": b"\x80\x04\x95" + (2**62).to_bytes(8, "little") + b"N.",
    "a long number": b"I" + b"9" * 5000 + b"\n.",
    "endless nesting": b"(" * 200_000 + b"t" * 200_000 + b".",
    "a key that nests": b"}" + b"N" + b"\x85" * 9_000 + b"Ns.",
    "too little on the stack": b"tRb.",
    "nothing": b"",
    "no pickle": b"\x93NUMPY hello",
}


@pytest.mark.parametrize("what", HOSTILE)
def test_hostile_pickles_are_refused_without_harm(tmp_path, what):
    path = tmp_path / "old.pkl"
    path.write_bytes(HOSTILE[what])
    with pytest.raises(CheckpointError, match=r"`.*old.pkl` must"):
        import_pickle(path)


def test_a_pickle_cut_anywhere_or_with_a_flipped_bit_is_refused_or_right(tmp_path):
    path = tmp_path / "old.pkl"
    content = pickle.dumps(checkpoint_of(weights(num_units=2)), 4)
    random = np.random.default_rng(0)
    for _ in range(200):
        damaged = bytearray(content)
        if random.random() < 0.3:
            damaged = damaged[: random.integers(len(content))]
        else:
            damaged[random.integers(len(content))] ^= 1 << random.integers(8)
        path.write_bytes(damaged)
        try:
            checkpoint = import_pickle(path)
        except CheckpointError:
            continue
        assert checkpoint.config.agent.num_units == 2  # a pickle has no digest


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda params: params.pop("Values"), "must have `params` for"),
        (lambda params: params.update(More={}), "must have `params` for"),
        (lambda params: params["Values"].pop("b"), "must have `w` and `b`"),
        (lambda params: params["Values"].update(b="text"), "an array of numbers"),
        (lambda params: params["Values"].update(b=np.zeros(2, np.float32)), "shape .1. at"),
        (lambda params: params["Actions"].update(w=np.zeros((9, 2), np.float32)), r"\[48, 2\] at"),
        (lambda params: params["Actions"]["b"].fill(np.nan), "finite numbers"),
        (lambda params: params["Actions"].update(b=np.zeros(2)), "not float32"),
    ],
)
def test_another_network_is_refused(tmp_path, change, words):
    params, path = weights(), tmp_path / "old.pkl"
    change(params)
    path.write_bytes(pickle.dumps(checkpoint_of(params)))
    with pytest.raises(CheckpointError, match=words):
        import_pickle(path)


def test_what_holds_no_agent_is_refused(tmp_path):
    path = tmp_path / "old.pkl"
    for content in ([], [1], [{}, {}], 3, [{"params": 3}]):
        path.write_bytes(pickle.dumps(content))
        with pytest.raises(CheckpointError, match="must h"):
            import_pickle(path)
    with path.open("wb") as file:
        file.truncate(2**27)
    with pytest.raises(CheckpointError, match="at most"):
        import_pickle(path)
    with pytest.raises(CheckpointError, match="regular file"):
        import_pickle(tmp_path)
    with pytest.raises(FileNotFoundError):
        import_pickle(tmp_path / "missing")


def test_arrays_that_share_their_bytes_take_no_more_memory(tmp_path):
    path, size = tmp_path / "old.pkl", 2**20
    shared = b"\x80\x04B" + (4 * size).to_bytes(4, "little") + bytes(4 * size) + b"\x940"
    array = b"cnumpy.core.numeric\n_frombuffer\n(h\x00" + DTYPE + b"I%d\n\x85VC\ntR" % size
    path.write_bytes(shared + b"(" + array * 200 + b"l.")
    tracemalloc.start()
    try:
        assert len(read_pickle(path)) == 200
        assert tracemalloc.get_traced_memory()[1] < LARGEST_FILE + 5 * 4 * size
    finally:
        tracemalloc.stop()
