"""The folder of a run: one run at a time, and what happens when it cannot be written to."""

import dataclasses
import errno
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from runs import changed, flat, quiet, rows_of

from metarl.cli.main import main
from metarl.processes.child import Child, close_all
from metarl.storage.checkpoint import load_checkpoint, save_checkpoint
from metarl.storage.files import atomic_write, open_regular_file
from metarl.storage.run_lock import LOCK_FILE, FolderInUseError, only_run_in
from metarl.training.a3c.worker import Worker


@pytest.fixture
def tiny(small_config):
    return changed(small_config, agent={"training_steps": 1600})


@pytest.fixture
def trained(tiny):
    """A config whose folder holds an agent."""
    quiet(tiny)
    return tiny


def files_of(config):
    return {path.name: path.read_bytes() for path in config.agent_folder.iterdir()}


@pytest.mark.parametrize("resume", [False, True])
def test_a_second_run_into_the_same_folder_is_refused_and_changes_nothing(trained, resume, capsys):
    before = files_of(trained)
    with only_run_in(trained.agent_folder):
        with pytest.raises(
            FolderInUseError, match=r"`workdir` and .* got .*run/my_agent', where a run"
        ):
            quiet(changed(trained, resume=resume))
        arguments = [f"--config.workdir={trained.workdir}", f"--config.resume={resume}"]
        assert main(["train", *arguments]) == 2
        (line,) = capsys.readouterr().err.splitlines()
        assert "must name an agent that no other run trains" in line
        assert files_of(trained).keys() == {*before, LOCK_FILE}
    assert files_of(trained) == before


def sleeping_child(connection):
    connection.recv_bytes()


def test_a_lock_whose_holder_was_killed_is_free(tmp_path):
    code = (
        "import pathlib, sys, time\n"
        "from metarl.storage.run_lock import only_run_in\n"
        "with only_run_in(pathlib.Path(sys.argv[1])):\n"
        "    print('held', flush=True)\n"
        "    time.sleep(60)\n"
    )
    command = [sys.executable, "-c", code, str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout.readline() == "held\n"
        with (
            pytest.raises(FolderInUseError),
            only_run_in(tmp_path),
        ):
            pass
        holder.send_signal(signal.SIGKILL)
    assert (tmp_path / LOCK_FILE).exists()
    with only_run_in(tmp_path):
        pass


def test_children_do_not_hold_the_lock(tmp_path):
    with only_run_in(tmp_path):
        child = Child("child", sleeping_child)
    try:
        assert psutil_alive(child)
        with only_run_in(tmp_path):
            pass
    finally:
        close_all([child])


def psutil_alive(child):
    os.kill(child.pid, 0)
    return True


def test_where_there_are_no_locks_a_run_goes_on_and_says_so(tmp_path, monkeypatch, caplog):
    def unsupported(descriptor, how):
        raise OSError(errno.ENOTSUP, "Operation not supported")

    monkeypatch.setattr("fcntl.flock", unsupported)
    with only_run_in(tmp_path):
        assert "cannot be locked" in caplog.text


def disk_full_after(monkeypatch, writes):
    """After some whole files, there is no space left for another."""
    original, count = os.fsync, iter(range(10**6))

    def fsync(descriptor):
        if next(count) >= writes:
            raise OSError(errno.ENOSPC, "No space left on device")
        original(descriptor)

    monkeypatch.setattr("os.fsync", fsync)


def test_a_full_disk_is_a_clear_error_and_leaves_the_last_checkpoint(tiny, monkeypatch):
    disk_full_after(monkeypatch, 5)  # two trials, two csv, and the checkpoint at 800 steps
    with pytest.raises(
        OSError, match=r"`.*checkpoint.npz` could not be written \(No space"
    ) as error:
        quiet(tiny)
    assert error.value.errno == errno.ENOSPC
    assert "could not be kept" in error.value.__notes__[0]
    assert files_of(tiny).keys() == {
        "checkpoint.npz",
        "log.INFO",
        "training.csv",
        "evaluator_0.csv",
    } | {LOCK_FILE}
    assert load_checkpoint(tiny.checkpoint_file).progress.steps == 800
    monkeypatch.undo()
    assert quiet(changed(tiny, resume=True)).progress.steps == 1600


@pytest.mark.usefixtures("as_users_run_it")
def test_a_full_disk_is_one_line_on_the_command_line(tmp_path, monkeypatch, capsys):
    disk_full_after(monkeypatch, 0)
    arguments = [f"--config.workdir={tmp_path}", "--config.num_workers=0"]
    assert main(["train", *arguments]) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("metarl: `")
    assert "could not be written (No space left on device)" in line


def test_a_rename_that_fails_leaves_the_old_file(tmp_path, monkeypatch):
    path = tmp_path / "file"
    path.write_bytes(b"old")

    def replace(self, target):
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(Path, "replace", replace)
    with pytest.raises(PermissionError, match="could not be written"), atomic_write(path) as file:
        file.write(b"new")
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


@pytest.fixture
def tiny_disk(tmp_path):
    """A file system of 64 kB, where the test may mount one."""
    folder = tmp_path / "disk"
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(folder)]
    if shutil.which("mount") is None or subprocess.run(command, capture_output=True).returncode:
        pytest.skip("no file system can be mounted here")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def test_a_real_full_disk_leaves_the_last_checkpoint(tiny, tiny_disk):
    config = changed(tiny, workdir=str(tiny_disk))

    def fill(row):
        if row.step:
            with (tiny_disk / "other").open("wb", buffering=0) as file:
                while file.write(b"x" * 1024) == 1024:
                    pass

    from metarl.training.a3c.manager import train

    quiet(config)
    before = (tiny_disk / "my_agent" / "checkpoint.npz").read_bytes()
    with pytest.raises(OSError, match="No space left on device"):
        train(config, on_evaluation=fill)
    assert (tiny_disk / "my_agent" / "checkpoint.npz").read_bytes() == before
    assert load_checkpoint(tiny_disk / "my_agent" / "checkpoint.npz").progress.steps == 1600


@pytest.mark.skipif(os.name == "nt" or os.getuid() == 0, reason="root may write everywhere")
def test_a_folder_that_may_not_be_written_to_is_named(tiny):
    Path(tiny.workdir).mkdir(mode=0o500)
    with pytest.raises(PermissionError, match="could not be written"):
        quiet(tiny)


def test_a_folder_that_vanishes_is_a_clear_error(tiny):
    from metarl.training.a3c.manager import train

    def vanish(row):
        shutil.rmtree(tiny.workdir)

    with pytest.raises(FileNotFoundError, match="could not be written"):
        train(tiny, on_evaluation=vanish)


def test_a_csv_that_vanishes_begins_anew(tiny):
    from metarl.training.a3c.manager import train

    def vanish(row):
        if row.step == 0:
            (tiny.agent_folder / "evaluator_0.csv").unlink()

    checkpoint = train(tiny, on_evaluation=vanish)
    assert [row.step for row in rows_of(checkpoint)] == [800, 1600]


def test_a_log_that_cannot_be_written_is_said_once_and_training_goes_on(tiny, monkeypatch, capsys):
    def write(self, record):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("metarl.storage.run_log._LogFile.format", write)
    assert quiet(tiny).progress.steps == 1600
    assert capsys.readouterr().err.count("the log cannot be written") == 1


def test_a_clock_that_is_changed_changes_nothing(trained, monkeypatch):
    expected = load_checkpoint(trained.checkpoint_file)
    clock = iter(range(2_000_000_000, -2_000_000_000, -10_000_000))
    monkeypatch.setattr(time, "time", lambda: float(next(clock)))
    monkeypatch.setattr(time, "time_ns", lambda: next(clock) * 10**9)
    again = quiet(trained)
    np.testing.assert_array_equal(flat(again), flat(expected))
    assert 0 <= again.progress.seconds < 600
    assert load_checkpoint(trained.checkpoint_file).scores == expected.scores


@pytest.mark.parametrize("name", ["log.INFO", LOCK_FILE, "evaluator_0.csv", "checkpoint.npz"])
def test_a_link_in_the_folder_leads_no_writer_elsewhere(tiny, tmp_path, name):
    victim = tmp_path / "victim"
    victim.write_text("precious")
    folder = tiny.agent_folder
    folder.mkdir(parents=True)
    (folder / name).symlink_to(victim)
    if name in ("log.INFO", LOCK_FILE):
        with pytest.raises(OSError, match=r"must be a regular file|could not be written"):
            quiet(tiny)
    else:  # replaced by a file
        quiet(tiny)
        assert not (folder / name).samefile(victim)
    assert victim.read_text() == "precious"


def test_what_a_killed_writer_left_is_removed(tiny):
    folder = tiny.agent_folder
    folder.mkdir(parents=True)
    (folder / ".checkpoint.npz.abcdefgh.tmp").write_bytes(b"half")
    (folder / ".data.npz.abcdefgh.tmp").write_bytes(b"another's, who may be at work")
    quiet(tiny)
    assert [path.name for path in folder.glob(".data*")] == [".data.npz.abcdefgh.tmp"]


def child_without_a_file(connection):
    connection.recv_bytes()
    Path("/nowhere/at/all").read_bytes()


def test_a_childs_trouble_with_a_file_is_told_as_such():
    child = Child("evaluator 3", child_without_a_file)
    try:
        child.send(b"go")
        with pytest.raises(FileNotFoundError, match=r"evaluator 3: No such file .*/nowhere/at/all"):
            child.receive()
    finally:
        close_all([child])


@pytest.mark.parametrize("ending", ["SIGTERM", "SIGHUP"])
def test_a_closed_kernel_or_terminal_leaves_the_state_saved(tiny, monkeypatch, ending):
    count, original = iter(range(100)), Worker.play

    def ended(self, *arguments):
        if next(count) == 12:
            os.kill(os.getpid(), getattr(signal, ending))
        return original(self, *arguments)

    monkeypatch.setattr(Worker, "play", ended)
    signal.signal(getattr(signal, ending), signal.SIG_DFL)
    with pytest.raises(KeyboardInterrupt, match="is kept, trained for 960 steps"):
        quiet(tiny)
    assert load_checkpoint(tiny.checkpoint_file).progress.steps == 960
    assert signal.getsignal(getattr(signal, ending)) is signal.SIG_DFL


@pytest.mark.parametrize("second", ["SIGINT", "SIGHUP"])
def test_a_second_signal_does_not_stop_the_saving(tiny, monkeypatch, second):
    count, contribute = iter(range(100)), Worker.play

    def ended(self, *arguments):
        if next(count) == 12:
            os.kill(os.getpid(), signal.SIGHUP)
        return contribute(self, *arguments)

    def disturbed(*arguments):
        os.kill(os.getpid(), getattr(signal, second))
        save_checkpoint(*arguments)

    monkeypatch.setattr(Worker, "play", ended)
    monkeypatch.setattr("metarl.training.a3c.manager.save_checkpoint", disturbed)
    signal.signal(signal.SIGHUP, signal.SIG_DFL)
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with pytest.raises(KeyboardInterrupt, match="is kept, trained for 960 steps"):
            quiet(dataclasses.replace(tiny, checkpoint_every_steps=10**9))
        assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    finally:
        signal.signal(signal.SIGINT, before)
    assert load_checkpoint(tiny.checkpoint_file).progress.steps == 960


def test_a_device_or_a_pipe_is_not_written_to(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(OSError, match="must be a regular file"):
        open_regular_file(tmp_path / "pipe", os.O_WRONLY)


def test_where_modes_cannot_be_changed_nothing_is_lost(tiny, monkeypatch):
    def refused(*arguments, **options):
        raise PermissionError(errno.EPERM, "Operation not permitted")

    for name in ("chmod", "fchmod", "utime"):
        monkeypatch.setattr(os, name, refused)
    monkeypatch.setattr(Path, "chmod", refused)
    before = os.umask(0o027)
    try:
        quiet(tiny)
    finally:
        os.umask(before)
    assert load_checkpoint(tiny.checkpoint_file).progress.steps == 1600
    assert tiny.checkpoint_file.stat().st_mode & 0o777 == 0o640  # as any new file's


def test_a_file_system_that_cannot_sync_is_good_enough(tmp_path, monkeypatch):
    def unsupported(descriptor):
        raise OSError(errno.EINVAL, "Invalid argument")

    monkeypatch.setattr(os, "fsync", unsupported)
    with atomic_write(tmp_path / "file") as file:
        file.write(b"whole")
    assert (tmp_path / "file").read_bytes() == b"whole"


def test_a_disk_too_small_for_the_checkpoint_is_found_before_training(tiny, tiny_disk):
    config = changed(tiny, workdir=str(tiny_disk), agent={"num_units": 64})
    with pytest.raises(OSError, match="could not be written") as error:
        quiet(config)
    assert error.value.errno == errno.ENOSPC
    assert not (config.agent_folder / "log.INFO").exists()
    assert [path for path in config.agent_folder.iterdir() if path.name != LOCK_FILE] == []


def test_a_curve_that_cannot_be_written_is_said_and_training_goes_on(tiny, monkeypatch):
    def refused(*arguments):
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr("metarl.storage.curves.open_regular_file", refused)
    assert quiet(tiny).progress.steps == 1600
    log = (tiny.agent_folder / "log.INFO").read_text()
    assert "evaluator_0.csv is lost: Permission denied" in log


def test_runs_of_two_names_share_a_folder_at_once(tiny):
    tiny.agent_folder.mkdir(parents=True)
    with only_run_in(tiny.agent_folder):
        assert quiet(changed(tiny, name="other")).progress.steps == 1600
