"""Rules that several config types share: pure functions from a value to what is wrong with it."""
