"""A part as a service: what it tells its service manager, what sockets it is handed, who carries on after it.

`notify` speaks sd_notify(3), `sockets` takes what sd_listen_fds(3) describes, `successor` starts this very program once
more with the listening sockets, and `handover` is the small program in between; `started` is what a part was given of
all that, and `reload` waits for what becomes of it. Standard library only, and nothing of the other packages: every
part may use it, with a service manager or without.
"""
