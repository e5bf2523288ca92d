"""peers - spamd and rspamd, private, to be measured: asked by their own
protocols, or as milters (spamass-milter before spamd, rspamd's proxy).

They are unpacked, not installed: Debian's rspamd wants libhyperscan5, which
excludes the libvectorscan5 that Postern is built with; it runs with either.
"""
import concurrent.futures
import glob
import http.client
import os
import shutil
import socket
import tempfile
import time

from run import TICK, Failed, Filter

STOCK = "/usr/share/spamassassin"
PLUGINS = "/etc/spamassassin/*.pre"
PATIENCE = 120          # seconds for an answer, and for a start

# What asks a service of the world, or fetches its lists.
WORLDLY = ["fuzzy_check", "rspamd_update"]
# What asks the DNS or a service; all other rules stay as shipped.
ASKING = """antivirus arc asn bimi dkim dkim_signing dmarc emails
external_services fuzzy_check hfilter mx_check rbl rspamd_update spf surbl
url_redirector""".split()

RSPAMD = """.include "$CONFDIR/common.conf"
options {{
    .include "$CONFDIR/options.inc"
    pidfile = "$RUNDIR/rspamd.pid";
    dns {{ nameserver = ["127.0.0.1:53:1"]; }}
}}
logging {{
    .include "$CONFDIR/logging.inc"
    type = "console";
}}
lang_detection {{ languages = "${{SHAREDIR}}/languages"; }}
{worker}
"""
NORMAL = """worker "normal" {{
    .include "$CONFDIR/worker-normal.inc"
    bind_socket = "127.0.0.1:{0}";
    count = {1};
}}"""
# As shipped, but that each process judges by itself: no second one is asked.
PROXY = """worker "rspamd_proxy" {{
    milter = yes;
    timeout = 120s;
    bind_socket = "{0} mode=0666";
    count = {1};
    upstream "local" {{
        default = yes;
        self_scan = yes;
    }}
}}"""


def write(path, text):
    with open(path, "w") as f:
        f.write(text)
    return path


def family(pid):
    """A process and all its descendants."""
    found, waiting = [], [pid]
    while waiting:
        found.append(waiting.pop())
        for path in glob.glob(f"/proc/{found[-1]}/task/*/children"):
            try:
                with open(path) as f:
                    waiting += map(int, f.read().split())
            except OSError:
                pass
    return found


def cpu_of(pid):
    """Seconds so far, those of children that it has waited for included."""
    try:
        with open(f"/proc/{pid}/stat") as f:
            fields = f.read().rsplit(")", 1)[1].split()
    except OSError:
        return 0
    return sum(map(int, fields[11:15])) / TICK


def memory_of(pid):
    """Anonymous and file-backed kilobytes; what processes share counts in
    parts."""
    found = {}
    try:
        with open(f"/proc/{pid}/smaps_rollup") as f:
            for line in f:
                key, _, value = line.partition(":")
                if key in ("Pss_Anon", "Pss_File"):
                    found[key] = int(value.split()[0])
    except OSError:
        pass
    return found.get("Pss_Anon", 0), found.get("Pss_File", 0)


class Peer(Filter):
    """A server with processes of its own."""
    PATIENCE = PATIENCE
    LOOK = 0.5          # reading the memory of such takes milliseconds

    def processes(self):
        return family(self.process.pid)

    def cpu(self):
        return sum(map(cpu_of, self.processes()))

    def memory(self):
        return tuple(map(sum, zip(*map(memory_of, self.processes()))))

    def judge(self, message):
        """What the server answers about a message."""
        raise NotImplementedError

    def run(self, messages, count, connections):
        """Judges count messages, going round; seconds of CPU, and rate."""
        before, start = self.cpu(), time.monotonic()
        with concurrent.futures.ThreadPoolExecutor(connections) as pool:
            for _ in pool.map(self.judge, (messages[i % len(messages)]
                                           for i in range(count))):
                pass
        return {"cpu": (self.cpu() - before) / count,
                "rate": count / (time.monotonic() - start)}


class Spamd(Peer):
    """Without Bayes: it has not been taught.  more goes into its local.cf."""

    def __init__(self, program, port, workers, log, local=True, more=""):
        # Its workers are nobody, who may not be let into our own folder.
        self.folder = tempfile.TemporaryDirectory(prefix="postern-spamd-")
        home = self.folder.name
        os.chmod(home, 0o755)
        for path in glob.glob(PLUGINS):
            shutil.copy(path, home)
        write(f"{home}/bench.cf", f"use_bayes 0\nuse_learner 0\n{more}")
        try:
            super().__init__("spamd", [
                "/usr/bin/perl", "-T", program,
                *(["--local"] if local else []), "--nouser-config", f"--configpath={STOCK}",
                f"--siteconfigpath={home}", f"--helper-home-dir={home}",
                f"--listen=127.0.0.1:{port}", f"--min-children={workers}",
                f"--max-children={workers}", f"--min-spare={workers}",
                f"--max-spare={workers}", "--syslog=null"], port, log)
        except Failed:
            self.folder.cleanup()
            raise

    def stop(self):
        super().stop()
        self.folder.cleanup()

    def judge(self, message):
        with socket.create_connection(("127.0.0.1", self.place),
                                      PATIENCE) as s:
            s.sendall(b"SYMBOLS SPAMC/1.5\r\nContent-length: %d\r\n\r\n"
                      % len(message) + message)
            s.shutdown(socket.SHUT_WR)
            answer = b"".join(iter(lambda: s.recv(65536), b""))
        if not answer.startswith(b"SPAMD/1.1 0 "):
            raise Failed(f"spamd answered {answer[:80]!r}")
        return answer.decode("latin-1")


class SpamassMilter(Peer):
    """What asks that spamd; both count.  It calls spamc for each message."""

    def __init__(self, program, place, spamd, log):
        self.spamd = spamd
        super().__init__("spamd", [
            program, "-p", place, "--", "-d", "127.0.0.1", "-p",
            str(spamd.place)], place, log)

    def processes(self):
        return super().processes() + self.spamd.processes()

    def stop(self):
        super().stop()
        self.spamd.stop()


class Rspamd(Peer):
    """place is a port, for HTTP, or the path of a milter's socket; files are
    more of its configuration, by their names below local.d."""

    def __init__(self, root, state, place, workers, log, off=ASKING, files=()):
        share = f"{root}/usr/share/rspamd"
        override, local = (f"{state}/local/{part}.d" for part in
                           ("override", "local"))
        for folder in (f"{state}/db", override, local):
            os.makedirs(folder, exist_ok=True)
        for name in off:
            write(f"{override}/{name}.conf", "enabled = false;\n")
        for name, text in dict(files).items():
            write(f"{local}/{name}", text)
        worker = NORMAL if isinstance(place, int) else PROXY
        conf = write(f"{state}/rspamd.conf",
                     RSPAMD.format(worker=worker.format(place, workers)))
        places = {"CONFDIR": f"{root}/etc/rspamd", "SHAREDIR": share,
                  "LOCAL_CONFDIR": f"{state}/local", "DBDIR": f"{state}/db",
                  "RULESDIR": f"{share}/rules", "WWWDIR": f"{share}/www",
                  "LUALIBDIR": f"{share}/lualib", "RUNDIR": state,
                  "PLUGINSDIR": f"{share}/plugins", "LOGDIR": state}
        libraries = glob.glob(f"{root}/usr/lib/rspamd") + \
            glob.glob(f"{root}/usr/lib/*-linux-gnu")
        super().__init__("rspamd", [
            "/usr/bin/env", "LD_LIBRARY_PATH=" + ":".join(libraries),
            f"{root}/usr/bin/rspamd", "--no-fork", "--insecure",
            "--config", conf,
            *(f"--var={key}={value}" for key, value in places.items())],
            place, log)

    def judge(self, message):
        connection = http.client.HTTPConnection("127.0.0.1", self.place,
                                                timeout=PATIENCE)
        connection.request("POST", "/checkv2", message,
                           {"Ip": "192.0.2.77", "From": "x@sender.example",
                            "Helo": "mail.sender.example",
                            "Hostname": "mail.sender.example"})
        response = connection.getresponse()
        answer = response.read().decode("latin-1")
        connection.close()
        if response.status != 200 or '"symbols"' not in answer:
            raise Failed(f"rspamd answered {response.status} {answer[:80]}")
        return answer
