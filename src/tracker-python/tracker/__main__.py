"""``python -m tracker sync [FOLDER...]``: sends what offline runs and ended processes left. Sent twice, it counts once."""

from __future__ import annotations

import argparse
import sys
from typing import Optional, Sequence

from ._catchup import send_spool
from ._courier import Courier
from ._http import HttpTransport
from ._messages import Once
from ._settings import Settings, choose, choose_url
from ._spool import default_folder, folders


def main(arguments: Optional[Sequence[str]] = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tracker")
    commands = parser.add_subparsers(dest="command", required=True)
    sync = commands.add_parser("sync", help="send what offline runs and ended processes left")
    sync.add_argument("folders", nargs="*", metavar="FOLDER", help="default: tracker-offline here, and the spool of this user")
    sync.add_argument("--url", help="the server; default TRACKER_URL, else http://127.0.0.1:5080")
    sync.add_argument("--attempts", type=int, default=20, help="failures in a row after which it gives up; 0: never. Default 20")
    options = parser.parse_args(arguments)
    settings = Settings()
    url = choose_url(options.url)
    transport = HttpTransport(url, choose(None, "TRACKER_API_KEY"), settings.request_timeout, settings.gzip_bytes)
    courier, once = Courier(transport, settings, Once(), options.attempts), Once()
    paths = [path for folder in options.folders or [settings.offline_folder, default_folder()] for path in folders(folder)]
    sent = left = 0
    try:
        for path in paths:
            done = send_spool(path, courier, once)
            if done is None:
                print(f"{path}: in use, or not to be read")
            elif done:
                sent += 1
            else:
                left += 1
                print(f"{path}: not sent", file=sys.stderr)
    finally:
        transport.close()
    print(f"{sent} of {len(paths)} spools sent to {url}")
    return 1 if left else 0


if __name__ == "__main__":
    sys.exit(main())
