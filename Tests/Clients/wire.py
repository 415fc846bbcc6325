"""HTTP as bytes on a socket: for what a well-behaved client cannot do."""

import http.client
import io
import json
import socket
import time

TIMEOUT_SECONDS = 10


class Ended(Exception):
    """The server closed the connection, or reset it."""


class Wire:
    """One TCP connection, from any address of this machine."""

    def __init__(self, port: int, source: str = "127.0.0.1"):
        self.socket = socket.create_connection(("127.0.0.1", port), TIMEOUT_SECONDS, (source, 0))
        self.buffer = b""

    def __enter__(self) -> "Wire":
        return self

    def __exit__(self, *_):
        self.socket.close()

    def send(self, data: bytes):
        try:
            self.socket.sendall(data)
        except OSError as error:
            raise Ended(str(error)) from None

    def request(self, method: str, path: str, body: bytes = b"", **headers) -> "Wire":
        """Sends a whole request; underscores in the names of headers stand for hyphens."""
        lines = [f"{method} {path} HTTP/1.1", "Host: 127.0.0.1"]
        lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
        if body:
            lines.append(f"Content-Length: {len(body)}")
        self.send("\r\n".join(lines).encode() + b"\r\n\r\n" + body)
        return self

    def _more(self):
        try:
            data = self.socket.recv(65_536)
        except TimeoutError:
            raise AssertionError(f"nothing came in {TIMEOUT_SECONDS} s; unread: {self.buffer[:400]!r}") from None
        except OSError as error:
            raise Ended(str(error)) from None
        if not data:
            raise Ended("closed")
        self.buffer += data

    def _take(self, count: int) -> bytes:
        while len(self.buffer) < count:
            self._more()
        taken, self.buffer = self.buffer[:count], self.buffer[count:]
        return taken

    def reply(self, is_head: bool = False) -> "Reply":
        """The next response, read to its end and not a byte further."""
        while b"\r\n\r\n" not in self.buffer:
            self._more()
        head = self._take(self.buffer.index(b"\r\n\r\n") + 4)
        status_line, _, fields = head.partition(b"\r\n")
        status = int(status_line.split()[1])
        headers = {name.lower(): value for name, value in http.client.parse_headers(io.BytesIO(fields)).items()}
        length = 0 if is_head or status < 200 or status == 204 else int(headers["content-length"])
        return Reply(status, headers, self._take(length))

    def is_silent(self, seconds: float) -> bool:
        """Whether nothing comes, and the connection stays open."""
        self.socket.settimeout(seconds)
        try:
            self._more()
            return False
        except (AssertionError, TimeoutError):
            return True
        except Ended:
            return False
        finally:
            self.socket.settimeout(TIMEOUT_SECONDS)

    def seconds_until_end(self) -> float:
        """How long it takes until the server ends the connection; anything that it still says is read."""
        started = time.monotonic()
        try:
            while True:
                self._more()
        except Ended:
            return time.monotonic() - started


class Reply:
    def __init__(self, status: int, headers: dict, body: bytes):
        self.status, self.headers, self.body = status, headers, body

    @property
    def json(self):
        return json.loads(self.body)

    def __repr__(self) -> str:
        return f"Reply({self.status}, {self.headers}, {self.body[:300]!r})"
