"""Agents of the project this one follows: its pickles, read without executing anything in them."""
