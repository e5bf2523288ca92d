#!/usr/bin/python3
"""report - which lines of the sources ran, out of the counters that a build
with gcc's --coverage leaves beside its objects.

    report.py FOLDER            what make check reaches of lib/ and milter/
    report.py --reset FOLDER    forgets what ran so far

As a module it serves test/fuzz/run.py.
"""
import argparse
import collections
import concurrent.futures
import glob
import json
import math
import os
import subprocess
import sys

TOP = os.path.dirname(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__))))
WANTED = 85             # percent of lines
SHOWN = 15              # files and functions at the end of the tables


def counters(build):
    """The counter files of a build, by no path but its own."""
    return sorted(glob.glob(os.path.join(build, "**", "*.gcda"),
                            recursive=True))


def reset(build):
    for path in counters(build):
        os.remove(path)


def gcov(path):
    """What gcov says of one object: a dictionary per source file."""
    done = subprocess.run(
        ["gcov", "--json-format", "--stdout", os.path.abspath(path)],
        cwd=TOP, capture_output=True, check=True)
    return [source for text in done.stdout.splitlines() if text.strip()
            for source in json.loads(text)["files"]]


class Lines:
    """Per source file how often each line ran, and each function."""

    def __init__(self):
        self.files = collections.defaultdict(dict)
        self.functions = collections.defaultdict(dict)

    def add(self, source):
        name = os.path.relpath(os.path.join(TOP, source["file"]), TOP)
        ran = self.files[name]
        for line in source["lines"]:
            number = line["line_number"]
            ran[number] = ran.get(number, 0) + line["count"]
        for f in source["functions"]:
            key = f["name"], f["start_line"], f["end_line"]
            known = self.functions[name]
            known[key] = known.get(key, 0) + f["execution_count"]

    def figures(self, name):
        """Lines that ran, and lines there are."""
        ran = self.files[name]
        return sum(count > 0 for count in ran.values()), len(ran)


def read(build):
    """The lines of all the sources of a build."""
    lines = Lines()
    # An object that never ran has notes only: its lines count as well.
    notes = {path[:-5] for path in glob.glob(
        os.path.join(build, "**", "*.gcno"), recursive=True)}
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for sources in pool.map(gcov, sorted(n + ".gcno" for n in notes)):
            for source in sources:
                if not source["file"].startswith("/usr/"):
                    lines.add(source)
    return lines


def percent(ran, there):
    return 100 * ran / there if there else 100.0


def row(name, ran, there):
    print(f"{name:<36} {ran:>6} {there:>6} {percent(ran, there):6.1f} %")


def total(lines, names):
    figures = [lines.figures(name) for name in names]
    return sum(f[0] for f in figures), sum(f[1] for f in figures)


def table(lines, names):
    """A row per file, and their total, which is also returned in percent."""
    print(f"{'':<36} {'ran':>6} {'lines':>6}")
    for name in names:
        row(name, *lines.figures(name))
    sums = total(lines, names)
    row("total", *sums)
    return percent(*sums)


def folders(lines, names):
    by_folder = collections.defaultdict(list)
    for name in names:
        by_folder[os.path.dirname(name)].append(name)
    print(f"{'':<36} {'ran':>6} {'lines':>6}")
    for folder in sorted(by_folder):
        row(folder, *total(lines, by_folder[folder]))


def unreached(lines, names):
    """Functions by how many of their lines never ran."""
    for name in names:
        ran = lines.files[name]
        for (function, start, end), _ in lines.functions[name].items():
            missed = sum(ran.get(n, 1) == 0 for n in range(start, end + 1))
            if missed:
                yield missed, f"{name}:{start} {function}"


def worst(lines, names):
    print("\nfiles with the most lines that never ran")
    missed = {name: lines.figures(name) for name in names}
    for name in sorted(names, key=lambda n: missed[n][0] - missed[n][1]
                       )[:SHOWN]:
        row(name, *missed[name])
    print("\nfunctions with the most lines that never ran")
    for count, where in sorted(unreached(lines, names),
                               key=lambda f: (-f[0], f[1]))[:SHOWN]:
        print(f"{count:>6}  {where}")


def report(build):
    lines = read(build)
    names = sorted(n for n in lines.files if n.endswith(".c") and
                   n.startswith(("lib/", "milter/")))
    if not names:
        print("bar: coverage - (wanted 85) unmeasured")
        return 1
    folders(lines, names)
    worst(lines, names)
    print()
    row("lib/ and milter/", *total(lines, names))
    # Never rounded up to what is wanted.
    share = math.floor(10 * percent(*total(lines, names))) / 10
    met = share >= WANTED
    print(f"bar: coverage {share:.1f} % (wanted {WANTED}) "
          f"{'met' if met else 'missed'}")
    return 0 if met else 1


def main():
    parser = argparse.ArgumentParser(description="lines that ran")
    parser.add_argument("--reset", action="store_true")
    parser.add_argument("build")
    options = parser.parse_args()
    if options.reset:
        return reset(options.build)
    return report(options.build)


if __name__ == "__main__":
    sys.exit(main())
