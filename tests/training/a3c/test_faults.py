"""What goes wrong in a run: numbers that are none, workers that hang, disks that fill."""

import dataclasses
import os
import re
import signal

import jax
import numpy as np
import pytest
from runs import changed, child_named, flat, quiet, training_processes

from metarl.processes.child import ChildLostError
from metarl.storage.checkpoint import Progress, load_checkpoint
from metarl.training.a3c.evaluator import ProcessEvaluators
from metarl.training.a3c.updates import DivergedError
from metarl.training.a3c.watchdog import Watchdog
from metarl.training.a3c.worker import InlineWorkers, ProcessWorkers, Worker
from metarl.training.learner import Learner


def log_of(config):
    return (config.agent_folder / "log.INFO").read_text()


def checkpoint_of(config):
    return load_checkpoint(config.checkpoint_file)


def poison(monkeypatch, kind, is_bad, change):
    """Changes what the manager is given by its workers, wherever `is_bad(count)` says so."""
    original, count = kind.receive, iter(range(10**9))

    def receive(self):
        index, given = original(self)
        return index, change(given) if is_bad(next(count)) else given

    monkeypatch.setattr(kind, "receive", receive)


def with_nan_gradient(given):
    gradient = given.flat.copy()
    gradient[3] = np.nan
    return given._replace(flat=gradient)


def with_infinite_gradient(given):
    return given._replace(flat=given.flat * np.float32(np.inf))


def with_nan_loss(given):
    return given._replace(metrics=given.metrics._replace(policy_loss=np.float32(np.nan)))


def with_huge_gradient(given):
    """Each entry is finite; the norm, by which it would be clipped, is not."""
    return given._replace(flat=np.full_like(given.flat, 1e30))


@pytest.mark.parametrize(
    "change", [with_nan_gradient, with_infinite_gradient, with_nan_loss, with_huge_gradient]
)
def test_an_update_that_is_not_finite_is_skipped_and_counted(small_config, monkeypatch, change):
    poison(monkeypatch, InlineWorkers, lambda count: count in (3, 10, 11), change)
    config = changed(small_config, num_evaluators=0, agent={"training_steps": 800})
    checkpoint = quiet(config)
    assert checkpoint.progress.skipped == 3
    # As many real updates as without; the episodes behind the others were played for nothing.
    assert (checkpoint.progress.updates, checkpoint.progress.batches) == (10, (13,))
    assert np.all(np.isfinite(flat(checkpoint)))
    log = log_of(config)
    assert log.count("update skipped") == 3
    assert "3 skipped" in log
    assert "nan" not in log


def test_skipping_changes_nothing_but_the_episodes_played(small_config, monkeypatch, tmp_path):
    """Were the second batch always skipped, the run is one that never drew it."""
    config = changed(small_config, num_evaluators=0, agent={"training_steps": 400})
    poison(monkeypatch, InlineWorkers, lambda count: count == 1, with_nan_gradient)
    skipped = quiet(config)
    monkeypatch.undo()
    original = InlineWorkers.__init__

    def begin(self, learner, first_batch):
        original(self, learner, first_batch)
        play = self._worker.play

        def played(*arguments):
            given = play(*arguments)
            return play(*arguments) if given.batch == 1 else given

        self._worker.play = played

    monkeypatch.setattr(InlineWorkers, "__init__", begin)
    never_drawn = quiet(changed(config, workdir=str(tmp_path / "other")))
    np.testing.assert_array_equal(flat(skipped), flat(never_drawn))


def test_too_many_skipped_updates_end_training_with_the_last_good_parameters(
    small_config, monkeypatch
):
    poison(monkeypatch, InlineWorkers, lambda count: count >= 5, with_nan_gradient)
    config = changed(small_config, num_evaluators=0, max_skipped_updates=4)
    with pytest.raises(DivergedError, match=r"`max_skipped_updates`.*4, got 5") as error:
        quiet(config)
    assert "`learning_rate` or `max_gradient_norm`" in str(error.value)
    assert "go on with `resume`" in error.value.__notes__[0]
    kept = checkpoint_of(config)
    assert (kept.progress.updates, kept.progress.skipped) == (5, 4)
    assert np.all(np.isfinite(flat(kept)))
    monkeypatch.undo()
    # The bound is a run's own: one that goes on may skip as many again.
    assert quiet(changed(config, resume=True)).progress[:2] == (30, 2400)


def test_a_step_to_parameters_that_are_not_finite_is_not_taken(small_config):
    config = changed(
        small_config, num_evaluators=0, max_skipped_updates=2, agent={"learning_rate": 1e38}
    )
    with pytest.raises(DivergedError) as error:
        quiet(config)
    assert error.value.__notes__ == ["no update was made, and no checkpoint was written"]


@pytest.fixture
def hanging_config(small_config, caplog):
    caplog.set_level("INFO", "metarl")
    return changed(small_config, num_workers=1, gradients_in_flight=1, worker_timeout_seconds=2.0)


def test_a_worker_that_hangs_is_replaced(hanging_config, caplog):
    learner = Learner(hanging_config.environment, hanging_config.agent)
    params = np.asarray(learner.init(jax.random.key(0)))
    workers = ProcessWorkers(hanging_config, learner.num_params, [0])
    try:
        workers.send(0, params, 0, 0.0)
        assert workers.receive()[1].batch == 0
        os.kill(child_named("worker 0").pid, signal.SIGSTOP)
        workers.send(0, params, 1, 0.5)
        _, given = workers.receive()  # from another, with the next batch of episodes
        assert (given.version, given.batch) == (1, 2)
        expected = Worker(learner, 0, 2).play(params, 1, 0.5)
        np.testing.assert_allclose(given.flat, expected.flat, atol=1e-6)
    finally:
        workers.close()
    assert re.search(
        r"worker 0 was lost and is replaced: worker 0 \(process \d+\) gave no answer for 2 s and "
        r"was killed \(`worker_timeout_seconds`\)",
        caplog.text,
    )
    assert not training_processes()


def test_an_evaluator_that_hangs_is_replaced_until_too_many_were(hanging_config, caplog):
    config = dataclasses.replace(hanging_config, max_worker_restarts=1)
    learner = Learner(config.environment, config.agent)
    params = np.asarray(learner.init(jax.random.key(0)))
    evaluators = ProcessEvaluators(config, learner.num_params)
    try:
        ((_, first),) = evaluators.drain(params, Progress())
        os.kill(child_named("evaluator 0").pid, signal.SIGSTOP)
        ((_, again),) = evaluators.drain(params, Progress(steps=80))
        assert (again.step, again.expected_regret) == (80, first.expected_regret)
        assert "evaluator 0 was lost and is replaced" in caplog.text
        os.kill(child_named("evaluator 0").pid, signal.SIGSTOP)
        with pytest.raises(ChildLostError, match="gave no answer for 2 s"):
            evaluators.drain(params, Progress(steps=160))
    finally:
        evaluators.close()
    assert not training_processes()


def test_patience_counts_only_the_time_this_process_was_awake(monkeypatch):
    clock = iter([0.0, 1.0, 3600.0, 3604.0, 3604.5, 3610.0])
    monkeypatch.setattr("time.monotonic", lambda: next(clock))
    patience = Watchdog(8.0)
    patience.answered(0, owes_more=True)
    patience.asked(1)  # it has yet to begin, and has a minute more
    assert patience.overdue() == []  # after 1 s
    assert patience.overdue() == []  # an hour asleep counts as 5 s
    assert patience.overdue() == [0]  # 10 s
    patience.answered(0, owes_more=False)
    assert patience.overdue() == []
    patience.replaced(0, owes_more=True)
    assert patience.overdue() == []
