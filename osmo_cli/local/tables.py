"""The tables of the embedded service's store."""

from __future__ import annotations

UPGRADES: dict[int, str] = {
    1: "ALTER TABLE tokens ADD COLUMN position INTEGER NOT NULL DEFAULT 0",
}
"""The statement that turns each older version of the tables into the next one."""
SCHEMA = """
CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE configs (
  config_type TEXT NOT NULL,
  name TEXT NOT NULL,
  data TEXT NOT NULL,
  PRIMARY KEY (config_type, name)
) WITHOUT ROWID;
CREATE TABLE operators (
  name TEXT PRIMARY KEY,
  last_heartbeat TEXT NOT NULL,
  connected INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE history (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  config_type TEXT NOT NULL,
  revision INTEGER NOT NULL,
  name TEXT NOT NULL,
  username TEXT NOT NULL,
  created_at TEXT NOT NULL,
  description TEXT NOT NULL,
  tags TEXT,
  data TEXT NOT NULL,
  deleted_by TEXT,
  UNIQUE (config_type, revision)
);
CREATE INDEX history_by_time ON history (created_at, id);
CREATE TABLE tokens (
  user_name TEXT NOT NULL,
  token_name TEXT NOT NULL,
  access_type TEXT NOT NULL,
  hash TEXT NOT NULL UNIQUE,
  expires_at TEXT NOT NULL,
  description TEXT NOT NULL,
  roles TEXT NOT NULL,
  position INTEGER NOT NULL,
  PRIMARY KEY (user_name, token_name, access_type)
) WITHOUT ROWID;
CREATE TABLE users (
  id TEXT PRIMARY KEY,
  created_at TEXT NOT NULL,
  created_by TEXT NOT NULL,
  roles TEXT NOT NULL
) WITHOUT ROWID;
"""
