"""packages - tarball and Debian package, each made twice in different places.

What is released is the tree as it stands, committed to a repository of the
test's own.
"""

import os
import shutil
import subprocess

from mta import TOP, read, write

DATE = "2026-11-23T12:00:00+00:00"
COMMITTER = {f"GIT_{who}_{what}": value for who in ("AUTHOR", "COMMITTER")
             for what, value in (("NAME", "test"), ("EMAIL", "test@localhost"),
                                 ("DATE", DATE))}
# git reads nobody's settings, make none of the options that made this run.
PLAIN = {name: value for name, value in os.environ.items()
         if name in ("PATH", "HOME", "TMPDIR")} | COMMITTER | {
             "GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_NOSYSTEM": "1"}


def run(argv, folder, **more):
    """Output and errors together; CalledProcessError has them as well."""
    return subprocess.run(argv, cwd=folder, check=True, text=True,
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, errors="replace",
                          **{"env": PLAIN, **more}).stdout


def tree_files():
    """What belongs to the tree: all that git does not ignore, if it is one."""
    if os.path.exists(os.path.join(TOP, ".git")):
        names = run(["git", "-c", f"safe.directory={TOP}", "ls-files", "-z",
                     "-c", "-o", "--exclude-standard"], TOP).split("\0")
        return [n for n in names if os.path.isfile(os.path.join(TOP, n))]
    found = []
    for folder, folders, names in os.walk(TOP):
        if folder == TOP:
            folders[:] = set(folders) - {"build"}
        found += [os.path.relpath(os.path.join(folder, n), TOP)
                  for n in names]
    return found


def commit_tree(folder):
    """A repository with one commit: the tree."""
    for name in tree_files():
        path = os.path.join(folder, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        shutil.copy(os.path.join(TOP, name), path)
    run(["git", "init", "-q"], folder)
    run(["git", "add", "-A"], folder)
    run(["git", "commit", "-q", "-m", "all"], folder)


def version():
    """What CHANGES says, as the tarball is called."""
    for line in read(TOP, "CHANGES").split("\n"):
        if line.startswith("Version "):
            return line.split()[1]
    raise ValueError("CHANGES names no version")


def other_locale():
    """One that sorts and speaks in another way, if there is any."""
    names = run(["locale", "-a"], "/").split()
    return next((n for n in names if n not in ("C", "POSIX")), "C")


class Place:
    """Where things are made, and the ways in which places differ."""

    def __init__(self, folder, umask, **environment):
        self.folder, self.umask = folder, umask
        self.environment = PLAIN | environment
        os.makedirs(folder)
        self.tree = os.path.join(folder, f"postern-{version()}")

    def run(self, argv, folder=None):
        return run(argv, folder or self.folder, env=self.environment,
                   umask=self.umask)

    def make_dist(self, repository):
        """The tarball's path, of a clone of the repository."""
        clone = os.path.join(self.folder, "clone")
        self.run(["git", "clone", "-q", repository, clone])
        self.run(["git", "config", "tar.umask", f"{self.umask:04o}"], clone)
        self.run(["make", "dist"], clone)
        return os.path.join(clone, "build/dist",
                            f"postern-{version()}.tar.gz")

    def unpack(self, tarball):
        self.run(["tar", "-xf", tarball])

    def make_deb(self):
        """Runs in the unpacked tarball; returns what it said."""
        return self.run(["make", "deb"], self.tree)

    def deb(self):
        """The package's path; the other one has symbols for a debugger."""
        folder = os.path.join(self.tree, "build/deb")
        names = [n for n in os.listdir(folder) if n.startswith("postern_") and
                 n.endswith(".deb")]
        if len(names) != 1:
            raise FileNotFoundError(f"packages in {folder}: {names}")
        return os.path.join(folder, names[0])

    def built(self):
        """Where the package was built."""
        return os.path.join(os.path.dirname(self.deb()),
                            os.path.basename(self.tree))

    def make_successor(self):
        """A package of a higher version with other defaults; its path."""
        package, tree = self.deb(), self.built()
        text = read(tree, "debian/changelog")
        first = text[text.index("(") + 1:text.index(")")]
        number = int(first.rpartition("-")[2]) + 1
        second = f"{first.rpartition('-')[0]}-{number}"
        write(text.replace(first, second, 1) + "\n" + text, tree,
              "debian/changelog")
        for name in ("contrib/postern.conf", "rules/20_header.cf",
                     "rules/30_content.cf"):
            write(read(tree, name) + "# of the next version\n", tree, name)
        # What is compiled already stays: nothing of it has changed.
        self.run(["dpkg-buildpackage", "--build=binary", "--no-sign",
                  "--no-pre-clean"], tree)
        return package.replace(f"_{first}_", f"_{second}_")


def same(one, other):
    with open(one, "rb") as a, open(other, "rb") as b:
        return a.read() == b.read()
