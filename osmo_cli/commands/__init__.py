"""The commands, one file a noun: parse, call, hand the result to output."""
