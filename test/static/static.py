#!/usr/bin/python3
"""static - clang-tidy, cppcheck and gcc -fanalyzer over the sources.

The answer of a tool on a file is kept in $BUILD/static under a name made from
the tool, its version and settings, the file and every header of ours that it
includes: what did not change is not looked at again.  A case is one file under
one tool.  --quick leaves out clang's analyser, which takes twice as long
as all the others.

What a tool may say is said for a reason: NOLINT(check): reason beside the code,
or a line of the file "known" here; one that is no longer needed fails.  Ends
with "N passed, N failed, N skipped".
"""

import argparse
import concurrent.futures
import fnmatch
import glob
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import time

TOP = os.path.dirname(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__))))
CACHE = os.path.join(TOP, os.environ.get("BUILD", "build"), "static")
KNOWN = "test/static/known"
DEFINES = ["-Ilib", "-I.", "-D_GNU_SOURCE", '-DPOSTERN_VERSION="0"',
           '-DPOSTERN_CONF="/etc/postern/postern.conf"']
# What is left of .clang-tidy are the checks of clang's analyser.
NO_OTHERS = "--checks=" + ",".join(
    f"-{family}-*" for family in
    ("bugprone", "cert", "concurrency", "misc", "performance", "portability",
     "readability"))


def read(path):
    with open(os.path.join(TOP, path), encoding="utf-8") as f:
        return f.read()


def run(*argv):
    return subprocess.run(argv, cwd=TOP, capture_output=True, text=True,
                          stdin=subprocess.DEVNULL, errors="replace",
                          env={**os.environ, "LC_ALL": "C"})


def files(*patterns):
    return sorted(os.path.relpath(p, TOP) for pattern in patterns for p in
                  glob.glob(os.path.join(TOP, pattern), recursive=True))


class Headers:
    """A digest of a file and all that it includes from this tree."""

    def __init__(self):
        self.text, self.includes = {}, {}

    def note(self, path):
        if path in self.text:
            return
        self.text[path] = read(path)
        self.includes[path] = []
        for name in re.findall(r'^\s*#\s*include\s*"([^"]+)"',
                               self.text[path], re.M):
            for place in "lib", ".", os.path.dirname(path):
                found = os.path.normpath(os.path.join(place, name))
                if os.path.isfile(os.path.join(TOP, found)):
                    self.includes[path].append(found)
                    self.note(found)
                    break

    def digest(self, path):
        self.note(path)
        seen, waiting = {path}, [path]
        while waiting:
            for name in self.includes[waiting.pop()]:
                if name not in seen:
                    seen.add(name)
                    waiting.append(name)
        state = hashlib.sha256()
        for name in sorted(seen):
            state.update(f"{name}\0{self.text[name]}\0".encode())
        return state.hexdigest()


class Tool:
    """A program that looks at one file at a time."""

    def __init__(self, name, program, places, *flags, behind=()):
        self.name, self.program, self.places = name, program, places
        self.flags, self.behind = flags, behind
        self.version = run(program, "--version").stdout \
            if shutil.which(program) else None
        # What decides on the answer: its settings, and how it is read here.
        self.settings = read(os.path.relpath(__file__, TOP)) + (
            read(".clang-tidy") if program == "clang-tidy" else "")

    def argv(self, path):
        return [self.program, *self.flags, path, *self.behind]

    def key(self, path, digest):
        return hashlib.sha256("\0".join(
            [self.version or "", self.settings, digest,
             *self.argv(path)]).encode()).hexdigest()

    def findings(self, path):
        """What it says of the file: where, which check, and the text."""
        done = run(*self.argv(path))
        said = re.sub(r"^cc1: ", f"{path}:0:0: ", done.stdout + done.stderr,
                      flags=re.M)     # gcc, of what has no line
        found = list(dict.fromkeys(self.parse(said)))
        if done.returncode != 0 and not found:
            return [(path, "error", f"status {done.returncode}: "
                     f"{done.stderr.strip()[-300:]}")]
        return found

    def parse(self, text):
        for line in text.replace(TOP + "/", "").split("\n"):
            if what := re.match(r"(?:\./)?([^\s:]+):(\d+):\d+: (?:error|"
                                r"warning): (.*?)(?: \[([\w.,-]+)\])?$", line):
                yield (what[1], (what[4] or "error").split(",")[0],
                       f"line {what[2]}: {what[3]}")


class Analyzer(Tool):
    """gcc, which also tells the function."""

    def parse(self, text):
        function = "?"
        for line in text.split("\n"):
            if at := re.match(r"(?:\S+: )?In function '(\w+)'", line):
                function = at[1]
            elif what := re.match(r"([^\s:]+):(\d+):\d+: (?:warning|error): "
                                  r"(.*?)(?: \[CWE-\d+\])?"
                                  r"(?: \[-W([\w=-]+)\])?$", line):
                yield (f"{what[1]}:{function}", what[4] or "error",
                       f"line {what[2]}: {what[3]}")


def tools(quick):
    product = ("lib/**/*.c", "milter/*.c", "ctl/*.c")
    everything = product + ("test/**/*.c",)
    clang = ("--", *DEFINES, "-std=gnu11")
    found = [
        Tool("cppcheck", "cppcheck", everything, "--quiet", "--std=c11",
             "--enable=warning,style,portability,performance",
             "--inline-suppr", "--template="
             "{file}:{line}:{column}: warning: {message} [{id}]", *DEFINES),
        Tool("clang-tidy", "clang-tidy", product, "--quiet",
             "--checks=-clang-analyzer-*", behind=clang),
        Analyzer("gcc -fanalyzer", "gcc", product, *DEFINES, "-std=gnu11",
                 "-O2", "-fanalyzer", "-fdiagnostics-plain-output", "-c",
                 "-o", "/dev/null"),
    ]
    if not quick:
        found.append(Tool("clang analyser", "clang-tidy", product, "--quiet",
                          NO_OTHERS, behind=clang))
    return found


def kept(key, make):
    """The answer of that name, from the cache or made now."""
    path = os.path.join(CACHE, key)
    try:
        with open(path, encoding="utf-8") as f:
            answer = json.load(f)
        os.utime(path)
        return answer
    except (OSError, ValueError):
        answer = make()
    beside = f"{path}.{os.getpid()}"
    with open(beside, "w", encoding="utf-8") as f:
        json.dump(answer, f)
    os.replace(beside, path)
    return answer


def forget(days=30):
    """Answers that nobody asked for so long."""
    for entry in os.scandir(CACHE):
        if entry.stat().st_mtime < time.time() - days * 86400:
            os.unlink(entry.path)


class Known:
    """What is known to mean nothing, and whether it was met."""

    def __init__(self):
        self.rows, self.faults, self.met = [], [], set()
        for number, line in enumerate(read(KNOWN).split("\n"), 1):
            if not line.strip() or line.startswith("#"):
                continue
            if row := re.fullmatch(r"(\S+)\s+(\S+)\s+(\w.*)", line):
                self.rows.append((row[1], row[2]))
            else:
                self.faults.append(f"{KNOWN}:{number}: not \"file check "
                                   "reason\"")

    def has(self, place, what):
        for row in self.rows:
            if what == row[1] and fnmatch.fnmatchcase(place, row[0]):
                self.met.add(row)
                return True
        return False

    def left(self, quick):
        return [f"{KNOWN}: {place} {what} is no longer found"
                for place, what in self.rows if (place, what) not in self.met
                and not (quick and what.startswith("clang-analyzer-"))]


def reason_faults(sources):
    """Exceptions beside the code that give no reason."""
    for path in sources:
        for number, line in enumerate(read(path).split("\n"), 1):
            if "NOLINT" in line and not re.search(
                    r"NOLINT(NEXTLINE|BEGIN|END)?\([\w.,-]+\): \w", line):
                yield f"{path}:{number}: not \"NOLINT(check): reason\""
            if "cppcheck-suppress" in line and not re.search(
                    r"cppcheck-suppress \w+ ; \w", line):
                yield (f"{path}:{number}: not "
                       "\"cppcheck-suppress id ; reason\"")


class Count:
    def __init__(self):
        self.passed = self.failed = self.skipped = 0

    def case(self, faults):
        for fault in faults:
            print(f"FAIL {fault}")
        self.passed += not faults
        self.failed += bool(faults)


def apply(tool, pool, headers, known, count):
    """Runs a tool over its files, as far as it must."""
    began, made, sources = time.monotonic(), [], files(*tool.places)
    keys = {path: tool.key(path, headers.digest(path)) for path in sources}

    def look(path):
        def make():
            made.append(path)
            return tool.findings(path)
        return kept(keys[path], make)

    for found in pool.map(look, sources):
        count.case([f"{tool.name}: {place}: {text} [{what}]"
                    for place, what, text in found
                    if not known.has(place, what)])
    print(f"{tool.name}: {len(sources)} files, {len(made)} of them looked at "
          f"in {time.monotonic() - began:.0f} s", flush=True)


def main():
    options = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    options.add_argument("--quick", action="store_true",
                         help="without clang's analyser")
    quick = options.parse_args().quick
    os.makedirs(CACHE, exist_ok=True)
    forget()
    headers, known, count = Headers(), Known(), Count()
    count.case(list(reason_faults(files(
        "lib/**/*.[ch]", "milter/*.[ch]", "ctl/*.[ch]", "test/**/*.[ch]"))))
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for tool in tools(quick):
            if tool.version is None:
                print(f"SKIP {tool.name}: {tool.program} is not installed")
                count.skipped += 1
            else:
                apply(tool, pool, headers, known, count)
    # Who ran only a part of the tools cannot say what is left over.
    count.case(known.faults + (known.left(quick) if not count.skipped else []))
    print(f"{count.passed} passed, {count.failed} failed, "
          f"{count.skipped} skipped")
    return 1 if count.failed else 0


if __name__ == "__main__":
    sys.exit(main())
