"""Where the networks are found; it imports none of them, nor Flax."""

from metarl.registry import Registry

networks = Registry("network", "network", "metarl.agents.networks", others=("core",))
