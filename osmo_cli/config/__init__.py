"""What a configuration is: types, schemas, reading files, problems, merge, patch.

Pure: the only I/O is reading the input file.
"""
