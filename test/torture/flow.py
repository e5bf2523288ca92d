"""flow - numbered letters that several connections hand to one MTA, each over
and over until it is taken, and the account of what became of them.

Every eighth letter has to be refused.  A letter that is answered 4xx, or not
at all, is sent again a little later, as any MTA would, only sooner.
"""

import collections
import email.utils
import heapq
import socket
import threading
import time

from smtp import Client, stuffed

CONNECTIONS = 4         # to one MTA
LETTERS = 5             # of one connection
DOMAINS = 64            # that they are sent from; each is a stranger once
PAUSE = 0.01            # seconds between two letters of one connection
AGAIN = 0.3             # seconds until the next try, more each time
AGAIN_MOST = 2
WAITING = 24            # to be sent again; more are not begun
GIVE_UP = 60            # seconds after the trouble; then it is not taken
REPLY_SECONDS = 45      # then nothing is coming any more
STRANGER = {"ADDR": "203.0.113.25", "NAME": "mail.sender.example"}
RECIPIENT = "marc@test.example"
GTUBE = "XJS*C4JDBQADN1.NSBN3*2IDNEN*GTUBE-STANDARD-ANTI-UBE-TEST-EMAIL*C.34X"
HTML = """--cut
Content-Type: text/plain; charset=utf-8

Nothing special here, see https://www.sender.example/letter.
--cut
Content-Type: text/html; charset=utf-8

<html><body><p>Nothing <b>special</b> here, see <a
href="https://www.sender.example/letter">the letter</a>.</body></html>
--cut--
"""
LARGE = "All work and no play makes a letter of some size.\n" * 4000


def is_bad(number):
    return number % 8 == 7


def sender(number):
    return f"anna@sender{number % DOMAINS}.example"


def letter(number, name):
    """Its bytes; what it is depends on its number alone."""
    kind, body = "text/plain", "Nothing special here.\n"
    if is_bad(number):
        body = GTUBE + "\n"
    elif number % 10 == 4:
        body = LARGE
    elif number % 3 == 1:
        kind, body = "multipart/alternative; boundary=cut", HTML
    return (f"From: Anna <{sender(number)}>\nTo: {RECIPIENT}\n"
            f"Subject: letter {number}\nDate: {email.utils.formatdate()}\n"
            f"Message-ID: <{name}.{number}@sender.example>\n"
            f"X-Torture: {name}.{number}\nMIME-Version: 1.0\n"
            f"Content-Type: {kind}\n\n{body}").replace("\n", "\r\n").encode()


class Held:
    """A good letter that stops in the midst of DATA until it is let go on."""

    def __init__(self, flow):
        self.flow, self.number = flow, flow.new_number(True)
        self.bytes = stuffed(letter(self.number, flow.name))
        self.client = flow.client()
        envelope = self.client.envelope(sender(self.number), [RECIPIENT])
        if envelope.code == 250:
            envelope = self.client.command("DATA")
        self.code = envelope.code
        if self.code == 354:
            self.client.socket.sendall(self.bytes[:-40])

    def go_on(self):
        if self.code == 354:
            try:
                self.client.socket.sendall(self.bytes[-40:])
                self.code = self.client.reply("end").code
            except OSError:
                self.code = 0
        self.client.hang_up()
        self.flow.note(self.number, self.code)


class Flow:
    def __init__(self, mta, name, pause=PAUSE):
        self.mta, self.name, self.pause = mta, name, pause
        self.answers = collections.defaultdict(list)
        self.lock = threading.Lock()
        self.count = 0
        self.waiting = []               # (when, number) to be sent again
        self.open = set()               # what has had no final answer
        self.ending = None              # when no more should be given
        self.threads = [threading.Thread(target=self.work, daemon=True)
                        for _ in range(CONNECTIONS)]

    def start(self):
        for thread in self.threads:
            thread.start()

    def client(self):
        c = Client(self.mta.port, timeout=REPLY_SECONDS,
                   xclient=STRANGER if self.mta.takes_xclient else None)
        c.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return c

    def new_number(self, good=False):
        with self.lock:
            while good and is_bad(self.count):
                self.count += 1
            number, self.count = self.count, self.count + 1
            self.open.add(number)
            return number

    def take(self):
        """The next number to be sent, or None if there is none now."""
        with self.lock:
            if self.waiting and self.waiting[0][0] <= time.monotonic():
                return heapq.heappop(self.waiting)[1]
            if self.ending or len(self.waiting) >= WAITING:
                return None
        return self.new_number()

    def note(self, number, code):
        """code is 0 where there was no answer."""
        with self.lock:
            self.answers[number].append(code)
            if code // 100 in (2, 5):
                self.open.discard(number)
                return
            pause = min(AGAIN * len(self.answers[number]), AGAIN_MOST)
            heapq.heappush(self.waiting, (time.monotonic() + pause, number))

    def over(self):
        with self.lock:
            return self.ending is not None and (
                not self.open or time.monotonic() > self.ending + GIVE_UP)

    def work(self):
        while not self.over():
            try:
                with self.client() as client:
                    self.send_some(client)
            except OSError:
                time.sleep(AGAIN)

    def send_some(self, client):
        for _ in range(LETTERS):
            number = self.take()
            if number is None:
                time.sleep(0.05)
                return
            code = 0
            try:
                code = client.send(sender(number), [RECIPIENT],
                                   letter(number, self.name)).code
            finally:
                self.note(number, code)
            time.sleep(self.pause)

    def end(self):
        """Waits until all have had their final answers."""
        self.ending = time.monotonic()
        for thread in self.threads:
            thread.join()

    def of(self, bad, *hundreds):
        """Numbers of one kind that had such an answer."""
        return {n for n, codes in self.answers.items() if is_bad(n) == bad
                and any(code // 100 in hundreds for code in codes)}

    def arrived(self):
        """How often each number came to the sink."""
        found = collections.Counter()
        for message in list(self.mta.sink.messages):
            for value in message.headers("X-Torture"):
                name, _, number = value.rpartition(".")
                if name == self.name:
                    found[int(number)] += 1
        return found
