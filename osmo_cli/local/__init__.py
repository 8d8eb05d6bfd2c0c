"""The embedded OSMO-compatible service on SQLite: for trying, rehearsing and testing."""
