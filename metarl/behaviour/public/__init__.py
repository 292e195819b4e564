"""Loaders of public data that the user has downloaded: one file for each group of authors."""

from metarl.behaviour.public.bartolo import load_monkeys
from metarl.behaviour.public.beron import load_mice
from metarl.behaviour.public.castro import load_people_two_step
from metarl.behaviour.public.hbayesdm import load_hbayesdm
from metarl.behaviour.public.miller import load_rats_bandit, load_rats_two_step
from metarl.behaviour.public.psych101 import load_transcripts
from metarl.behaviour.public.source import PublicData, Source

__all__ = [
    "PublicData",
    "Source",
    "load_hbayesdm",
    "load_mice",
    "load_monkeys",
    "load_people_two_step",
    "load_rats_bandit",
    "load_rats_two_step",
    "load_transcripts",
]
