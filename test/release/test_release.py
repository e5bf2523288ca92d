#!/usr/bin/python3
"""test_release - the tarball and the Debian package: the same bytes wherever
they are made, complete, and installed, upgraded and removed on a machine of
its own while mail flows through it.

	test_release.py [--keep FOLDER]

--keep leaves what was made in FOLDER.  Ends with "N passed, N failed, N
skipped".
"""

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(os.path.dirname(HERE), "mta")]
sys.dont_write_bytecode = True

from machine import Machine  # noqa: E402
from mta import TOP, Unavailable, read  # noqa: E402
from packages import (  # noqa: E402
    Place, commit_tree, other_locale, run, same, tree_files, version)
from process import become_root, exit_on_signals  # noqa: E402

TOOLS = ("git", "dpkg-buildpackage", "dh")
MACHINE_CASES = 1

# Where the package must bring something; all of /etc must be a conffile.
WANTED = """usr/sbin/postern usr/bin/posternctl
lib/systemd/system/postern.service lib/systemd/system/postern.socket
usr/share/bash-completion/completions/posternctl
usr/share/doc/postern/copyright usr/share/doc/postern/changelog.gz
usr/share/doc/postern/changelog.Debian.gz
usr/share/doc/postern/README.Debian
usr/share/doc/postern/main.cf.postern usr/share/doc/postern/postern.mc
etc/postern/postern.conf""".split()

count = {"passed": 0, "failed": 0, "skipped": 0}


def case(name, faults=()):
    """Counts one case; faults is what is wrong with it, perhaps nothing."""
    faults = list(faults)
    count["failed" if faults else "passed"] += 1
    for fault in faults:
        print(f"FAIL {name}: {fault}", flush=True)


def skip(name, why, cases=1):
    count["skipped"] += cases
    print(f"skipped {name}: {why}", flush=True)


def check_dist(places, repository):
    """One tarball of two clones, and what is in it."""
    tarballs = [place.make_dist(repository) for place in places]
    case("tarball twice", [] if same(*tarballs) else ["the bytes differ"])
    said = run(["sha256sum", "-c", os.path.basename(tarballs[0]) + ".sha256"],
               os.path.dirname(tarballs[0]))
    case("its SHA-256", [] if said.endswith("OK\n") else [said])
    rows = [line.split(maxsplit=5) for line in run(
        ["tar", "-tvzf", tarballs[0]], "/").splitlines()]
    case("owners", {row[1] for row in rows} - {"root/root"})
    case("modes", {row[0] for row in rows} - {
        "drwxr-xr-x", "-rw-r--r--", "-rwxr-xr-x"})
    case("dates", [] if len({(r[3], r[4]) for r in rows}) == 1 else
         ["more than one"])
    top = f"postern-{version()}/"
    found = {r[5].removeprefix(top) for r in rows if not r[0].startswith("d")}
    case("files", found ^ set(tree_files()))
    for place, tarball in zip(places, tarballs):
        place.unpack(tarball)


def check_deb(places):
    """One package of two folders, and what it brings; returns its path."""
    for place in places:
        place.make_deb()
    first, second = (place.deb() for place in places)
    case("package twice", [] if same(first, second) else
         [f"{first} and {second} differ"])
    check_contents(first, places)
    check_uninstall(places[0])
    if shutil.which("lintian"):
        # What comes as root may not be read by another user.
        said = run(["lintian", "--allow-root", "--fail-on", "none", first],
                   "/")
        case("lintian", re.findall(r"^[EWF]: .*$", said, re.M))
        print(said, end="")
    else:
        skip("lintian", "it is not installed")
    return first


def check_uninstall(place):
    """Only the configuration is left of what "make install" brings."""
    root = os.path.join(place.folder, "root")
    for target in ("install", "uninstall"):
        place.run(["make", target, f"DESTDIR={root}", "PREFIX=/usr"],
                  place.built())
    left = [os.path.join(folder, name).removeprefix(root)
            for folder, _, names in os.walk(root) for name in names]
    case("uninstall", [name for name in left
                       if not name.startswith("/etc/postern/")])
    case("what uninstall leaves", [] if "/etc/postern/postern.conf" in left
         else ["no configuration"])


def check_contents(deb, places):
    rows = [line.split(maxsplit=5) for line in run(
        ["dpkg-deb", "-c", deb], "/").splitlines()]
    files = {row[5].removeprefix("./"): row for row in rows
             if not row[0].startswith("d")}
    wanted = set(WANTED)
    wanted |= {f"usr/share/man/man{name[-1]}/{name}.gz"
               for name in os.listdir(os.path.join(TOP, "man"))}
    shipped = {name for name in tree_files() if re.fullmatch(
        r"rules/([^/]+\.cf|lists/.+|selftest/.+\.eml)", name)}
    wanted |= {f"etc/postern/{name}" for name in shipped}
    case("what it brings", wanted - set(files))
    wanted.add("usr/share/lintian/overrides/postern")
    case("what it brings besides", {
        name for name in set(files) - wanted
        if not name.startswith("usr/share/doc/postern/")})
    case("owners of files", {row[1] for row in rows} - {"root/root"})
    case("writable files", [name for name, row in files.items()
                            if "w" in row[0][4:]])
    conffiles = run(["dpkg-deb", "-I", deb, "conffiles"], "/").split()
    case("conffiles", {"/" + name for name in files
                       if name.startswith("etc/")} ^ set(conffiles))
    field = run(["dpkg-deb", "-f", deb, "Version"], "/").strip()
    case("version", [] if field.rpartition("-")[0] == version() else
         [f"{field}, but {version()} in CHANGES"])
    with open(os.path.join(places[0].built(),
                           "debian/postern/usr/sbin/postern"), "rb") as f:
        program = f.read()
    case("no folder of the builder", [place.folder for place in places
                                      if place.folder.encode() in program])


def check_machine(folder, package, successor):
    """A package's life, told by inside.py."""
    os.mkdir(folder)
    machine = Machine(folder, TOP, os.path.dirname(package),
                      os.path.dirname(successor))
    try:
        machine.start()
        done = machine.run("/usr/bin/python3", os.path.join(
            HERE, "inside.py"), package, successor,
            stdout=subprocess.PIPE, text=True, errors="replace")
    finally:
        machine.stop()
    *said, last = done.stdout.rstrip("\n").split("\n")
    print("\n".join(said))
    found = re.fullmatch(r"(\d+) passed, (\d+) failed, (\d+) skipped", last)
    if not found:
        case("machine", [last])
        return
    for name, number in zip(count, found.groups()):
        count[name] += int(number)


def installed():
    """Whether this system has Postern: then it is no place to try another."""
    return subprocess.run(["dpkg-query", "-W", "postern"], check=False,
                          capture_output=True).returncode == 0


def check_all(top):
    repository = os.path.join(top, "repository")
    os.mkdir(repository)
    commit_tree(repository)
    places = [Place(os.path.join(top, "one"), 0o022, TZ="UTC", LC_ALL="C"),
              Place(os.path.join(top, "another", "folder"), 0o077,
                    TZ="Asia/Tokyo", LC_ALL=other_locale())]
    check_dist(places, repository)
    package = check_deb(places)
    try:
        if installed():
            raise Unavailable("this system has Postern installed")
        check_machine(os.path.join(top, "machine"), package,
                      places[0].make_successor())
    except Unavailable as why:
        skip("machine", why, MACHINE_CASES)


def main():
    exit_on_signals()
    p = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    p.add_argument("--keep", metavar="FOLDER")
    arguments = p.parse_args()
    become_root(*sys.argv[1:])
    missing = [tool for tool in TOOLS if not shutil.which(tool)]
    if missing:
        skip("release", f"not installed: {' '.join(missing)} (.ci/deps deb)")
    with tempfile.TemporaryDirectory(prefix="postern-release-") as scratch:
        os.chmod(scratch, 0o755)
        top = arguments.keep or scratch
        try:
            if not missing:
                check_all(top)
        except subprocess.CalledProcessError as why:
            case("release", [f"{why}\n{why.output[-4000:]}"])
    print(", ".join(f"{n} {what}" for what, n in count.items()))
    return 1 if count["failed"] else 0


if __name__ == "__main__":
    sys.exit(main())
