"""Rules of tokens, users, roles, names and durations."""
