"""What is checked beyond the schemas: rules about values, as data (docs/checks.md).

A rule is a pure function from a value to what is wrong with it; `table` says where each applies.
"""
