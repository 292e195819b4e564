"""Frozen play: who plays, what it comes to, and what is written of it."""
