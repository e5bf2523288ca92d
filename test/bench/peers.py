"""peers - spamd and rspamd, private and without network, to be measured.

Both are unpacked, not installed: Debian's rspamd wants libhyperscan5, which
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
    level = "error";
}}
lang_detection {{ languages = "${{SHAREDIR}}/languages"; }}
worker "normal" {{
    .include "$CONFDIR/worker-normal.inc"
    bind_socket = "127.0.0.1:{port}";
    count = {workers};
}}
"""


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


class Peer(Filter):
    """A server with processes of its own, asked over TCP."""
    PATIENCE = PATIENCE

    def cpu(self):
        return sum(map(cpu_of, family(self.process.pid)))

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
    def __init__(self, program, port, workers, log):
        # Its workers are nobody, who may not be let into our own folder.
        self.folder = tempfile.TemporaryDirectory(prefix="postern-spamd-")
        home = self.folder.name
        os.chmod(home, 0o755)
        for path in glob.glob(PLUGINS):
            shutil.copy(path, home)
        write(f"{home}/bench.cf", "use_bayes 0\nuse_learner 0\n")
        try:
            super().__init__("spamd", [
                "/usr/bin/perl", "-T", program, "--local",
                "--nouser-config", f"--configpath={STOCK}",
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


class Rspamd(Peer):
    def __init__(self, root, state, port, workers, log):
        share = f"{root}/usr/share/rspamd"
        override = f"{state}/local/override.d"
        for folder in (f"{state}/db", override):
            os.makedirs(folder, exist_ok=True)
        for name in ASKING:
            write(f"{override}/{name}.conf", "enabled = false;\n")
        conf = write(f"{state}/rspamd.conf",
                     RSPAMD.format(port=port, workers=workers))
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
            port, log)

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
