"""What the tests of the first process have it start; the only argument that reaches it is its environment."""

import os
import signal
import subprocess
import sys


def main() -> int:
    act = os.environ["ACT"]
    if act == "exit":
        return 3
    if act == "die":
        os.kill(os.getpid(), signal.SIGKILL)
    if act == "abandon":
        # Each is left by its parent at once, and ends a moment later.
        for _ in range(5):
            subprocess.run(["/bin/sh", "-c", "sleep 0.2 &"], check=True)
    signals = [signal.SIGTERM, signal.SIGINT]
    signal.pthread_sigmask(signal.SIG_BLOCK, signals)
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    sys.stdout.write(f"asked with {int(signal.sigwait(signals))}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
