#!/usr/bin/env python3
"""peak-memory.py MIB COMMAND...: runs it, and says whether its peak stayed below MIB."""
import resource
import subprocess
import sys

code = subprocess.run(sys.argv[2:]).returncode
peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024
print("peak is fine" if peak < int(sys.argv[1]) else f"peak is {peak} MiB", flush=True)
sys.exit(code)
