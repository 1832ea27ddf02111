"""The command line: starts, prepares and checks an installation of Reachback."""
