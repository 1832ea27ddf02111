"""Recordings of calls: the file's format, without I/O. docs/recording.md describes it."""
