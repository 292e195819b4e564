"""The network that learns to learn."""
