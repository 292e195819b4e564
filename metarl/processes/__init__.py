"""Child processes, their signals, their compiler and their memory."""
