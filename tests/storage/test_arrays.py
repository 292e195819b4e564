"""Files that mean harm, read as checkpoints: each is refused, and quickly."""

import json
import os
import pickle
import zipfile

import numpy as np
import pytest

from metarl.pretrained import load_agent, pretrained_names
from metarl.storage.checkpoint import CheckpointError, _digest, load_checkpoint
from metarl.storage.npz import ArrayFileError, read_npz


@pytest.fixture(scope="module")
def honest():
    """The arrays of an agent that ships."""
    from importlib import resources

    with resources.as_file(resources.files("metarl.pretrained") / "bandit_correlated.npz") as path:
        return read_npz(path)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "agent.npz"


def save(path, arrays, **changes):
    """Saves a checkpoint with changes, and with the digest that belongs to them."""
    arrays = {name: np.array(value) for name, value in (arrays | changes).items()}
    arrays.pop("digest", None)
    np.savez(path, **arrays, digest=np.array(_digest(arrays)))


def with_meta(arrays, change):
    meta = json.loads(str(arrays["meta"][()]))
    change(meta)
    return np.array(json.dumps(meta))


def npy(header, data=b""):
    text = repr(header).encode() if isinstance(header, dict) else header
    return b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text + data


def archive(path, members, compression=zipfile.ZIP_STORED):
    with zipfile.ZipFile(path, "w", compression) as file:
        for name, content in members.items():
            file.writestr(name, content)


class Bomb:
    def __reduce__(self):
        return os.system, ("touch exploded",)


def header(shape, descr="<f4"):
    return {"descr": descr, "fortran_order": False, "shape": shape}


HOSTILE_MEMBERS = {
    "an absurd shape": {"a.npy": npy(header((10**12, 10**6)))},
    "a negative shape": {"a.npy": npy(header((-1,)), b"1234")},
    "many dimensions": {"a.npy": npy(header((1,) * 40), b"1234")},
    "an object array": {"a.npy": npy(header((1,), "|O"), pickle.dumps([Bomb()]))},
    "a record of objects": {"a.npy": npy(header((1,), [("x", "|O")]), b"12345678")},
    "nothing per entry": {"a.npy": npy(header((10**15,), "<U0"))},
    "raw bytes": {"a.npy": npy(header((1,), "|V4"), b"1234")},
    "a header that nests": {"a.npy": npy(b"(" * 9000)},
    "a header that is code": {"a.npy": npy(b"__import__('os').system('true')")},
    "no array": {"a.npy": b"hello"},
    "a name that climbs": {"../../a.npy": npy(header((1,)), b"1234")},
    "a name from the root": {"/etc/a.npy": npy(header((1,)), b"1234")},
    "an unknown version": {"a.npy": b"\x93NUMPY\x09\x00" + b"\0" * 50},
}


@pytest.mark.parametrize("what", HOSTILE_MEMBERS)
def test_hostile_arrays_are_refused(path, what, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    archive(path, HOSTILE_MEMBERS[what])
    with pytest.raises(ArrayFileError, match=r"`.*agent.npz` must be a whole `.npz` file .*, got"):
        read_npz(path)
    with pytest.raises(CheckpointError):
        load_checkpoint(path)
    assert not (tmp_path / "exploded").exists()


def test_a_zip_bomb_is_refused_before_it_grows(path):
    zeros = npy(header((2**28,)), bytes(2**28))
    archive(path, {"a.npy": zeros}, zipfile.ZIP_DEFLATED)
    assert path.stat().st_size < 2**20
    with pytest.raises(ArrayFileError, match="more bytes than the file has"):
        read_npz(path)


def test_a_compressed_archive_is_refused(path):
    np.savez_compressed(path, a=np.random.default_rng(0).random(1000))
    with pytest.raises(ArrayFileError, match="compressed"):
        read_npz(path)


def test_members_that_share_their_bytes_are_refused(path):
    content = npy(header((2500,)), bytes(10_000))
    archive(path, {"a.npy": content})
    raw = path.read_bytes()
    start = raw.index(b"PK\x01\x02")
    entry, end = raw[start : raw.index(b"PK\x05\x06")], raw[raw.index(b"PK\x05\x06") :]
    many = 200
    end = (
        end[:8]
        + many.to_bytes(2, "little") * 2
        + (len(entry) * many).to_bytes(4, "little")
        + end[16:]
    )
    path.write_bytes(raw[:start] + entry * many + end)
    with pytest.raises(ArrayFileError, match="more bytes than the file has"):
        read_npz(path)


def test_what_is_no_regular_file_is_refused(tmp_path):
    os.mkfifo(tmp_path / "pipe.npz")
    (tmp_path / "folder.npz").mkdir()
    for name in ("pipe.npz", "folder.npz"):
        with pytest.raises(ArrayFileError, match="regular file"):
            read_npz(tmp_path / name)


def test_a_file_that_is_too_large_is_refused_unread(path):
    with path.open("wb") as file:
        file.truncate(2**40)
    with pytest.raises(ArrayFileError, match="at most"):
        read_npz(path)


@pytest.mark.parametrize("depth", [100_000, 10 * 2**20])
def test_json_that_nests_without_end_is_refused(honest, path, depth):
    save(path, honest, meta="[" * depth)
    with pytest.raises(CheckpointError, match="not a metarl checkpoint"):
        load_checkpoint(path)


def set_in(*keys, to):
    def change(meta):
        for key in keys[:-1]:
            meta = meta[key]
        meta[keys[-1]] = to

    return change


HOSTILE_META = {
    "a schema of zero": set_in("schema", to=0),
    "a schema that is no number": set_in("schema", to="1"),
    "another family": set_in("config", "environment", "family", to=["bandit"] * 1000),
    "no config": set_in("config", to=3),
    "a setting that is none": set_in("config", "os", to="system"),
    "a path with a null": set_in("config", "workdir", to="a\0b"),
    "a name that climbs": set_in("config", "name", to="../../agent"),
    "an absurd network": set_in("config", "agent", "num_units", to=10**9),
    "a network that is not that of the arrays": set_in("config", "agent", "num_units", to=9),
    "absurdly many arms": set_in("config", "environment", "num_arms", to=10**12),
    "more updates than can be counted": set_in("progress", "updates", to=10**30),
    "negative steps": set_in("progress", "steps", to=-1),
    "no time": set_in("progress", "seconds", to="1"),
    "batches that are none": set_in("progress", "batches", to=[1.5]),
    "endless batches": set_in("progress", "batches", to=[0] * 2000),
    "progress in something else": set_in("progress", "exec", to=1),
    "scores that are none": set_in("scores", to=[1]),
    "versions that are none": set_in("versions", to=7),
}


@pytest.mark.usefixtures("as_users_run_it")
@pytest.mark.parametrize("what", HOSTILE_META)
def test_a_hostile_text_with_a_right_digest_is_refused(honest, path, what):
    save(path, honest)
    assert load_checkpoint(path).config.agent.num_units == 48
    save(path, honest, meta=with_meta(honest, HOSTILE_META[what]))
    with pytest.raises(CheckpointError) as error:
        load_checkpoint(path)
    assert len(str(error.value)) < 1500


HOSTILE_ARRAYS = {
    "no staleness": {"staleness": None},
    "staleness of floats": {"staleness": np.zeros(3)},
    "negative staleness": {"staleness": np.array([-1])},
    "a gap in the optimiser": {"optimizer/7": np.zeros(3, np.float32)},
    "an optimiser that is not finite": {"optimizer/0": np.full(3, np.nan, np.float32)},
    "something else": {"evil": np.zeros(3)},
    "parameters in doubles": {"params/policy/bias": np.zeros(2)},
    "big-endian parameters": {"params/policy/bias": np.zeros(2, ">f4")},
}


@pytest.mark.usefixtures("as_users_run_it")
@pytest.mark.parametrize("what", HOSTILE_ARRAYS)
def test_hostile_arrays_with_a_right_digest_are_refused(honest, path, what):
    arrays = {k: v for k, v in honest.items() if not k.startswith("optimizer/")}
    changed = {k: v for k, v in (arrays | HOSTILE_ARRAYS[what]).items() if v is not None}
    save(path, changed)
    with pytest.raises(CheckpointError):
        load_checkpoint(path)


@pytest.mark.usefixtures("as_users_run_it")
@pytest.mark.parametrize("name", ["../agent", "/etc/passwd", "a/b", "..", "", "a\0b", "\ud800"])
def test_a_name_leads_nowhere_but_into_the_folder(tmp_path, name):
    folder = tmp_path / "folder"
    folder.mkdir()
    (tmp_path / "agent.npz").write_bytes(b"not for you")
    with pytest.raises(ValueError, match="`name` must be"):
        load_agent(name, folder)


def same(first, second):
    return first.keys() == second.keys() and all(
        first[name].dtype == second[name].dtype and np.array_equal(first[name], second[name])
        for name in first
    )


def flip_or_cut(content, random):
    """The content with one to eight bits flipped, or an end cut off."""
    damaged = bytearray(content)
    if random.random() < 0.2:
        return bytes(damaged[: random.integers(len(damaged))])
    # Half of them in what describes the arrays, which is a small part of the file.
    structure = content.index(b"PK\x01\x02")
    for _ in range(random.integers(1, 9)):
        low = structure if random.random() < 0.5 else 0
        place = random.integers(low, len(damaged))
        damaged[place] ^= 1 << random.integers(8)
    return bytes(damaged)


@pytest.mark.parametrize(
    "count", [200, pytest.param(1000, marks=pytest.mark.slow)], ids=["short", "long"]
)
def test_no_damaged_checkpoint_loads_as_another_or_crashes(path, honest, count):
    save(path, {k: v for k, v in honest.items() if not k.startswith("optimizer/")})
    content, right = path.read_bytes(), read_npz(path)
    random, refused = np.random.default_rng(count), 0
    for _ in range(count):
        path.write_bytes(flip_or_cut(content, random))
        try:
            load_checkpoint(path)
        except CheckpointError:
            refused += 1
        else:  # what was flipped says nothing, for instance a date
            assert same(read_npz(path), right)
    assert refused > count / 2


def test_the_shipped_agents_are_read(as_users_run_it):
    for name in pretrained_names():
        assert load_agent(name).params["value"]["bias"].shape == (1,)
