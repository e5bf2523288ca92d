"""process - children that cannot outlive the test that started them.

Each child leads a session of its own, so that stopping it stops all that it
started.  What leaves that session, as deliveries of Sendmail do, becomes a
child of this program when its parent ends, and is found by that.  Should this
program itself be killed, a guard that sees its pipe closed ends the children.
Processes are started and stopped by the main thread alone.
"""

import contextlib
import ctypes
import os
import shutil
import signal
import socket
import subprocess
import sys
import time

PR_SET_CHILD_SUBREAPER = 36
CLONE_NEWUTS = 0x04000000
STOP_SECONDS = 10

_libc = ctypes.CDLL(None, use_errno=True)
_libc.prctl(PR_SET_CHILD_SUBREAPER, 1)
_ours = set()


def _guard(pipe):
    """Reads the numbers of sessions: new ones, and negated, ended ones."""
    os.setsid()
    for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
        signal.signal(number, signal.SIG_IGN)
    sessions = set()
    with os.fdopen(pipe) as lines:
        for pid in map(int, lines):
            sessions.symmetric_difference_update({abs(pid)})
    for pid in sessions:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(pid, signal.SIGKILL)


def _start_guard():
    """Returns the end of the pipe that nobody else holds."""
    out, into = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            os.close(into)
            _guard(out)
        finally:
            os._exit(0)
    os.close(out)
    _ours.add(pid)
    return into


_guarded = _start_guard()


def _take_hostname(name):
    """For this process alone; where the kernel forbids it, not at all."""
    if _libc.unshare(CLONE_NEWUTS) == 0:
        socket.sethostname(name)


class Process:
    def __init__(self, argv, hostname=None, **options):
        def prepare():
            if hostname:
                _take_hostname(hostname)
        options.setdefault("stdin", subprocess.DEVNULL)
        self.popen = subprocess.Popen(argv, start_new_session=True,
                                      preexec_fn=prepare, **options)
        self.pid = self.popen.pid
        _ours.add(self.pid)
        os.write(_guarded, b"%d\n" % self.pid)

    def running(self):
        return self.popen.poll() is None

    def signal_group(self, number):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.pid, number)

    def stop(self, strays=True):
        """SIGTERM, then SIGKILL for whoever is left; returns exit status."""
        if self.running():
            self.popen.terminate()
            try:
                self.popen.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                pass
        self.kill(strays)
        return self.popen.returncode

    def kill(self, strays=True):
        """strays is False while mail may be on its way."""
        self.signal_group(signal.SIGKILL)
        self.popen.wait()
        if self.pid in _ours:
            os.write(_guarded, b"-%d\n" % self.pid)
            _ours.remove(self.pid)
        if strays:
            kill_strays()


def children():
    """Process ids of this program's children."""
    for name in os.listdir("/proc"):
        try:
            with open(f"/proc/{int(name)}/stat", encoding="latin-1") as f:
                parent = f.read().rpartition(")")[2].split()[1]
        except (ValueError, OSError):
            continue
        if int(parent) == os.getpid():
            yield int(name)


def kill_strays():
    """Only from the main thread, which alone starts processes."""
    while True:
        strays = set(children()) - _ours
        if not strays:
            return
        for pid in strays:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)


def become_root(*arguments):
    """Starts this program anew through sudo, where that asks nothing."""
    def may():
        return subprocess.run(["sudo", "-n", "true"], check=False,
                              stdin=subprocess.DEVNULL,
                              stderr=subprocess.DEVNULL).returncode == 0
    if os.getuid() != 0 and shutil.which("sudo") and may():
        kept = [f"{k}={os.environ[k]}" for k in (
            "BUILD", "RULES_CACHE", "ASAN_OPTIONS", "UBSAN_OPTIONS",
            "TSAN_OPTIONS") if k in os.environ]
        os.execvp("sudo", ["sudo", "-n", "env", *kept, sys.executable,
                           *sys.argv[:1], *arguments])


def exit_on_signals():
    """Makes SIGTERM and SIGHUP unwind the stack, as Ctrl-C does."""
    def leave(number, _frame):
        raise SystemExit(128 + number)
    signal.signal(signal.SIGTERM, leave)
    signal.signal(signal.SIGHUP, leave)


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def wait_until(condition, seconds, what):
    """Returns the first true value of condition()."""
    end = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise TimeoutError(f"waited {seconds} s for {what}")
        time.sleep(0.02)
