"""One file that holds an installation: written while it runs, and made an installation of again elsewhere.

`rows` turns a register into lines of JSON and back, whatever its database; `archive` is the file; `writing` and
`reading` are the two commands.
"""
