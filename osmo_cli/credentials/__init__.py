"""Where a login comes from, and where secrets are kept."""
