"""pydantic schemas of the config types, one module a type, one class a version that differs."""
