"""The config of a sweep."""

import dataclasses
import itertools
import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from metarl.checks import (
    check_bool,
    check_filename,
    check_instance,
    check_integer,
    check_path,
    check_seed,
    short_repr,
)
from metarl.config.experiment import InFolder, TrainConfig


class Run(NamedTuple):
    """One run of a sweep: what is special about it, and its config."""

    label: str
    seed: int
    settings: dict[str, Any]
    config: TrainConfig


@dataclasses.dataclass(frozen=True, kw_only=True)
class SweepConfig(InFolder):
    """A sweep.

    Attributes:
      workdir: the folder that holds the sweep's folder.
      name: the name `NAME` of the sweep: everything is written to `workdir/NAME/`, each run to a
        folder of its own in it.
      seeds: the random seeds that each setting is trained with.
      settings: the values of settings to try, by name, as in
        `{"learning_rate": (0.01, 0.003), "num_arms": (2, 5)}`. All combinations
        are trained; with none, only the seeds differ.
      num_parallel: number of runs at a time; 0 for one per core of the processor, or of the
        cluster.
      cluster: where runs happen: None for processes on this machine, `"ray"` for a Ray cluster.
      ray_address: the cluster's address; None starts Ray on this machine.
      progress_bar: whether to show a progress bar.
      train: the training that all runs have in common.

    Raises:
      ValueError: at construction, if a value is impossible, or a setting does not exist.
    """

    workdir: str = "results"
    name: str = "sweep"
    seeds: tuple[int, ...] = (1, 2, 3)
    settings: Mapping[str, Any] = dataclasses.field(default_factory=dict, hash=False)
    num_parallel: int = 0
    cluster: str | None = None
    ray_address: str | None = None
    progress_bar: bool = True
    train: TrainConfig = dataclasses.field(
        default_factory=lambda: TrainConfig(num_workers=0, progress_bar=False)
    )

    def __post_init__(self) -> None:
        """Refuses impossible values before any work starts."""
        check_path("workdir", self.workdir)
        check_filename("name", self.name)
        check_bool("progress_bar", self.progress_bar)
        check_integer("num_parallel", self.num_parallel, 0, maximum=1024)
        check_instance("train", self.train, TrainConfig)
        if not isinstance(self.seeds, tuple | list) or not self.seeds:
            raise ValueError(f"`seeds` must be one or more, as in (1, 2, 3), got {self.seeds!r}.")
        for seed in self.seeds:
            check_seed("seeds", seed)
        if len(set(self.seeds)) < len(self.seeds):
            raise ValueError(f"`seeds` must differ, got {short_repr(self.seeds)}.")
        if self.cluster not in (None, "ray"):
            raise ValueError(f"`cluster` must be None or 'ray', got {short_repr(self.cluster)}.")
        if not isinstance(self.settings, Mapping):
            raise ValueError(
                "`settings` must be values by name, as in {'learning_rate': (0.01, 0.003)}, "
                f"got {short_repr(self.settings)}."
            )
        for name, values in self.settings.items():
            if not isinstance(values, tuple | list) or not values:
                raise ValueError(
                    f"`settings[{name!r}]` must be one or more values, as in (0.01, 0.003), got "
                    f"{short_repr(values)}."
                )
        names = [run.config.name for run in self.runs()]  # makes, and so checks, every config
        if len(set(names)) < len(names):
            raise ValueError("`settings` must differ in what is written of them: two runs do not.")

    def runs(self) -> list[Run]:
        """All runs of the sweep, setting by setting."""
        folder = str(self.folder / self.name)
        made = []
        for values in itertools.product(*self.settings.values()):
            chosen = dict(zip(self.settings, values, strict=True))
            config = self.train
            for name, value in chosen.items():
                config = _changed(config, name, value)
            label = ", ".join(f"{name} {v}" for name, v in chosen.items())
            for seed in self.seeds:
                run_name = re.sub(r"[^\w.-]+", "_", f"{label} seed {seed}".strip())
                agent = dataclasses.replace(config.agent, random_seed=seed)
                own = dataclasses.replace(
                    config, agent=agent, workdir=folder, name=run_name, resume="auto"
                )
                made.append(Run(label or "all", seed, chosen, own))
        return made


def _changed(config: TrainConfig, name: str, value: Any) -> TrainConfig:
    """The config with one setting changed: the agent's, the environment's or its own."""
    known: list[str] = []
    for part in ("agent", "environment", ""):
        target: Any = getattr(config, part) if part else config
        names = [field.name for field in dataclasses.fields(target)]
        if name in names:
            changed = dataclasses.replace(target, **{name: value})
            return dataclasses.replace(config, **{part: changed}) if part else changed
        known += names
    raise ValueError(
        f"`settings` must name settings of the agent, of the environment or of the run, got "
        f"{name!r}. Known are: {', '.join(known)}."
    )
