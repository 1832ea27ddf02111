"""What each process counts of itself, in files from which the portal answers Prometheus.

    kinds.py      a counter, a gauge, a histogram: plain numbers in memory
    catalogue.py  every one of them, by the process that keeps it
    book.py       the files of one process, written now and then
    relay.py      how processes that live for one connection tell the one that keeps a book
    reading.py    what all processes of this machine counted together

What the register knows is not counted here: `sessions/figures.py` asks its rows.
"""
