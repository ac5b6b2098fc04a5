#!/usr/bin/env python3
"""A small shop: `shop.py start`, `shop.py stop`, `shop.py serve`.

SHOP_DB is a postgresql:// URL or sqlite:PATH, SHOP_PORT where it answers, SHOP_DIR its
folder. GET /health is 200 only when the data is right: the orders table is there and
every order has a customer and lines.
"""

import http.server
import os
import signal
import subprocess
import sys
import time

DB = os.environ["SHOP_DB"]
PORT = int(os.environ["SHOP_PORT"])
HOME = os.environ["SHOP_DIR"]
PID_FILE = os.path.join(HOME, "shop.pid")
QUESTION = "SELECT count(*) FROM orders WHERE customer IS NOT NULL AND total > 0"
ORDERS = 1000


def ask():
    """How many good orders there are; an exception where the table is not as it should be."""
    if DB.startswith("sqlite:"):
        command = ["sqlite3", "-readonly", DB[len("sqlite:"):], QUESTION]
    else:
        command = ["psql", "-XAtq", "-d", DB, "-c", QUESTION]
    done = subprocess.run(command, capture_output=True, text=True, timeout=5)
    if done.returncode:
        raise RuntimeError(done.stderr.strip())
    return int(done.stdout)


class Shop(http.server.BaseHTTPRequestHandler):
    def log_message(self, *_):
        pass

    def do_GET(self):
        try:
            orders = ask()
            well, words = orders == ORDERS, f"{orders} of {ORDERS} orders"
        except Exception as error:
            well, words = False, str(error)
        body = ('{"ok": %s, "orders": "%s"}\n' % (str(well).lower(), words.replace('"', "'"))).encode()
        self.send_response(200 if well and self.path == "/health" else 503)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def running():
    try:
        with open(PID_FILE) as f:
            pid = int(f.read())
        os.kill(pid, 0)
        return pid
    except (OSError, ValueError):
        return None


def start():
    if running():
        return
    log = open(os.path.join(HOME, "shop.log"), "a")
    child = subprocess.Popen([sys.executable, os.path.abspath(__file__), "serve"], stdin=subprocess.DEVNULL,
                             stdout=log, stderr=log, start_new_session=True)
    with open(PID_FILE, "w") as f:
        f.write(str(child.pid))


def stop():
    pid = running()
    if not pid:
        return
    os.kill(pid, signal.SIGTERM)
    for _ in range(100):
        if not running():
            break
        time.sleep(0.05)
    if os.path.exists(PID_FILE):
        os.remove(PID_FILE)


def serve():
    http.server.ThreadingHTTPServer(("127.0.0.1", PORT), Shop).serve_forever()


{"start": start, "stop": stop, "serve": serve}[sys.argv[1]]()
