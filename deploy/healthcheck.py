"""Exit 0 if the Dagster web server of this container answers; `python healthcheck.py [PORT]`. Standard library only."""

import sys
from urllib.error import URLError
from urllib.request import urlopen


def is_well(port: int) -> bool:
    """TRUE if the server on 127.0.0.1 answers within five seconds."""
    try:
        with urlopen(f"http://127.0.0.1:{port}/server_info", timeout=5) as answer:
            return bool(answer.status == 200)
    except (URLError, TimeoutError):
        return False


if __name__ == "__main__":
    sys.exit(0 if is_well(int(sys.argv[1]) if len(sys.argv) > 1 else 3000) else 1)
