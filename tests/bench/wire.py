"""A loopback connection that costs the load generator little: it shares the processors with the servers."""

import json
import socket
from typing import Any

MOST_SECONDS = 120.0


class Wire:
    """One client. `keep` says whether the server keeps connections; a kept one that has gone is an error."""

    def __init__(self, port: int, headers: dict[str, str], *, keep: bool = True) -> None:
        self._port, self._keep = port, keep
        fixed = {"Host": f"127.0.0.1:{port}", "Connection": "keep-alive" if keep else "close", **headers}
        self._head = "".join(f"{name}: {value}\r\n" for name, value in fixed.items()).encode()
        self._socket: socket.socket | None = None

    def send(self, method: str, path: str, body: object = None) -> tuple[int, Any]:
        """Send JSON, or nothing; return (status, parsed answer)."""
        status, data = self.exchange(method, path, b"" if body is None else json.dumps(body).encode())
        try:
            return status, json.loads(data) if data else None
        except ValueError:
            return status, data[:300].decode("utf-8", "replace")

    def exchange(self, method: str, path: str, body: bytes) -> tuple[int, bytes]:
        """Send one request and return (status, body)."""
        if self._socket is None:
            self._socket = socket.create_connection(("127.0.0.1", self._port), timeout=MOST_SECONDS)
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        # A body of nothing has no type: servers look for JSON in it otherwise.
        kind = b"Content-Type: application/json\r\n" if body else b""
        self._socket.sendall(
            b"%b %b HTTP/1.1\r\n%b%bContent-Length: %d\r\n\r\n%b"
            % (method.encode(), path.encode(), self._head, kind, len(body), body)
        )
        answer = self._read(self._socket)
        if not self._keep:
            self.close()
        return answer

    def close(self) -> None:
        """Close the connection; the next request opens one."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    @staticmethod
    def _read(connection: socket.socket) -> tuple[int, bytes]:
        data = b""
        while (end := data.find(b"\r\n\r\n")) < 0:
            piece = connection.recv(65_536)
            if not piece:
                raise ConnectionResetError("the server closed the connection before it answered")
            data += piece
        head, body = data[:end].lower(), [data[end + 4 :]]
        if b"transfer-encoding: chunked" in head:
            raise ValueError("a chunked answer: this client reads answers of a known length")
        size = head.find(b"content-length:")
        length = int(head[size + 15 :].split(b"\r\n", 1)[0]) if size >= 0 else None
        missing = None if length is None else length - len(body[0])
        while missing is None or missing > 0:
            piece = connection.recv(65_536)
            if not piece:
                if missing is None:
                    break
                raise ConnectionResetError("the server closed the connection in the middle of its answer")
            body.append(piece)
            missing = None if missing is None else missing - len(piece)
        return int(head.split(b" ", 2)[1]), b"".join(body)
