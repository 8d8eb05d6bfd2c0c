"""Running schemas and checks over documents; problems with their place."""
