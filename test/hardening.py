#!/usr/bin/python3
"""hardening - what the compiler and linker made of the programs, as their ELF
files tell: each property that SECURITY.md promises, of each program; and what
systemd thinks of the unit.

The builds to look at are named on the command line; otherwise it is $BUILD
(build).  They must be optimised ones without sanitizers.  Ends with "N passed,
N failed, N skipped".
"""

import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile

TOP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
PROGRAMS = ("postern", "posternctl")
PAGE = 4096
# Of systemd-analyze, in tenths: 0 is closed off from everything.
EXPOSURE_MAX = 15
X86 = platform.machine() in ("x86_64", "AMD64")

count = {"passed": 0, "failed": 0, "skipped": 0}


def case(name, faults):
    faults = list(faults)
    count["failed" if faults else "passed"] += 1
    for fault in faults:
        print(f"FAIL {name}: {fault}")


def skip(name, why):
    count["skipped"] += 1
    print(f"SKIP {name}: {why}")


def output(*argv):
    return subprocess.run(argv, capture_output=True, text=True, check=True,
                          errors="replace").stdout


def segments(path):
    """(type, flags) of the program headers, flags as R, W and E."""
    return [(line[0], line[1].replace(" ", "")) for line in re.findall(
        r"^  (\w+) +(?:0x\w+ +){5}([RWE ]{3}) ",
        output("readelf", "-lW", path), re.M)]


def entry_faults(path):
    if not re.search(r"Type:\s+DYN", output("readelf", "-hW", path)) or \
            not re.search(r"FLAGS_1\).*\bPIE\b",
                          output("readelf", "-dW", path)):
        yield "is no position-independent executable"


def relro_faults(path):
    dynamic = output("readelf", "-dW", path)
    if "GNU_RELRO" not in [kind for kind, _ in segments(path)]:
        yield "has no RELRO segment"
    if not re.search(r"FLAGS_1\).*\bNOW\b", dynamic):
        yield "is not bound at the start (BIND_NOW)"
    if re.search(r"\.got\.plt\b", output("readelf", "-SW", path)):
        yield "has a writable .got.plt: RELRO is not full"


def memory_faults(path):
    stack = [flags for kind, flags in segments(path) if kind == "GNU_STACK"]
    if stack != ["RW"]:
        yield f"has a stack of {stack}"
    loads = [flags for kind, flags in segments(path) if kind == "LOAD"]
    if not loads or any("W" in flags and "E" in flags for flags in loads):
        yield f"has memory that is writable and executable: {loads}"
    # Headers and constants are no code to jump into: -z separate-code.
    if loads.count("RE") != 1 or loads[0] != "R":
        yield f"code is not by itself: {loads}"


def paths_faults(path):
    dynamic = output("readelf", "-dW", path)
    for word in "RPATH", "RUNPATH", "TEXTREL":
        if re.search(rf"\({word}\)", dynamic):
            yield f"has a {word}"


def imports(path):
    return set(re.findall(r" UND (\w+)", output(
        "readelf", "-W", "--dyn-syms", path)))


def checked_faults(path):
    found = imports(path)
    if "__stack_chk_fail" not in found:
        yield "has no stack protector"
    if not [name for name in found if re.fullmatch(r"__\w+_chk", name)]:
        yield "calls no function of _FORTIFY_SOURCE"


def frame_faults(code):
    """Frames beyond a page are touched page by page, so that no guard page is
    stepped over; there is one subtraction of at most a page for each."""
    large = [int(size, 16) for size in
             re.findall(r"\tsub +\$0x([0-9a-f]{4,8}),%rsp", code)]
    if [size for size in large if size > PAGE]:
        yield f"leaves {max(large)} bytes of stack untouched"
    if PAGE not in large:
        yield "has no large frame, by which to see that it is probed"


def branch_faults(code):
    """Where an indirect call may land, as CET tells it (IBT)."""
    for name in "main", "scan_end", "mime_parse":
        start = re.search(rf"^\w+ <{name}>:\n.*\t(\w+)", code, re.M)
        if start and start[1] != "endbr64":
            yield f"{name} does not begin with endbr64"


def marked_faults(folder):
    """That the program itself is not marked is for want of the C library's
    start files; ours must not be what is missing."""
    notes = output("readelf", "-nW", os.path.join(folder, "libpostern.a"))
    unmarked = [part.split("\n")[0] for part in notes.split("File: ")[1:]
                if "x86 feature: IBT, SHSTK" not in part]
    if unmarked or not notes:
        yield f"not made for CET: {' '.join(unmarked[:3])} " \
            f"of {len(unmarked)} objects"


def check(folder):
    for program in PROGRAMS:
        path = os.path.join(folder, program)
        if not os.path.exists(path):
            case(path, ["is not built"])
            continue
        case(f"{path}: entry", entry_faults(path))
        case(f"{path}: relocations", relro_faults(path))
        case(f"{path}: memory", memory_faults(path))
        case(f"{path}: paths", paths_faults(path))
        case(f"{path}: checks", checked_faults(path))
        if not X86:
            skip(f"{path}: frames, branches", "known for x86-64 only")
            continue
        code = output("objdump", "-d", "--no-show-raw-insn", path)
        case(f"{path}: frames", frame_faults(code))
        case(f"{path}: branches", branch_faults(code))
    if X86:
        case(f"{folder}: marks", marked_faults(folder))


def unit_faults():
    with open("contrib/systemd/postern.service", encoding="utf-8") as f:
        text = re.sub(r"(?m)^ExecStart=.*", "ExecStart=/bin/true", f.read())
    with tempfile.TemporaryDirectory(prefix="postern-unit-") as folder:
        path = os.path.join(folder, "postern.service")
        with open(path, "w", encoding="utf-8") as f:
            f.write(text)
        done = subprocess.run(
            ["systemd-analyze", "security", "--offline=yes", "--no-pager",
             f"--threshold={EXPOSURE_MAX}", path],
            capture_output=True, text=True, check=False)
    exposure = re.search(r"Overall exposure level.*: ([\d.]+)", done.stdout)
    print(f"exposure of the unit: {exposure[1] if exposure else 'unknown'}")
    if done.returncode != 0 or not exposure:
        yield f"not below {EXPOSURE_MAX / 10}: {done.stderr.strip()}"


def check_unit():
    if shutil.which("systemd-analyze"):
        case("unit", unit_faults())
    else:
        skip("unit", "systemd-analyze is not installed")


def main():
    os.chdir(TOP)
    check_unit()
    if not shutil.which("readelf"):
        skip("hardening", "readelf is not installed")
    else:
        for folder in sys.argv[1:] or [os.environ.get("BUILD", "build")]:
            check(folder)
    print(f"{count['passed']} passed, {count['failed']} failed, "
          f"{count['skipped']} skipped")
    return 1 if count["failed"] else 0


if __name__ == "__main__":
    sys.exit(main())
