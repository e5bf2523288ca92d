"""place - Postfix and Sendmail, what takes their mail, and the daemon that
both of them ask; what cases do with these.
"""

import contextlib
import email.utils
import json
import os
import re
import shutil
import subprocess
import sys
import time

from case import Fault, check
from flow import RECIPIENT, Flow, Held, letter, sender
from mta import MTAS, TOP, Address, Unavailable, write
from nameserver import Nameserver
from postern import BUILD, Postern
from process import free_port, wait_until
from smtp import Sink

SOON = 30               # seconds for what should happen soon
CALM = 0.4              # seconds before the trouble, and after it
OPTIONS = {
    "mode": "enforce", "networks.trusted": "", "greylist.when": "never",
    "dmarc.policy": "reject", "dns.timeout": "500ms",
    "failures.dns_deadline": "1s", "store.size": "64M",
}
COMPLAINT = re.compile(r".*(?:ERROR: \w+Sanitizer|WARNING: ThreadSanitizer|"
                       r"runtime error: |: Assertion ).*")
GROWTH_KB = 48 << 10    # of anonymous memory that may stay after a case


def sanitized():
    with open(os.path.join(BUILD, "postern"), "rb") as f:
        program = f.read()
    return b"__asan_init" in program or b"__tsan_init" in program


def accepting_postfix(mta):
    with open(os.path.join(mta.config, "main.cf"), "a",
              encoding="utf-8") as f:
        f.write("\nmilter_default_action = accept\n")


def accepting_sendmail(mta):
    path = os.path.join(mta.folder, "test.cf")
    with open(path, encoding="utf-8") as f:
        text = f.read()
    write(text.replace(", F=T,", ","), path)


ACCEPTING = {"postfix": accepting_postfix, "sendmail": accepting_sendmail}


class Place:
    def __init__(self, folder, names):
        self.folder, self.address = folder, Address(port=free_port())
        self.nameserver = Nameserver()
        self.chosen = names             # of MTAs
        self.running = {}               # by whether they are accepting
        self.missing = {}               # why some cannot be run
        self.stack = contextlib.ExitStack()
        self.stack.callback(self.nameserver.stop)
        self.sanitized = sanitized()
        self.daemon = self.case = None
        self.around = contextlib.ExitStack()    # one case
        self.flows, self.runs = [], 0

    # What lasts for all cases.

    def start_mta(self, name, accepting):
        folder = os.path.join(self.folder,
                              name + ("-accepting" if accepting else ""))
        os.mkdir(folder)
        sink = Sink()
        self.stack.callback(sink.stop)
        mta = MTAS[name](folder, self.address, sink)
        mta.takes_xclient = name == "postfix"
        if accepting:
            configure = mta.configure

            def configured():
                configure()
                ACCEPTING[name](mta)
            mta.configure = configured
        mta.start()
        self.stack.callback(mta.stop)
        return mta

    def mtas(self, accepting=False):
        if accepting not in self.running:
            self.running[accepting] = found = []
            for name in self.chosen:
                try:
                    found.append(self.start_mta(name, accepting))
                except Unavailable as why:
                    self.missing[name] = str(why)
        return self.running[accepting]

    def stop(self):
        """Also in the midst of a case."""
        if self.daemon:
            self.daemon.stop()
        self.around.close()
        self.stack.close()

    # One case.

    def begin(self, case):
        self.case, self.runs = case, self.runs + 1
        self.home = os.path.join(self.folder, f"case{self.runs}")
        self.output, self.before = None, []     # a log elsewhere; a wrapper
        os.mkdir(self.home)
        shutil.copytree(os.path.join(TOP, "rules"), f"{self.home}/rules")
        self.configuration = shutil.copy(
            os.path.join(TOP, "contrib/postern.conf"), self.home)
        folder = self.path("postern")
        os.mkdir(folder)
        options = OPTIONS | case.options
        if case.prepare:
            options |= self.around.enter_context(case.prepare(self))
        # Where the log is, a preparation may have said.
        self.daemon = Postern(folder, self.address, self.configuration,
                              [f"{key}={value}" for key, value in
                               options.items()], dns=self.nameserver.address)
        self.daemon.output = self.output or self.daemon.output
        self.daemon.argv = self.before + self.daemon.argv

    def start_flows(self):
        more = {"pause": self.case.pause} if self.case.pause else {}
        self.flows = [Flow(mta, f"{self.case.name}.{mta.name}", **more)
                      for mta in self.mtas(self.case.accepting)]
        for flow in self.flows:
            flow.start()

    def end_flows(self):
        for flow in self.flows:
            flow.ending = time.monotonic()
        for flow in self.flows:
            flow.end()
        for flow in self.flows:
            self.deliver(flow)

    def deliver(self, flow):
        """Waits until what was taken is delivered, and nothing is left."""
        taken = len(flow.of(False, 2) | flow.of(True, 2))
        with contextlib.suppress(TimeoutError):
            wait_until(lambda: len(flow.arrived()) >= taken, SOON,
                       "deliveries")
            wait_until(lambda: not flow.mta.queue(), SOON, "empty queues")

    def end(self):
        """Whatever has happened, nothing is left of the case."""
        self.nameserver.mode = "well"
        status = self.daemon.stop() if self.daemon else None
        self.around.close()
        self.daemon = None
        for mta in self.mtas(self.case.accepting):
            mta.empty_queue()
            mta.sink.clear()
        self.flows = []
        shutil.rmtree(self.home, ignore_errors=True)
        return status

    # What cases do.

    def path(self, *names):
        return os.path.join(self.home, *names)

    def hold(self, count=2):
        """So many letters of each MTA that wait in the midst of DATA."""
        held = [Held(flow) for flow in self.flows for _ in range(count)]
        for h in held:
            check(h.code == 354, "DATA was answered", h.code)
        return held

    def head(self, flow, name):
        """The header of a letter that is no number's, without its end."""
        return (f"From: Anna <{sender(1)}>\r\nTo: {RECIPIENT}\r\n"
                f"Date: {email.utils.formatdate()}\r\n"
                f"Message-ID: <{name}.{flow.name}@sender.example>\r\n"
                ).encode()

    def send(self, flow, data, number=1):
        """The answer to it, from the sender of a number; 0 is none."""
        try:
            with flow.client() as client:
                return client.send(sender(number), [RECIPIENT],
                                   data).code
        except OSError:
            return 0

    def replace(self, name, text):
        """Puts a file in place at once, as operators should."""
        path = self.path(name)
        write(text, path + ".new")
        os.rename(path + ".new", path)

    def ask(self, *arguments):
        """Exit code, and output or complaint."""
        done = self.daemon.control_program(*arguments)
        return done.returncode, (done.stdout + done.stderr).decode()

    def status(self, key):
        found = re.search(rf"^{key}: (.*)$", self.ask("status")[1], re.M)
        check(found, "status tells no", key)
        return found[1]

    def generation(self):
        return self.status("generation")

    def figure(self, name, label=""):
        """A counter; of those by a label the first that has such a text."""
        found = re.search(rf"^postern_{name}(?:{{.*{label}.*}})? (\d+)$",
                          self.ask("stats")[1], re.M)
        check(found, "stats tell no", name)
        return int(found[1])

    def until(self, condition, what, seconds=SOON):
        try:
            return wait_until(condition, seconds, what)
        except TimeoutError as late:
            raise Fault(late) from None

    def notes(self, start=0):
        """What the log says besides messages, from one of its bytes on."""
        found = []
        for line in self.daemon.log()[start:].splitlines():
            try:
                found.append(json.loads(line)["note"])
            except ValueError:
                found.append(line)
            except KeyError:
                pass
        return found

    def reload(self, wanted):
        """HUP, and waits for a note that has this text; returns it."""
        start = len(self.daemon.log())
        self.daemon.reload()
        return self.until(lambda: next(
            (n for n in self.notes(start) if wanted in n), None),
            f"a note of \"{wanted}\"")

    def memory(self, key="RssAnon"):
        """In kilobytes."""
        with open(f"/proc/{self.daemon.process.pid}/status",
                  encoding="utf-8") as f:
            return int(re.search(rf"^{key}:\s+(\d+)", f.read(), re.M)[1])

    def descriptors(self):
        return len(os.listdir(f"/proc/{self.daemon.process.pid}/fd"))

    def headers(self, flow, name="X-Spam-Status"):
        """The values of a field in what arrived; None where it is not."""
        return [(message.headers(name) or [None])[0]
                for message in list(flow.mta.sink.messages)]

    def seen(self, text):
        """Whether letters of each MTA bear it in X-Spam-Status."""
        return all(any(text in (value or "") for value in self.headers(flow))
                   for flow in self.flows)

    # After a case.

    def probe(self):
        """A letter is taken and marked as looked at, a bad one refused."""
        for flow in self.flows:
            sink = flow.mta.sink
            for number, wanted in (0, 250), (7, 550):
                data = letter(number, "probe")
                self.until(lambda: self.send(flow, data, number) == wanted,
                           f"{wanted} to a probe of {flow.mta.name}")
            self.until(lambda: any(
                m.headers("X-Torture") == ["probe.0"] and
                m.headers("X-Spam-Status") for m in list(sink.messages)),
                "a probe that was looked at")

    def idle(self):
        return self.figure("in_flight") == 0 == self.figure("bytes_held")

    def complaints(self):
        return COMPLAINT.findall(self.daemon.log()) if self.daemon else []
