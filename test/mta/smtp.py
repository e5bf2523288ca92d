"""smtp - a client that sends exactly the bytes it is given, and a sink.

smtplib mends line ends and forbids what tests must send: bare line feeds,
NUL, overlong lines, hanging up in the middle.
"""

import re
import socket
import socketserver
import threading
import time


class Reply:
    def __init__(self, code, text, stage):
        self.code, self.text, self.stage = code, text, stage

    def __str__(self):
        return f"{self.code} {self.text}"


class Client:
    def __init__(self, port, helo="client.example", xclient=None, timeout=120):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout)
        self.file = self.socket.makefile("rb")
        self.greeting = self.reply("connect")
        self.features = self.command(f"EHLO {helo}")
        if xclient:
            self.command("XCLIENT " + " ".join(
                f"{k}={v}" for k, v in xclient.items()))
            self.features = self.command(f"EHLO {helo}")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.hang_up()

    def reply(self, stage):
        lines = []
        while True:
            line = self.file.readline().decode("utf-8", "replace").rstrip()
            if not re.match(r"\d\d\d", line):
                raise ConnectionError(f"{stage}: server said {line!r}")
            lines.append(line[4:])
            if line[3:4] != "-":
                return Reply(int(line[:3]), "\n".join(lines), stage)

    def command(self, line):
        if isinstance(line, str):
            line = line.encode()
        self.socket.sendall(line + b"\r\n")
        return self.reply(line.split(b" ")[0].split(b":")[0].decode())

    def envelope(self, sender, recipients, options=""):
        """Returns the first refusal, or the last reply."""
        reply = self.command(f"MAIL FROM:<{sender}>{options}")
        for recipient in recipients:
            if reply.code != 250:
                break
            reply = self.command(f"RCPT TO:<{recipient}>")
        return reply

    def send(self, sender, recipients, data, options=""):
        """One message; a refused one leaves the session ready for more."""
        reply = self.envelope(sender, recipients, options)
        if reply.code == 250:
            reply = self.command("DATA")
        if reply.code == 354:
            self.socket.sendall(stuffed(data))
            reply = self.reply("end")
        if reply.code not in (250, 421):	# the latter hangs up
            self.command("RSET")
        return reply

    def hang_up(self):
        self.file.close()
        self.socket.close()


def stuffed(data):
    if data and not data.endswith(b"\r\n"):
        data += b"\r\n"
    return re.sub(rb"(^|\r\n)\.", rb"\1..", data) + b".\r\n"


def send(port, sender, recipients, data, options="", **client):
    with Client(port, **client) as c:
        return c.send(sender, recipients, data, options)


class Delivered:
    """What the sink was given, as it arrived, without the dots."""

    def __init__(self, sender, recipients, data):
        self.sender, self.recipients, self.data = sender, recipients, data
        head, _, self.body = data.partition(b"\r\n\r\n")
        self.head = head + b"\r\n"
        self.found = {}

    def headers(self, name):
        """Raw values of a field, top first, folding left in."""
        if name not in self.found:
            pattern = (rb"(?im)^" + name.encode()
                       + rb":((?:.*\r?\n)(?:[ \t].*\n)*)")
            self.found[name] = [v.decode("utf-8", "replace").strip()
                                for v in re.findall(pattern, self.head)]
        return self.found[name]


class _Session(socketserver.StreamRequestHandler):
    def answer(self, *lines):
        for line in lines:
            self.wfile.write(line.encode() + b"\r\n")

    def handle(self):
        try:
            self.converse()
        except ConnectionError:
            pass

    def converse(self):
        sender, recipients = "", []
        self.answer("220 sink.test.example ESMTP")
        for line in self.rfile:
            verb = line[:4].upper()
            if verb == b"EHLO":
                self.answer("250-sink.test.example", "250-8BITMIME",
                            "250-ENHANCEDSTATUSCODES", "250-SIZE",
                            "250 SMTPUTF8")
            elif verb == b"QUIT":
                self.answer("221 2.0.0 bye")
                return
            elif verb == b"MAIL":
                sender, recipients = address(line), []
                self.answer("250 2.1.0 ok")
            elif verb == b"RCPT":
                recipients.append(address(line))
                self.answer("250 2.1.5 ok")
            elif verb == b"DATA":
                self.answer("354 go")
                self.server.sink.add(Delivered(sender, recipients,
                                               self.content()))
                self.answer("250 2.0.0 kept")
            else:
                self.answer("250 2.0.0 ok")

    def content(self):
        lines = []
        while True:
            line = self.rfile.readline()
            if line == b".\r\n":
                return b"".join(lines)
            if not line:
                raise ConnectionError
            lines.append(line[1:] if line.startswith(b".") else line)


def address(line):
    return line.partition(b"<")[2].partition(b">")[0].decode()


class Sink:
    """An SMTP server that takes everything; messages is the list."""

    def __init__(self, keep=True):
        self.keep = keep
        socketserver.ThreadingTCPServer.request_queue_size = 128
        self.server = socketserver.ThreadingTCPServer(("127.0.0.1", 0),
                                                      _Session)
        self.server.daemon_threads = True
        self.server.sink = self
        self.port = self.server.server_address[1]
        self.messages = []
        self.changed = threading.Condition()
        threading.Thread(target=self.server.serve_forever,
                         daemon=True).start()

    def add(self, message):
        with self.changed:
            if self.keep:
                self.messages.append(message)
            self.changed.notify_all()

    def clear(self):
        with self.changed:
            self.messages.clear()

    def wait(self, count=1, seconds=60, to=None):
        """Waits for so many messages (to a recipient) and returns them."""
        def found():
            return [m for m in self.messages
                    if to is None or to in m.recipients]
        end = time.monotonic() + seconds
        with self.changed:
            while len(found()) < count:
                left = end - time.monotonic()
                if left <= 0:
                    raise TimeoutError(
                        f"sink got {len(found())} of {count} messages")
                self.changed.wait(left)
            return found()

    def stop(self):
        self.server.shutdown()
        self.server.server_close()
