"""mta - private instances of Postfix and Sendmail in a folder of their own.

Both listen on a free port of 127.0.0.1, relay everything to a sink, and ask
postern by the lines under contrib/, taken as they are.  The MTA of the system
and its files are not touched.
"""

import json
import os
import pwd
import shutil
import subprocess

from process import Process, free_port, wait_until
from smtp import Client

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.dirname(os.path.dirname(HERE))
UNPACKED = os.path.join(TOP, "build", "mta")	# by .ci/deps
START_SECONDS = 100


class Unavailable(Exception):
    """This MTA cannot be run here, and why."""


class Address:
    """Where postern listens, as each side writes it."""

    def __init__(self, path=None, port=None):
        self.path, self.port = path, port
        if path:
            self.postern = self.postfix = self.sendmail = f"unix:{path}"
        else:
            self.postern = self.sendmail = f"inet:{port}@127.0.0.1"
            self.postfix = f"inet:127.0.0.1:{port}"

    def __str__(self):
        return "unix" if self.path else "inet"


def read(*path):
    with open(os.path.join(*path), encoding="utf-8") as f:
        return f.read()


def write(text, *path):
    with open(os.path.join(*path), "w", encoding="utf-8") as f:
        f.write(text)


def replaced(text, settings):
    """main.cf with these settings in place of what it says of them.  Merely
    appended, each would be a warning of each process at its start, and so many
    fill the log's socket before postlogd reads it: it then waits for itself.
    """
    kept = [line for line in text.splitlines()
            if line.partition("=")[0].strip() not in settings]
    return "\n".join([*kept, *map(" = ".join, settings.items()), ""])


class Mta:
    """What both have in common.  folder must exist and be empty."""

    def __init__(self, folder, address, sink):
        if os.getuid() != 0:
            raise Unavailable("an MTA starts only as root")
        self.folder, self.address, self.sink = folder, address, sink
        self.port = free_port()
        self.process = None
        os.chmod(folder, 0o755)

    def fill(self, text, **more):
        values = dict(DIR=self.folder, PORT=self.port, SINK=self.sink.port,
                      **more)
        for name, value in values.items():
            text = text.replace(f"@{name}@", str(value))
        return text

    def launch(self, argv, **options):
        with open(os.path.join(self.folder, "output"), "wb") as out:
            self.process = Process(argv, stdout=out, stderr=out, **options)
        try:
            wait_until(self.greets, START_SECONDS, f"{self.name} to start")
        except BaseException:
            self.stop()
            raise

    def greets(self):
        if not self.process.running():
            raise Unavailable(f"{self.name} ended at once:\n{self.log()}")
        try:
            with Client(self.port, timeout=START_SECONDS) as c:
                return c.greeting.code
        except ConnectionError:
            return 0

    def stop(self):
        if self.process:
            self.process.stop()
            self.process = None


class Postfix(Mta):
    name = "postfix"

    def __init__(self, folder, address, sink):
        super().__init__(folder, address, sink)
        unpacked = os.path.join(UNPACKED, "postfix")
        self.root = unpacked if os.path.isdir(unpacked) else ""
        self.config = os.path.join(folder, "etc")
        self.environment = dict(os.environ, MAIL_CONFIG=self.config)
        if self.root:
            self.environment["LD_LIBRARY_PATH"] = (
                self.root + "/usr/lib/postfix")
        if not os.path.exists(self.program("postfix")):
            raise Unavailable("Postfix is not installed (make deps)")

    def program(self, name):
        return f"{self.root}/usr/sbin/{name}"

    def configure(self):
        for name in ("etc", "queue", "data"):
            os.mkdir(os.path.join(self.folder, name))
        owner = pwd.getpwnam("postfix")
        os.chown(os.path.join(self.folder, "data"), owner.pw_uid, owner.pw_gid)
        parts = (read(HERE, "postfix/main.cf.in"),
                 read(TOP, "contrib/postfix/main.cf.postern"),
                 read(HERE, "postfix/limits.cf.in"))
        main = self.fill("\n".join(parts), ROOT=self.root)
        write(replaced(main, {"postern_milter": self.address.postfix}),
              self.config, "main.cf")
        write(self.fill(read(HERE, "postfix/master.cf.in")),
              self.config, "master.cf")
        if self.root:
            shutil.copy(self.root + "/usr/share/postfix/dynamicmaps.cf",
                        self.root + "/etc/postfix/dynamicmaps.cf")

    def start(self):
        self.configure()
        self.run("postfix", "check")
        # "postfix start-fg" would put the master into a session of its own,
        # out of reach; -d keeps it in the foreground.
        self.launch([self.root + "/usr/lib/postfix/sbin/master", "-d",
                     "-c", self.config], env=self.environment)

    def run(self, name, *arguments, **options):
        return subprocess.run(
            [self.program(name), *arguments], env=self.environment, check=True,
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
            **options).stdout

    def log(self):
        text = read(self.folder, "output")
        if os.path.exists(os.path.join(self.folder, "maillog")):
            text += read(self.folder, "maillog")
        return text

    def queue(self):
        """[(queue id, held)] of what has not been delivered."""
        rows = map(json.loads, self.run("postqueue", "-j").splitlines())
        return [(r["queue_id"], r["queue_name"] == "hold") for r in rows]

    def held(self):
        return [name for name, held in self.queue() if held]

    def empty_queue(self):
        self.run("postsuper", "-d", "ALL")

    def submit(self, sender, recipient, data):
        """Hands in a message as local programs do."""
        self.run("sendmail", "-i", "-f", sender, recipient, input=data)


class Sendmail(Mta):
    name = "sendmail"

    def __init__(self, folder, address, sink):
        super().__init__(folder, address, sink)
        self.root = os.path.join(UNPACKED, "sendmail")
        self.program = self.root + "/usr/libexec/sendmail/sendmail"
        self.spool = os.path.join(folder, "mqueue")
        if not os.path.exists(self.program):
            raise Unavailable("Sendmail is not unpacked (make deps)")

    def configure(self):
        os.mkdir(self.spool, 0o700)
        write("hosts files\naliases files\n", self.folder, "service.switch")
        write(self.fill(
            read(HERE, "sendmail/test.mc.in"), MILTER=self.address.sendmail,
            SNIPPET=os.path.join(TOP, "contrib/sendmail/postern.mc")),
            self.folder, "test.mc")
        cf = self.root + "/usr/share/sendmail/cf"
        with open(os.path.join(self.folder, "test.cf"), "wb") as out:
            subprocess.run(["m4", f"-D_CF_DIR_={cf}/", f"{cf}/m4/cf.m4",
                            os.path.join(self.folder, "test.mc")],
                           stdout=out, stderr=subprocess.DEVNULL, check=True)

    def start(self):
        self.configure()
        # A host name without a dot, or slow DNS, would hold it up for more
        # than a minute.
        environment = dict(os.environ, RES_OPTIONS="timeout:1 attempts:1")
        self.launch([self.program, "-C", self.folder + "/test.cf", "-bD",
                     "-q1m", "-X", self.folder + "/traffic"],
                    hostname="mx.test.example", env=environment)

    def log(self):
        """Sendmail's own log is syslog's; its dialogues say more."""
        text = read(self.folder, "output")
        path = os.path.join(self.folder, "traffic")
        if os.path.exists(path):
            with open(path, encoding="utf-8", errors="replace") as f:
                text += f.read()
        return text

    def queue(self):
        return [(n[2:], n.startswith("hf")) for n in os.listdir(self.spool)
                if n.startswith(("qf", "hf"))]

    def held(self):
        return [name for name, held in self.queue() if held]

    def empty_queue(self):
        for name in os.listdir(self.spool):
            os.unlink(os.path.join(self.spool, name))


MTAS = {"postfix": Postfix, "sendmail": Sendmail}
