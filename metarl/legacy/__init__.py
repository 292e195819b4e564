"""Import of the original project's agents: its pickles are read without executing anything."""
