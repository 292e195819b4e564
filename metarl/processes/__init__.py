"""Child processes, signals, compilation and memory."""
