"""redis - a private Redis, and a way to it that can be made slow or cut."""

import os
import shutil
import socket
import subprocess
import threading
import time

from case import Skip
from process import Process, free_port, wait_until

START_SECONDS = 20
CHUNK = 65536


class Redis:
    """Keeps what it is told to save; folder must exist."""

    def __init__(self, folder):
        if not shutil.which("redis-server"):
            raise Skip("redis-server is not installed (make deps)")
        self.folder, self.port = folder, free_port()
        self.process = None

    def launch(self, *more):
        with open(os.path.join(self.folder, "output"), "ab") as out:
            self.process = Process(
                ["redis-server", "--port", str(self.port), "--bind",
                 "127.0.0.1", "--save", "", "--dir", self.folder,
                 "--maxmemory-policy", "noeviction",
                 "--enable-debug-command", "local", *more],
                stdout=out, stderr=subprocess.STDOUT)

    def start(self, *more):
        self.launch(*more)
        wait_until(lambda: self.say("PING") == "+PONG", START_SECONDS,
                   "Redis to start")

    def say(self, words):
        """The first line of what it answers, or nothing."""
        try:
            with socket.create_connection(("127.0.0.1", self.port), 5) as s:
                s.sendall(words.encode() + b"\r\n")
                return s.makefile().readline().strip()
        except OSError:
            return ""

    def signal(self, number):
        self.process.popen.send_signal(number)

    def kill(self):
        self.process.kill(strays=False)

    def stop(self):
        if self.process:
            self.kill()


class Proxy:
    """delay is in seconds and for each chunk; cut lets nothing through."""

    def __init__(self, port):
        self.server, self.delay, self.cut = port, 0, False
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
                server = socket.create_connection(
                    ("127.0.0.1", self.server), 5)
                server.settimeout(None)
            except ConnectionRefusedError:
                client.close()
                continue
            except OSError:
                return
            for pair in (client, server), (server, client):
                pair[1].setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                threading.Thread(target=self.carry, args=pair,
                                 daemon=True).start()

    def carry(self, come, go):
        try:
            while chunk := come.recv(CHUNK):
                time.sleep(self.delay)
                while self.cut:
                    time.sleep(0.02)
                go.sendall(chunk)
        except OSError:
            pass
        for s in come, go:
            try:
                s.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def stop(self):
        self.cut = False
        self.listener.close()
