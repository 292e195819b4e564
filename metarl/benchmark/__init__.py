"""Measurements anyone can repeat: each is a command, `metarl benchmark NAME`."""
