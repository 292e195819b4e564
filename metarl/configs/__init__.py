"""Experiments: one per file, each with a `get_config()` that returns its config."""
