"""``python -m tracker sync FILE...``: sends the files of offline runs. Sent twice, they count once."""

from __future__ import annotations

import argparse
import json
import sys
from typing import Optional, Sequence

from ._courier import Courier
from ._http import HttpTransport
from ._messages import Once
from ._settings import Settings, choose, choose_url


def main(arguments: Optional[Sequence[str]] = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tracker")
    commands = parser.add_subparsers(dest="command", required=True)
    sync = commands.add_parser("sync", help="send the files that offline runs wrote")
    sync.add_argument("files", nargs="+", metavar="FILE")
    sync.add_argument("--url", help="the server; default TRACKER_URL, else http://127.0.0.1:5080")
    options = parser.parse_args(arguments)
    settings = Settings()
    transport = HttpTransport(choose_url(options.url), choose(None, "TRACKER_API_KEY"), settings.request_timeout, settings.gzip_bytes)
    courier = Courier(transport, settings, Once())
    refused = sum(_send(path, courier) for path in options.files)
    transport.close()
    return 1 if refused else 0


def _send(path: str, courier: Courier) -> int:
    sent = refused = 0
    with open(path, encoding="utf-8") as lines:
        for number, line in enumerate(lines, 1):
            try:
                request = json.loads(line)
                body = json.dumps(request["body"]).encode("ascii")
                method, where = str(request["method"]), str(request["path"])
            except (ValueError, KeyError, TypeError):
                print(f"{path}:{number}: no whole request, passed over", file=sys.stderr)
                continue
            answer = courier.deliver(method, where, body)
            if answer is not None and answer.is_success:
                sent += 1
            else:
                refused += 1
                print(f"{path}:{number}: {answer.explain() if answer else 'not sent'}", file=sys.stderr)
    print(f"{path}: {sent} requests sent" + (f", {refused} refused" if refused else ""))
    return refused


if __name__ == "__main__":
    sys.exit(main())
