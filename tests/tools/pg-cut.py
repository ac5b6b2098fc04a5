#!/usr/bin/env python3
"""pg-cut.py PORT WHEN: stands between a client and the PostgreSQL server on PORT, prints
its own port, and cuts the first connection on which a COMMIT comes by.

WHEN: before   the COMMIT does not reach the server
      after    the server's answer does not reach the client
      gone     as after, and from then on nobody is let in any more
"""
import socket
import sys
import threading

server_port, when = int(sys.argv[1]), sys.argv[2]
listener = socket.socket()
listener.bind(("127.0.0.1", 0))
listener.listen(16)
state = {"cut": False}
print(listener.getsockname()[1], flush=True)


def close(*sockets):
    for s in sockets:
        try:
            s.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        s.close()


def is_commit(data):
    return b"COMMIT\0" in data and not state["cut"]


def to_server(client, server, muted):
    while data := client.recv(65536):
        if is_commit(data):
            state["cut"] = True
            if when == "before":
                break
            muted.set()
        server.sendall(data)
    close(client, server)


def to_client(client, server, muted):
    while data := server.recv(65536):
        if muted.is_set():  # this is the answer to COMMIT
            if when == "gone":
                close(listener)
            break
        client.sendall(data)
    close(client, server)


def serve(client):
    muted = threading.Event()
    try:
        server = socket.create_connection(("127.0.0.1", server_port))
    except OSError:
        close(client)
        return
    for way in (to_server, to_client):
        threading.Thread(target=quietly, args=(way, client, server, muted), daemon=True).start()


def quietly(way, *args):
    try:
        way(*args)
    except OSError:
        close(*args[:2])


try:
    while True:
        serve(listener.accept()[0])
except OSError:
    threading.Event().wait()
