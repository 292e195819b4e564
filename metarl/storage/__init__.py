"""Reading from and writing to disk."""
