"""Kills a process at a chosen moment of its work:

    killer.py PID FILE N    after so many changes of that file; or it has ended before
"""

import contextlib
import os
import signal
import sys
import time


def look(path):
    """What a change of the file changes; None where there is none yet."""
    with contextlib.suppress(FileNotFoundError):
        stat = os.stat(path)
        return stat.st_ino, stat.st_size, stat.st_mtime_ns
    return None


def main(pid, path, changes):
    seen = look(path)
    while changes and os.path.exists(f"/proc/{pid}/fd"):
        now = look(path)
        if now != seen:
            seen = now
            changes -= 1
        time.sleep(0.0005)
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2], int(sys.argv[3]))
