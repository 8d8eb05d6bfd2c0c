"""From a wanted state to the stored one: changes, writes, and reading back."""
