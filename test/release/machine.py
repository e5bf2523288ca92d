"""machine - this system once more, with systemd, to install packages in.

A copy on write of the root folder, in namespaces of its own: what is done there
is gone with it, and it has no network but loopback.  systemd starts nothing
there but what is asked for.  Its programs are those of the system it runs on.
"""

import contextlib
import os
import shutil
import subprocess

from mta import Unavailable
from process import Process, wait_until

BOOT_SECONDS = 100
TOOLS = ("unshare", "nsenter", "pivot_root", "ip")

# Units that would touch what the kernel has but once, or that a copy of a
# running system has no use for.
MASKED = """systemd-sysctl systemd-modules-load systemd-binfmt systemd-udevd
systemd-udev-trigger systemd-remount-fs systemd-tmpfiles-setup-dev
systemd-tmpfiles-setup systemd-tmpfiles-clean
systemd-random-seed systemd-machine-id-commit systemd-timesyncd
systemd-update-utmp""".split()

TARGET = """[Unit]
Description=A machine for tests
Requires=basic.target
After=basic.target
"""

# $1 is the folder for it, the others are what it shall see of this system.
SCRIPT = """set -e
top=$1; shift
mount --make-rprivate /
mount -t tmpfs tmpfs "$top"
mkdir "$top/upper" "$top/spare" "$top/root"
root=$top/root
mount -t overlay overlay -o \
    "lowerdir=/,upperdir=$top/upper,workdir=$top/spare" "$root"
# An image for containers has one, so that packages start nothing.
rm -f "$root/usr/sbin/policy-rc.d"
mount -t proc proc "$root/proc"
mount --bind "$root/proc/sys" "$root/proc/sys"
mount -o remount,bind,ro "$root/proc/sys"
mount -t sysfs -o ro sysfs "$root/sys"
mount -t cgroup2 cgroup2 "$root/sys/fs/cgroup"
mount -t tmpfs -o mode=755 tmpfs "$root/run"
mount -t tmpfs -o mode=755 tmpfs "$root/dev"
for name in null zero full random urandom tty; do
	touch "$root/dev/$name"
	mount --bind "/dev/$name" "$root/dev/$name"
done
mkdir "$root/dev/shm" "$root/dev/pts" "$root/mnt/outside"
mount -t tmpfs -o mode=1777 tmpfs "$root/dev/shm"
ln -s /proc/self/fd "$root/dev/fd"
ln -s pts/ptmx "$root/dev/ptmx"
for folder; do
	mkdir -p "$root$folder"
	mount --bind "$folder" "$root$folder"
	mount -o remount,bind,ro "$root$folder"
done
ip link set lo up
units=$root/etc/systemd/system
rm -rf "$units"
mkdir -p "$units"
printf '%s' "$TARGET" > "$units/machine.target"
for unit in $MASKED; do
	ln -s /dev/null "$units/$unit.service"
done
cd "$root"
pivot_root . mnt/outside
cd /
umount -l mnt/outside
exec env -i container=machine PATH=/usr/sbin:/usr/bin:/sbin:/bin \
    /lib/systemd/systemd --system --unit=machine.target --log-target=null \
    --show-status=no
"""


def cgroups():
    """Where the second version of cgroups is mounted."""
    with open("/proc/self/mounts", encoding="utf-8") as f:
        for line in f:
            words = line.split()
            if words[2] == "cgroup2":
                return words[1]
    raise Unavailable("no cgroup2 is mounted")


def remove_cgroup(folder):
    """With those inside it; nobody may be left in them."""
    for path, _, _ in os.walk(folder, topdown=False):
        os.rmdir(path)


class Machine:
    """folder must exist and be empty; shown are folders to be read there."""

    def __init__(self, folder, *shown):
        if os.getuid() != 0:
            raise Unavailable("only root can make one")
        for tool in TOOLS:
            if not shutil.which(tool):
                raise Unavailable(f"{tool} is not installed")
        if not os.path.exists("/lib/systemd/systemd"):
            raise Unavailable("systemd is not installed")
        self.folder, self.shown = folder, shown
        self.cgroup = os.path.join(cgroups(), f"postern-{os.getpid()}")
        self.process = self.init = None

    def start(self):
        try:
            os.mkdir(self.cgroup)
        except OSError as why:
            raise Unavailable(f"no cgroup can be made: {why}") from why
        enter = ('echo $$ > "$0/cgroup.procs" && exec unshare --mount --pid '
                 '--fork --kill-child --net --uts --ipc --cgroup sh -c "$@"')
        log = os.path.join(self.folder, "log")
        with open(log, "wb") as out:
            self.process = Process(
                ["sh", "-c", enter, self.cgroup, SCRIPT, "sh", self.folder,
                 *self.shown], stdout=out, stderr=out,
                env=dict(os.environ, TARGET=TARGET, MASKED=" ".join(MASKED)))
        try:
            wait_until(self.runs, BOOT_SECONDS, "the machine to start")
        except (TimeoutError, ChildProcessError) as why:
            self.stop()
            with open(log, encoding="utf-8", errors="replace") as f:
                raise Unavailable(f"{why}: {f.read().strip()}") from why

    def runs(self):
        if not self.process.running():
            raise ChildProcessError("a copy of this system cannot be started")
        with open(f"/proc/{self.process.pid}/task/{self.process.pid}/children",
                  encoding="ascii") as f:
            child = f.read().split()
        if not child:
            return False
        self.init = child[0]
        return self.run("systemctl", "is-active", "--quiet", "machine.target",
                        stderr=subprocess.DEVNULL).returncode == 0

    def run(self, *argv, **options):
        options.setdefault("stdin", subprocess.DEVNULL)
        return subprocess.run(
            ["nsenter", "--target", self.init, "--all", "--root", "--wd",
             *argv], check=False, **options)

    def stop(self):
        if self.process:
            self.process.kill()
            self.process = None
            wait_until(self.empty, BOOT_SECONDS, "the machine to be gone")
        with contextlib.suppress(FileNotFoundError):
            remove_cgroup(self.cgroup)

    def empty(self):
        """A process that ends leaves its group a little later."""
        with open(os.path.join(self.cgroup, "cgroup.events"),
                  encoding="ascii") as f:
            return "populated 0" in f.read()
