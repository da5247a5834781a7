"""Another site's server, as an attacker would run one: it serves a page, and writes down what comes to it."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class Foreign:
    """The running server. `bodies` is what was sent to it: stolen answers would be there."""

    port: int
    page: str = "<!doctype html><title>another site</title><h1>Win a car</h1>"
    bodies: list[str] = field(default_factory=list)


@contextmanager
def foreign_site() -> Iterator[Foreign]:
    """Serve until the block ends, on 127.0.0.1 and so on localhost too."""

    class Answering(BaseHTTPRequestHandler):
        def do_GET(self):
            body = made.page.encode()
            self.send_response(200)
            self.send_header("content-type", "text/html")
            self.end_headers()
            self.wfile.write(body)

        def do_POST(self):
            made.bodies.append(self.rfile.read(int(self.headers["content-length"])).decode())
            self.do_GET()

        def log_message(self, *_):
            """Print nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answering)
    made = Foreign(port=server.server_port)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield made
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
