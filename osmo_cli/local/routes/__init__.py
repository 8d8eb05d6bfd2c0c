"""The routes of the embedded service: a table, and a module of handlers for each subject."""
