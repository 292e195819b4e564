"""Networks by name: one per file, each a subclass of `core.Network`."""
