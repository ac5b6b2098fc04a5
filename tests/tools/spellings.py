#!/usr/bin/env python3
"""spellings.py write: every spelling of the secret in $SECRET, a line each.
spellings.py search PATH...: says where one stands in the files of PATH; exit 1 if any.

The spellings are made here by other means than those of the program that is tested.
"""
import base64
import html
import json
import os
import re
import sys
import textwrap
import urllib.parse


def spellings(secret):
    raw = secret.encode()
    yield "plain", secret
    yield "percent", "".join(f"%{b:02X}" if not chr(b).isalnum() or b > 127 else chr(b) for b in raw)
    yield "percent, small", "".join(f"%{b:02x}" if not chr(b).isalnum() or b > 127 else chr(b) for b in raw)
    yield "quote_plus", urllib.parse.quote_plus(secret)
    for before in range(3):  # what depends on neighbours is cut off
        text = base64.b64encode(b"\0" * before + raw).decode()
        first = (before * 8 + 5) // 6
        yield f"base64 at {before}", text[first:(before + len(raw)) * 8 // 6]
    yield "base64 for URLs", base64.urlsafe_b64encode(raw).decode().rstrip("=")
    yield "hexadecimal", raw.hex()
    yield "hexadecimal, capitals", raw.hex().upper()
    yield "JSON", json.dumps(secret, ensure_ascii=False)[1:-1]
    yield "JSON, ASCII", json.dumps(secret)[1:-1]
    yield "HTML", html.escape(secret)
    yield "sh", secret.replace("'", "'\\''")
    yield "upper case", secret.upper()
    yield "lower case", secret.lower()
    yield "backwards", secret[::-1]


def write(secret):
    raw = secret.encode()
    for _, text in spellings(secret):
        if text not in (secret.upper(), secret.lower(), secret[::-1]):  # only told when computed
            print(text)
    for width in (64, 76, 5):
        for before in (b"", b"user:", b"Authorization: Basic "):
            print("\n  ".join(textwrap.wrap(base64.b64encode(before + raw).decode(), width)))
    print("\n".join(textwrap.wrap((b"user:" + raw).hex(), 60)))  # xxd -p
    print("\n".join(textwrap.wrap((b"a much longer user: " + raw).hex(), 60)))
    print(re.sub("(.)", "\x1b[1m\\1\x1b[0m", secret))


def files(paths):
    for path in paths:
        if os.path.isdir(path):
            for folder, _, names in os.walk(path):
                yield from (os.path.join(folder, n) for n in names)
        else:
            yield path


def search(secret, paths):
    found = False
    for path in files(paths):
        with open(path, "rb") as f:
            data = f.read()
        bare = re.sub(rb"\x1b\[[0-9;]*m|\\u001b\[[0-9;]*m|\\n|\",\"|\s", b"", data)
        for name, text in spellings(secret):
            # Half of it is too much, too.
            for part in (text, text[:len(text) * 2 // 3], text[-(len(text) * 2 // 3):]):
                if part.encode() in data or re.sub(r"\s", "", part).encode() in bare:
                    print(f"{path}: {name}: {part}")
                    found = True
                    break
    return found


if sys.argv[1] == "write":
    write(os.environ["SECRET"])
else:
    sys.exit(search(os.environ["SECRET"], sys.argv[2:]))
