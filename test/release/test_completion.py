#!/usr/bin/python3
"""test_completion - contrib/completion as bash carries it out, for command
lines as people type them; and its tables beside what posternctl says of itself.

Needs a finished build in $BUILD (build).  Ends with "N passed, N failed, N
skipped".
"""

import os
import re
import subprocess
import sys
import tempfile

TOP = os.path.dirname(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__))))
BUILD = os.path.join(TOP, os.environ.get("BUILD", "build"))
SCRIPT = os.path.join(TOP, "contrib/completion/posternctl.bash")

# Bash splits a line at these before it calls a completion.
BREAKS = "=:@"

# What is typed (the cursor is at its end), what is offered.
FILES = ["keys", "letter.eml", "rules.cf"]
LINES = [
    ("sca", ["scan"]),
    ("re", ["reload", "reputation"]),
    ("ru", ["rules"]),
    ("nothing", []),
    ("--co", ["--config", "--control"]),
    ("rules ", ["check", "hits", "list", "shadow", "test", "why"]),
    ("rules w", ["why"]),
    ("rules why ", ["LOCAL_ONE", "OTHER_TWO"]),
    ("rules why LOCAL", ["LOCAL_ONE"]),
    ("rules test ", FILES),
    ("rules hits --j", ["--jobs"]),
    ("rules hits --jobs ", []),
    ("rules hits --jobs 4 l", ["letter.eml"]),
    ("trust ", ["add", "del", "lint", "list", "log"]),
    ("trust lint r", ["rules.cf"]),
    ("trust add dkim:a", []),
    ("deny ", ["add", "del", "list", "log"]),
    ("rate re", ["reset"]),
    ("user bl", ["block"]),
    ("reload --", ["--accept-shrink"]),
    ("scan --", ["--client", "--config", "--from", "--helo", "--json",
                 "--name", "--rcpt", "--user"]),
    ("scan le", ["letter.eml"]),
    ("scan --json ", FILES),
    ("scan --client 192.0.2.1 le", ["letter.eml"]),
    ("scan --client ", []),
    ("scan --config r", ["rules.cf"]),
    ("send --offer ", ["full", "none", "old"]),
    ("send --socket inet:1@127.0.0.1 --quiet l", ["letter.eml"]),
    ("dkim genkey --o", ["--out"]),
    ("dkim genkey --out ", ["keys"]),
    ("dkim testkey --server 127.0.0.1@53 --k", ["--key"]),
    ("domain check --", ["--selector", "--server"]),
    ("store export ", FILES),
    ("store audit --", ["--json"]),
    ("-c r", ["rules.cf"]),
    ("-c rules.cf sca", ["scan"]),
    ("--control keys ru", ["rules"]),
    ("-o actions.requi", ["actions.required="]),
    ("-o mo", ["mode="]),
    ("-o actions.required=5 sca", ["scan"]),
    ("-o actions.required=5 rules why O", ["OTHER_TWO"]),
    ("status ", []),
]

CONF = """mode = mark
rules {
	files = rules.cf
}
"""
RULES = """header LOCAL_ONE Subject =~ /one/
body OTHER_TWO /two/
score LOCAL_ONE 1
score OTHER_TWO 2
"""

count = {"passed": 0, "failed": 0, "skipped": 0}


def case(name, found, wanted):
    good = found == wanted
    count["passed" if good else "failed"] += 1
    if not good:
        print(f"FAIL {name}: {found}, not {wanted}")


def run(argv, **more):
    return subprocess.run(argv, capture_output=True, text=True, check=False,
                          stdin=subprocess.DEVNULL, timeout=60, **more)


def broken(line):
    """The words as bash would hand them to a completion."""
    words = re.findall(rf"[{BREAKS}]+|[^\s{BREAKS}]+", line)
    return words + [""] if line.endswith(" ") else words


def offered(folder, line):
    words = ["posternctl", *broken(line)]
    quoted = " ".join("'" + word + "'" for word in words)
    done = run(["bash", "-c", f"source {SCRIPT}\nCOMP_WORDS=({quoted})\n"
                f"COMP_CWORD={len(words) - 1}\n_posternctl posternctl\n"
                'printf "%s\\n" "${COMPREPLY[@]}"'], cwd=f"{folder}/work",
               env=dict(os.environ, PATH=f"{folder}/bin:{os.environ['PATH']}"))
    if done.stderr:
        return [done.stderr]
    return sorted(filter(None, done.stdout.split("\n")))


def table(function, *arguments):
    """What one of the script's tables says of a command."""
    return run(["bash", "-c", f"source {SCRIPT}; {function} \"$@\"", "_",
                *arguments]).stdout.split()


def takes(text):
    """Option to whether it takes a value, by a line of usage."""
    return {name: bool(value) for name, value in re.findall(
        r"(?<![\w-])(--[a-z][a-z0-9-]*)( (?=[A-Za-z]))?", text)}


def usages(command):
    """Sub-command (or "") to its options, by the command's own usage."""
    done = run([os.path.join(BUILD, "posternctl"), "--control",
                "/nonexistent/control", command, "--help"])
    found, word = {}, None
    for line in (done.stdout + done.stderr).split("\n"):
        named = re.match(rf"(?:usage:)?\s+posternctl {command}\b(.*)", line)
        if named:
            sub = re.match(r" (?:\[([a-z]+)\]$|([a-z]+)(?= |$))", named[1])
            word = (sub[1] or sub[2]) if sub else ""
        if word is not None:
            found.setdefault(word, {}).update(takes(line))
    return found


def check_options(name, wanted):
    case(f"options of {name}", sorted(table("_posternctl_options", name)),
         sorted(wanted))
    for option, value in wanted.items():
        case(f"{name} {option} takes a value", bool(table(
            "_posternctl_value", name, option)), value)


def check_tables():
    """Commands, their words and options: ours beside the program's own."""
    said = run([os.path.join(BUILD, "posternctl"), "-h"]).stdout
    rows = dict(re.findall(r"^  ([a-z-]+) +(.*)$", said, re.M))
    case("commands", sorted(table("_posternctl_words", "")), sorted(rows))
    heads = set(re.findall(r"(?<!\w)-[co]\b|--[a-z]+", said.split("\n")[0]))
    case("options", sorted(table("_posternctl_options", "")),
         sorted(heads | {"-h", "--help"}))
    for command, row in rows.items():
        found = usages(command)
        # The help of what the daemon answers ends with its words or option.
        if listed := re.search(r": ((?:\w+, )+\w+)$", row):
            found.update((word, {}) for word in listed[1].split(", "))
        if listed := re.search(r"\[(--[a-z-]+)\]$", row):
            found.setdefault("", {})[listed[1]] = False
        case(f"words of {command}", sorted(table(
            "_posternctl_words", command)), sorted(filter(None, found)))
        for word, options in found.items():
            check_options(f"{command} {word}".strip(), options)


def fill(folder):
    """The program with a configuration of its own, and a folder to work in."""
    program = f"#!/bin/sh\nexec {BUILD}/posternctl -c {folder}/conf \"$@\"\n"
    for name, text in (("conf", CONF), ("rules.cf", RULES),
                       ("bin/posternctl", program), ("work/letter.eml", ""),
                       ("work/rules.cf", ""), ("work/keys/none", "")):
        path = os.path.join(folder, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as f:
            f.write(text)
    os.chmod(f"{folder}/bin/posternctl", 0o755)


def main():
    with tempfile.TemporaryDirectory(prefix="postern-complete-") as folder:
        fill(folder)
        for line, wanted in LINES:
            case(f"\"{line}\"", offered(folder, line), wanted)
    check_tables()
    print(f"{count['passed']} passed, {count['failed']} failed, "
          f"{count['skipped']} skipped")
    return 1 if count["failed"] else 0


if __name__ == "__main__":
    sys.exit(main())
