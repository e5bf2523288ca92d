#!/usr/bin/python3
"""inside - what becomes of the package on a machine, and of mail meanwhile.

	inside.py PACKAGE SUCCESSOR

Runs in the machine of machine.py, where systemd runs and nothing of Postern is
installed.  Ends with "N passed, N failed, N skipped".
"""

import os
import pwd
import subprocess
import sys
import tempfile
import threading
import time
import traceback

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "mta"))
sys.dont_write_bytecode = True

from mta import Address, Postfix, read, write  # noqa: E402
from process import wait_until  # noqa: E402
from smtp import Sink, send  # noqa: E402

CONF = "/etc/postern/postern.conf"
RULES = "/etc/postern/rules"
OWN = RULES + "/90_local.cf"
SELFTEST = RULES + "/selftest/ham/reply.eml"
FOLDERS = ("/var/lib/postern", "/var/cache/postern")
UNITS = ("postern.service", "postern.socket")
PORT = 8894
CONTROL = "/run/postern/control"
UNIX = "/run/postern/postern.sock"
SECONDS = 100

CLIENT = {"ADDR": "192.0.2.9", "NAME": "[UNAVAILABLE]",
          "HELO": "mail.sender.example"}
SENDER, RECIPIENT = "anna@sender.example", "marc@test.example"
LETTER = (b"From: anna@sender.example\r\nTo: marc@test.example\r\n"
          b"Subject: a letter\r\nDate: Mon, 23 Nov 2026 12:00:00 +0000\r\n"
          b"Message-ID: <1@sender.example>\r\n\r\nNothing special.\r\n")
GTUBE = LETTER + (b"XJS*C4JDBQADN1.NSBN3*2IDNEN*GTUBE-STANDARD-ANTI-UBE-"
                  b"TEST-EMAIL*C.34X\r\n")

count = {"passed": 0, "failed": 0, "skipped": 0}


def case(name, good, why=""):
    count["passed" if good else "failed"] += 1
    if not good:
        print(f"FAIL {name}: {why}" if why else f"FAIL {name}", flush=True)


def equal(name, found, wanted):
    case(name, found == wanted, f"{found!r}, not {wanted!r}")


def run(*argv, **more):
    return subprocess.run(argv, check=False, text=True, errors="replace",
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, **more)


def dpkg(*argv):
    """As an unattended upgrade does: it asks nobody, and keeps what is ours."""
    done = run("dpkg", "--force-confdef", "--force-confold", *argv,
               env=dict(os.environ, DEBIAN_FRONTEND="noninteractive"))
    case(f"dpkg {' '.join(argv)}", done.returncode == 0, done.stdout)
    return done.stdout


def property_of(unit, name):
    return run("systemctl", "show", "-P", name, unit).stdout.strip()


def states():
    return [property_of(unit, "ActiveState") for unit in UNITS]


def serving():
    """The process, once it answers, whatever its configuration says by now."""
    wait_until(lambda: run("posternctl", "--control", CONTROL,
                           "status").returncode == 0, SECONDS, "postern")
    return int(property_of("postern.service", "MainPID"))


def user():
    try:
        return pwd.getpwnam("postern")
    except KeyError:
        return None


class Bench:
    """A Postfix that asks Postern, and what is sent through it."""

    def __init__(self, folder, address):
        os.mkdir(folder)
        self.sink = Sink()
        self.mta = Postfix(folder, address, self.sink)
        self.mta.start()

    def answer(self, data=LETTER):
        try:
            return send(self.mta.port, SENDER, [RECIPIENT], data,
                        xclient=CLIENT).code
        except OSError as why:
            return str(why)

    def mail(self, when):
        """A letter arrives with our fields, and spam is marked as such."""
        self.sink.clear()
        equal(f"letter {when}", self.answer(), 250)
        equal(f"spam {when}", self.answer(GTUBE), 250)
        letters = self.sink.wait(2, SECONDS)
        for name, wanted in (("X-Spam-Flag", [[], ["YES"]]),
                             ("X-Spam-Status", None)):
            fields = sorted(m.headers(name) for m in letters)
            case(f"{name} {when}", fields == wanted if wanted else
                 all(len(f) == 1 for f in fields), fields)

    def stop(self):
        self.mta.stop()
        self.sink.stop()


class Flow(threading.Thread):
    """Letters one after the other, and every answer they got."""

    def __init__(self, bench):
        super().__init__()
        self.bench, self.answers = bench, []
        self.done = threading.Event()

    def run(self):
        while not self.done.is_set():
            self.answers.append(self.bench.answer())

    def __enter__(self):
        self.start()
        wait_until(lambda: len(self.answers) > 2, SECONDS, "mail to flow")
        return self

    def __exit__(self, *_):
        before = len(self.answers)
        wait_until(lambda: len(self.answers) > before + 2, SECONDS,
                   "mail to flow on")
        self.done.set()
        self.join()


def listed():
    """The files that the package brought."""
    return [path for path in run("dpkg", "-L", "postern").stdout.split("\n")
            if path and not os.path.isdir(path)]


# Cases, in the order of a package's life


def without_systemd(package):
    """As in a chroot: installed and purged, nothing is started."""
    script = ("mount -t tmpfs tmpfs /run && dpkg -i \"$1\" && "
              "getent passwd postern && ls -d /var/lib/postern && "
              "postern -t && dpkg --purge postern && "
              "! getent passwd postern && ! ls -d /etc/postern")
    done = run("unshare", "--mount", "sh", "-c", script, "sh", package)
    case("without systemd", done.returncode == 0, done.stdout)


def installed(package):
    dpkg("--install", package)
    equal("states after install", states(), ["active", "active"])
    for unit in UNITS:
        equal(f"{unit} enabled", run("systemctl", "is-enabled",
                                     unit).stdout.strip(), "enabled")
    serving()
    equal("shell", user().pw_shell, "/usr/sbin/nologin")
    equal("home", user().pw_dir, "/nonexistent")
    for folder in FOLDERS:
        status = os.stat(folder)
        equal(f"{folder} owner and mode", (status.st_uid,
              oct(status.st_mode & 0o7777)), (user().pw_uid, "0o750"))
    case("store in use", os.listdir(FOLDERS[0]) != [])
    equal("the cache may be written", property_of(
        "postern.service", "CacheDirectory"), "postern")
    process = int(property_of("postern.service", "MainPID"))
    equal("runs as", os.stat(f"/proc/{process}").st_uid, user().pw_uid)
    done = run("runuser", "-u", "postern", "--", "postern", "-t")
    case("configuration as shipped", done.returncode == 0, done.stdout)
    done = run("bash", "-c", "source /usr/share/bash-completion/completions/"
               "posternctl && complete -p posternctl")
    case("completion", done.returncode == 0, done.stdout)
    done = run("systemd-analyze", "verify", *UNITS)
    equal("units", [line for line in done.stdout.split("\n")
                    if "postern" in line], [])


def scripts_again():
    """Maintainer scripts may be run any number of times."""
    before = serving()
    for argv in (["postinst", "configure"], ["postinst", "abort-remove"],
                 ["postrm", "upgrade", "0"], ["prerm", "upgrade", "0"]):
        done = run(f"/var/lib/dpkg/info/postern.{argv[0]}", *argv[1:],
                   env=dict(os.environ, DPKG_MAINTSCRIPT_NAME=argv[0],
                            DPKG_MAINTSCRIPT_PACKAGE="postern"))
        case(f"again {' '.join(argv)}", done.returncode == 0, done.stdout)
    equal("the same process", serving(), before)


def change_files():
    """What a postmaster does."""
    text = read(CONF)
    write(text.replace("required = 5\t", "required = 4.5\t"), CONF)
    case("a key was changed", read(CONF) != text)
    write(read(RULES, "20_header.cf") + "# ours\n", RULES, "20_header.cf")
    write("score MISSING_SUBJECT 0.7\n", OWN)
    os.unlink(SELFTEST)
    done = run("posternctl", "reload")
    case("reload", done.returncode == 0, done.stdout)


def upgraded(bench, successor):
    before, shipped = serving(), read(RULES, "30_content.cf")
    with Flow(bench) as flow:
        dpkg("--install", successor)
        after = serving()
    equal("answers during the upgrade", set(flow.answers), {250})
    print(f"{len(flow.answers)} messages during the upgrade")
    case("restarted", after != before, after)
    equal("the new program", os.stat(f"/proc/{after}/exe").st_ino,
          os.stat("/usr/sbin/postern").st_ino)
    equal("states after upgrade", states(), ["active", "active"])
    case("our key", "required = 4.5\t" in read(CONF))
    case("new default", read(CONF + ".dpkg-dist").endswith(
        "# of the next version\n"))
    case("our line", read(RULES, "20_header.cf").endswith("# ours\n"))
    case("new rules beside", os.path.exists(f"{RULES}/20_header.cf.dpkg-dist"))
    equal("rules we did not touch", read(RULES, "30_content.cf"),
          shipped + "# of the next version\n")
    case("own rules", os.path.exists(OWN))
    case("a removed message stays away", not os.path.exists(SELFTEST))
    done = run("posternctl", "check-config")
    case("in effect", "required = 4.5\t" in done.stdout and
         "dpkg-" not in done.stdout, done.stdout[-2000:])
    bench.mail("after the upgrade")


def refused_upgrade(bench, package):
    """A configuration that the next version refuses stops no mail."""
    before, text = serving(), read(CONF)
    write(text + "no_such_key = 1\n", CONF)
    with Flow(bench) as flow:
        said = dpkg("--install", package)
        after = serving()
    equal("answers during a refused one", set(flow.answers), {250})
    equal("still the old process", after, before)
    case("it says so", "NOT IN USE" in said and "no_such_key" in said, said)
    write(text, CONF)
    dpkg("--install", package)
    case("restarted once mended", serving() != before)


def unix_socket(folder):
    """As the socket unit describes it: Postfix is let in, restarts harm not."""
    drop = "/etc/systemd/system/postern.socket.d"
    os.makedirs(drop)
    write(f"[Socket]\nListenStream=\nListenStream={UNIX}\nSocketUser=postern\n"
          "SocketGroup=postfix\nSocketMode=0660\n", drop, "unix.conf")
    for argv in (["daemon-reload"], ["stop", "postern.service"],
                 ["restart", "postern.socket"], ["start", "postern.service"],
                 ["restart", "postern.service"]):
        done = run("systemctl", *argv)
        case(f"systemctl {' '.join(argv)}", done.returncode == 0, done.stdout)
    serving()
    bench = Bench(os.path.join(folder, "unix"), Address(path=UNIX))
    try:
        bench.mail("through a Unix socket")
        run("systemctl", "restart", "postern.service")
        bench.mail("after a restart")
    finally:
        bench.stop()
    os.unlink(os.path.join(drop, "unix.conf"))
    os.rmdir(drop)
    for argv in (["daemon-reload"], ["stop", "postern.service"],
                 ["restart", "postern.socket"], ["start", "postern.service"]):
        run("systemctl", *argv)


def removed(bench):
    """Programs go; what somebody wrote or the filter learned stays."""
    files = [path for path in listed() if not path.startswith("/etc/")]
    dpkg("--remove", "postern")
    equal("states after removal", states(), ["inactive", "inactive"])
    equal("files after removal", [p for p in files if os.path.exists(p)], [])
    for path in (CONF, OWN, *FOLDERS):
        case(f"{path} stays", os.path.exists(path))
    equal("Postfix alone", bench.answer() // 100, 4)


def purged(package):
    key = "/etc/postern/sign.pem"
    write("a key\n", key)
    dpkg("--install", package)
    os.chown(key, user().pw_uid, user().pw_gid)
    dpkg("--purge", "postern")
    case("own files stay", os.path.exists(OWN) and os.path.exists(key))
    case("a user with files stays", user() is not None)
    for path in (key, OWN):
        os.unlink(path)
    dpkg("--install", package)
    serving()
    dpkg("--purge", "postern")
    left = run("find", "/etc", "/var/lib", "/var/cache", "/usr", "/lib/systemd",
               "/run", "-xdev", "(", "-name", "*postern*", "-o", "-user",
               "postern", ")", "-not", "-path", "*/lib/dpkg/*", "-not",
               "-path", "/run/postern-*").stdout
    equal("nothing is left", [line for line in left.split("\n") if line and
                              "not the name of a known user" not in line], [])
    case("nor the user", user() is None)
    equal("nor the package", run("dpkg-query", "-W", "-f", "${db:Status-Status}",
                                 "postern").returncode, 1)


def life(package, successor):
    # In the machine, where nothing has to be cleaned up.
    folder = tempfile.mkdtemp()
    os.chmod(folder, 0o755)
    without_systemd(package)
    installed(package)
    bench = Bench(os.path.join(folder, "inet"), Address(port=PORT))
    try:
        bench.mail("as shipped")
        scripts_again()
        change_files()
        upgraded(bench, successor)
        refused_upgrade(bench, package)
        unix_socket(folder)
        removed(bench)
    finally:
        bench.stop()
    purged(package)


def main():
    start = time.monotonic()
    try:
        life(*sys.argv[1:])
    except Exception:
        count["failed"] += 1
        traceback.print_exc(limit=-3, file=sys.stdout)
        print(run("journalctl", "--no-pager", "-n", "30", "--grep",
                  "^(?!.*ended=)").stdout)
    print(f"a package's life took {time.monotonic() - start:.0f} s")
    print(", ".join(f"{n} {what}" for what, n in count.items()))
    return 1 if count["failed"] else 0


if __name__ == "__main__":
    sys.exit(main())
