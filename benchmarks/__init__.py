"""How fast calls are carried, beside the limit of this machine and beside stock websockify: `python -m benchmarks`.

`contestants` are what is compared, each started anew for each of its turns; `measures` are what is measured;
`report` prints. All contestants have the same peers: `source` plays the customer's VNC server, in a process of its
own, and `viewer` the technician's browser, over a way (`ways`, `frames`) that counts bytes and does little else.
Nothing here is a test: figures are printed, none is judged.
"""
