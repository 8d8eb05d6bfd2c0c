"""Documents with places: JSON, YAML, references, directory layout."""
