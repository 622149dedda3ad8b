"""One keep-alive connection to the server's REST API, and the answers it gives."""

from __future__ import annotations

import encodings.idna  # noqa: F401  # What a first connection imports; a fork in the middle of an import leaves the child with a locked module.
import gzip
import http.client
import json
import ssl
import time
from email.utils import parsedate_to_datetime
from typing import Any, Dict, Optional, Protocol
from urllib.parse import urlsplit

VERSION = "0.1.0"
_MAX_ANSWER = 8 * 1024 * 1024


class Answer:
    """A status, the JSON object that came with it (or an empty one), and seconds to wait before the next attempt."""

    __slots__ = ("status", "content", "retry_after")

    def __init__(self, status: int, content: Dict[str, Any], retry_after: Optional[float] = None) -> None:
        self.status = status
        self.content = content
        self.retry_after = retry_after

    @property
    def is_success(self) -> bool:
        return 200 <= self.status < 300

    @property
    def is_transient(self) -> bool:
        """Worth the same request again: the server is busy, starting, or gone for a moment."""
        return self.status in (408, 425, 429) or self.status >= 500

    def explain(self) -> str:
        """The server's own words, from its problem details."""
        words = self.content.get("detail") or self.content.get("title") or http.client.responses.get(self.status, "")
        field = self.content.get("field")
        return f"{self.status} {words}" + (f" (field {field})" if field else "")


class Transport(Protocol):
    """Where requests go: a server, or the file of an offline run."""

    name: str

    def request(self, method: str, path: str, body: Optional[bytes]) -> Answer:
        """One attempt. Raises OSError or http.client.HTTPException when no answer came."""

    def close(self) -> None: ...


class HttpTransport:
    """Not thread-safe: the sender's thread owns it."""

    def __init__(self, url: str, api_key: Optional[str], timeout: float, gzip_bytes: int) -> None:
        parts = urlsplit(url)
        self.name = url
        self._host, self._port = parts.hostname or "", parts.port
        self._prefix = parts.path.rstrip("/") + "/api/v1"
        self._secure = parts.scheme == "https"
        self._timeout = timeout
        self._gzip_bytes = gzip_bytes
        self._connection: Optional[http.client.HTTPConnection] = None
        self._headers = {"Accept": "application/json", "User-Agent": f"tracker-python/{VERSION}"}
        if api_key:
            self._headers["Authorization"] = f"Bearer {api_key}"

    def request(self, method: str, path: str, body: Optional[bytes]) -> Answer:
        headers = dict(self._headers)
        if body is not None:
            headers["Content-Type"] = "application/json"
            if len(body) >= self._gzip_bytes:
                body = gzip.compress(body, 1, mtime=0)
                headers["Content-Encoding"] = "gzip"
        reused = self._connection is not None
        try:
            return self._once(method, path, body, headers)
        except (http.client.BadStatusLine, ConnectionResetError, BrokenPipeError, ConnectionAbortedError):
            self.close()
            if not reused:
                raise
        except BaseException:
            self.close()
            raise
        # An idle connection that the server had closed meanwhile: every request of ours may be sent twice.
        try:
            return self._once(method, path, body, headers)
        except BaseException:
            self.close()
            raise

    def _once(self, method: str, path: str, body: Optional[bytes], headers: Dict[str, str]) -> Answer:
        connection = self._connection
        if connection is None:
            if self._secure:
                connection = http.client.HTTPSConnection(
                    self._host, self._port, timeout=self._timeout, context=ssl.create_default_context())
            else:
                connection = http.client.HTTPConnection(self._host, self._port, timeout=self._timeout)
            self._connection = connection
        connection.request(method, self._prefix + path, body, headers)
        response = connection.getresponse()
        content = response.read(_MAX_ANSWER)
        if response.will_close or not response.isclosed():
            self.close()
        return Answer(response.status, _object(content), _seconds(response.getheader("Retry-After")))

    def close(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            try:
                connection.close()
            except OSError:
                pass


def _object(content: bytes) -> Dict[str, Any]:
    try:
        value = json.loads(content)
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def _seconds(header: Optional[str]) -> Optional[float]:
    """Retry-After as seconds: a number or an HTTP date."""
    if not header:
        return None
    try:
        seconds = float(header)
    except ValueError:
        try:
            seconds = parsedate_to_datetime(header).timestamp() - time.time()
        except (TypeError, ValueError):
            return None
    return min(max(seconds, 0.0), 300.0) if seconds == seconds else None
