"""Config types and dialects: the two tables that everything asks."""
