"""A customer's VNC server dials in here.

`door` accepts and counts; `greeting` takes the caller through the RFB greeting until its desktop is known; `desk`
keeps each `call` and asks the register to whom it belongs; a technician's connection sits in a `seat`. `ledger` is the
register, awaited; `rounds` carries out what people decided. `server` is a listener's life, `succession` its end: the
next one is there already, and has its door. `line` is one TCP connection, and only it, `entrance` and the servers
know transports. Bytes are understood in `rfb`, never here.
"""
