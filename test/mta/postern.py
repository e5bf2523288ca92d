"""postern - the daemon under test, as an administrator would start it."""

import json
import os
import signal
import subprocess

from mta import TOP
from process import Process, wait_until

BUILD = os.path.join(TOP, os.environ.get("BUILD", "build"))
START_SECONDS = 30


class Postern:
    """folder must exist and be empty; options are section.key=value.

    dns is the one server that is asked; without it there is no DNS, for no
    test may depend on a network.
    """

    def __init__(self, folder, address, configuration, options=(), dns=None):
        self.folder, self.address = folder, address
        self.control = os.path.join(folder, "control")
        self.output = os.path.join(folder, "log")
        self.process = None
        # It stays root, as whom the tests run; Postfix asks as its own user.
        settings = (f"daemon.listen={address.postern}",
                    "daemon.listen_mode=0666", "daemon.user=",
                    f"daemon.control={self.control}",
                    f"store.path={folder}/store",
                    "log.to=stderr", "log.format=json",
                    # "make check" gives all its programs one folder.
                    "rules.cache=" + os.environ.get("RULES_CACHE", ""),
                    *options)
        settings += ((f"dns.forwarders={dns}", "dns.local_zones=yes") if dns
                     else ("dns.enabled=no",))
        self.argv = [os.path.join(BUILD, "postern"), "-c", configuration]
        for setting in settings:
            self.argv += ["-o", setting]

    def start(self):
        os.makedirs(os.path.join(self.folder, "store"), exist_ok=True)
        with open(self.output, "ab") as out:
            self.process = Process(self.argv, stdout=out, stderr=out)
        try:
            wait_until(self.answers, START_SECONDS, "postern to answer")
        except BaseException:
            self.stop()
            raise

    def answers(self):
        if not self.process.running():
            raise RuntimeError(f"postern ended at once:\n{self.log()}")
        return self.control_program("status").returncode == 0

    def control_program(self, *arguments):
        return subprocess.run(
            [os.path.join(BUILD, "posternctl"), "--control", self.control,
             *arguments], stdin=subprocess.DEVNULL, capture_output=True,
            timeout=START_SECONDS)

    def log(self):
        with open(self.output, encoding="utf-8", errors="replace") as f:
            return f.read()

    def verdicts(self):
        """The log's records of judged messages, oldest first."""
        found = []
        for line in self.log().splitlines():
            try:
                record = json.loads(line)
            except ValueError:
                continue
            if "action" in record and record["ended"] != "aborted":
                found.append(record)
        return found

    def reload(self):
        self.process.popen.send_signal(signal.SIGHUP)

    def kill(self):
        """As a crash or the memory killer would end it."""
        self.process.kill(strays=False)
        self.process = None

    def stop(self):
        """Returns the exit status."""
        if self.process:
            status = self.process.stop(strays=False)
            self.process = None
            return status
        return None
