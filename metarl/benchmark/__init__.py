"""Reproducible measurements: each is a command, `metarl benchmark NAME`."""
