"""trouble_daemon - postern is killed, frozen and restarted, runs out of disk,
descriptors and memory, and the clock jumps.
"""

import contextlib
import os
import resource
import signal
import socket
import subprocess
import time

from case import case, check, need
from postern import BUILD

DAY = 24 * 3600 * 1000
JUMPS = 1, 400, -1, -400, 0     # days, from the right time
DISK = 3 << 20


def is_deferral(code):
    return code // 100 == 4


@case("4xx+250/550", short=True)
def killed_in_data(place):
    """kill -9 while letters are in the midst of DATA, three times"""
    for _ in range(3):
        held = place.hold()
        place.daemon.kill()
        for letter in held:
            letter.go_on()
            check(is_deferral(letter.code), "killed in DATA:", letter.code)
        time.sleep(0.5)
        place.daemon.start()


@case("250/550?", accepting=True, short=True)
def killed_accepting(place):
    """the same with MTAs that are told to let mail pass meanwhile"""
    held = place.hold()
    place.daemon.kill()
    for letter in held:
        letter.go_on()
        check(letter.code == 250, "killed in DATA:", letter.code)
    time.sleep(0.5)
    place.daemon.start()
    for flow in place.flows:
        place.until(lambda: None in place.headers(flow),
                    f"mail of {flow.mta.name} that was not looked at")


@case("4xx+250/550")
def absent(place):
    """ended for two seconds"""
    place.daemon.kill()
    time.sleep(2)
    place.daemon.start()


@case("4xx?+250/550")
def restarted(place):
    """stopped with TERM under load, and started, three times"""
    for _ in range(3):
        status = place.daemon.stop()
        check(status == 0, "TERM ended it with", status)
        place.daemon.start()
        time.sleep(0.3)


@case("4xx?+250/550")
def frozen(place):
    """SIGSTOP, and SIGCONT after two seconds"""
    place.daemon.process.popen.send_signal(signal.SIGSTOP)
    time.sleep(2)
    place.daemon.process.popen.send_signal(signal.SIGCONT)


@contextlib.contextmanager
def small_disk(place):
    folder = place.path("disk")
    os.mkdir(folder)
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={DISK}",
                           "tmpfs", folder], check=False,
                          capture_output=True)
    need(done.returncode == 0, "no file system can be mounted here")
    try:
        place.output = f"{folder}/log"
        os.mkdir(f"{folder}/store")
        os.symlink(f"{folder}/store", place.path("postern", "store"))
        yield {}
    finally:
        subprocess.run(["umount", "-l", folder], check=True)


def fill(path):
    """To the last byte, of which larger pieces leave some."""
    with open(path, "ab", buffering=0) as f:
        for size in (1 << 16, 1 << 9, 1):
            with contextlib.suppress(OSError):
                while f.write(b"x" * size):
                    pass


@case("250/550", prepare=small_disk, short=True)
def disk_full(place):
    """no room where the store and the log are, for two seconds"""
    held = place.hold()
    fill(place.path("disk", "filler"))
    for letter in held:
        letter.go_on()
        check(letter.code == 250, "disk full in DATA:", letter.code)
    time.sleep(2)
    os.unlink(place.path("disk", "filler"))
    check(place.daemon.process.running(), "a full disk ended it")
    judged = len(place.daemon.verdicts())
    place.until(lambda: len(place.daemon.verdicts()) > judged, "a log again")


def limit(place, what, value):
    """The soft limit; None gives back all that there may be."""
    pid = place.daemon.process.pid
    most = resource.prlimit(pid, what)[1]
    resource.prlimit(pid, what, (most if value is None else value, most))


@case("250/550", short=True)
def file_size_limit(place):
    """no file may grow any more (RLIMIT_FSIZE), the log neither"""
    limit(place, resource.RLIMIT_FSIZE, len(place.daemon.log()))
    time.sleep(1.5)
    check(place.daemon.process.running(), "a limit of files ended it")
    limit(place, resource.RLIMIT_FSIZE, None)


@case("4xx?+250/550", short=True)
def descriptors_used_up(place):
    """no descriptor is left, for three seconds"""
    before = place.generation()
    limit(place, resource.RLIMIT_NOFILE, place.descriptors() + 6)
    with contextlib.ExitStack() as stack:
        for _ in range(40):
            stack.enter_context(socket.create_connection(
                ("127.0.0.1", place.address.port), 5))
        start = len(place.daemon.log())
        place.daemon.reload()
        time.sleep(3)
    limit(place, resource.RLIMIT_NOFILE, None)
    place.until(lambda: any("generation" in n or "refused" in n
                            for n in place.notes(start)), "a reload's end")
    check(place.generation() == before, "the generation has changed")


@case("4xx?+250/550", optimised=True)
def memory_limit(place):
    """no more memory than it has (RLIMIT_AS), and a reload wants some"""
    ends = []
    end = time.monotonic() + 4
    limited = False
    while time.monotonic() < end:
        if not place.daemon.process.running():
            ends.append(place.daemon.process.popen.returncode)
            place.daemon.start()
            limited = False
        if not limited:
            limit(place, resource.RLIMIT_AS, place.memory("VmSize") << 10)
            place.daemon.reload()
            limited = True
        time.sleep(0.2)
    if not place.daemon.process.running():
        ends.append(place.daemon.process.popen.returncode)
        place.daemon.start()
    limit(place, resource.RLIMIT_AS, None)
    # Want of memory is the one reason to give up, and then by abort.
    check(set(ends) <= {-signal.SIGABRT}, "it ended with", ends)


@contextlib.contextmanager
def movable_clock(place):
    shim = os.path.join(BUILD, "test", "torture", "clock.so")
    need(os.path.exists(shim), f"{shim} is not built (make torture)")
    place.offset = place.path("offset")
    with open(place.offset, "wb") as f:
        f.write(bytes(8))
    # Of the linker's order a sanitizer would complain, harmless here.
    place.before = ["env", f"LD_PRELOAD={shim}",
                    f"TORTURE_CLOCK={place.offset}",
                    "ASAN_OPTIONS=verify_asan_link_order=0:"
                    + os.environ.get("ASAN_OPTIONS", "")]
    yield {}


def set_clock(place, days):
    with open(place.offset, "r+b", buffering=0) as f:
        f.write((days * DAY).to_bytes(8, "little", signed=True))


@case("4xx?+250/550", prepare=movable_clock, short=True, options={
    "greylist.when": "always", "greylist.delay": "1s"})
def clock_jumps(place):
    """the wall clock jumps a day and a year on, and back, and home again"""
    for days in JUMPS:
        set_clock(place, days)
        place.reload("in use")
        time.sleep(0.8)
