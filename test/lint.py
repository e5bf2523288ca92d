#!/usr/bin/python3
"""lint - what compilers do not check: layers, form, and that code, rules,
manual and sample tell the same story.

Needs a finished build in $BUILD (build).  Prints what is wrong, one line each,
and ends with "N passed, N failed, N skipped".  A case is one kind of check of
one file, key or symbol; a tool that is not installed skips its cases.
"""

import glob
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time

TOP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
BUILD = os.path.join(TOP, os.environ.get("BUILD", "build"))
CTL = os.path.join(BUILD, "posternctl")
DAEMON = os.path.join(BUILD, "postern")

COLUMNS, TAB = 80, 8
FILE_LINES, FUNCTION_LINES = 600, 60
STARTUP_SECONDS = 30

# A file may include what stands to its left, and its own folder.  Folders of
# the same rank are siblings and know nothing of each other.
RANK = {"base": 0, "conf": 1, "net": 1, "store": 1, "mail": 1, "auth": 2,
        "shared": 2,
        "verdict": 3, "rules": 4, "check": 5, "lib": 6, "milter": 7, "ctl": 7}

# Libraries stay behind one file, or one side of the program.
LIBRARIES = {"lmdb.h": ("lib/store/embedded",),
             "openssl/": ("lib/base/digest.c", "lib/base/hash.c",
                          "lib/auth/arccanon.c", "lib/auth/dkim_body.c", "lib/auth/dkim_key.c",
                          "lib/auth/dkim_secret.c"),
             "unbound.h": ("lib/net/dns_unbound.c",),
             "spf2/": ("lib/auth/spfterm.c",),
             "opendkim/": ("lib/auth/dkim_head.c",),
             "maxminddb.h": ("lib/net/geo",),
             "hiredis/": ("lib/store/redis_reply.c",),
             "libpsl.h": ("lib/mail/suffix.c",),
             "idn2.h": ("lib/mail/idn.c", "lib/auth/spf.c"),
             "iconv.h": ("lib/mail/charset.c",),
             "hs/": ("lib/rules/engine", "lib/rules/compile"),
             "hs.h": ("lib/rules/engine", "lib/rules/compile"),
             "pcre2.h": ("lib/rules/regex",),
             "libmilter/": ("milter/", "ctl/"),
             "syslog.h": ("milter/log.c",)}

# Writable static objects, and why there is no way around them.
WRITABLE = {
    ("milter/callbacks.o", "the_daemon"): "callbacks get no pointer of ours",
    ("milter/inlet.o", "over_tcp"): "nor do poll, read, accept and close",
    ("milter/inlet.o", "ahead"): "nor do poll and read; each thread has one",
    ("milter/inlet.o", "sessions"): "nor do poll, read, accept and close",
    ("milter/inlet.o", "sessions_begun"): "nor do they",
    ("milter/inlet.o", "packet"): "nor do they",
    ("milter/callbacks.o", "name"): "libmilter declares it without const",
    ("milter/signals.o", "seen_reload"): "a handler gets only a number",
    ("milter/signals.o", "seen_stop"): "a handler gets only a number",
    ("milter/signals.o", "wake_fd"): "a handler gets only a number",
}

# What library code must not call: it neither logs nor exits, and knows no
# locale.  Out of memory is the one end it may choose.
FORBIDDEN = {"exit", "_exit", "quick_exit", "abort", "err", "errx", "warn",
             "warnx", "syslog", "vsyslog", "printf", "puts", "perror",
             "setlocale", "localtime", "gmtime", "strtok", "strerror_l",
             "getenv", "setenv", "system", "popen", "sprintf", "gets"}
MAY_CALL = {("lib/base/mem.o", "abort"), ("lib/base/digest.o", "abort"),
            ("lib/auth/arccanon.o", "abort"),
            # The end of a child that only compiles.
            ("lib/rules/compile_worker.o", "_exit")}

UNFINISHED = re.compile(r"\b(TO" r"DO|FIX" r"ME|X" r"XX)\b")
COMMENT = re.compile(r"/\*[\s*]*([\w-]+) - ")

count = {"passed": 0, "failed": 0, "skipped": 0}


def case(name, faults):
    """Counts one case; faults is what is wrong with it, perhaps nothing."""
    faults = list(faults)
    count["failed" if faults else "passed"] += 1
    for fault in faults:
        print(f"FAIL {name}: {fault}")


def skip(name, why):
    count["skipped"] += 1
    print(f"SKIP {name}: {why}")


def differ(what, left, right):
    """The two ways in which sets of names can differ."""
    for name in sorted(set(left) - set(right)):
        yield f"{name} is {what[0]} but not {what[1]}"
    for name in sorted(set(right) - set(left)):
        yield f"{name} is {what[1]} but not {what[0]}"


def read(path):
    with open(os.path.join(TOP, path), encoding="utf-8") as f:
        return f.read()


def files(*patterns):
    return sorted(os.path.relpath(p, TOP) for pattern in patterns for p in
                  glob.glob(os.path.join(TOP, pattern), recursive=True))


def run(*argv, **more):
    return subprocess.run(argv, cwd=TOP, capture_output=True, text=True,
                          stdin=subprocess.DEVNULL, errors="replace", **more)


def tool(name, *cases):
    """Whether a tool is there; otherwise its cases are skipped."""
    if shutil.which(name):
        return True
    for what in cases:
        skip(what, f"{name} is not installed")
    return False


# Form and layers


def layer_of(path):
    parts = path.split("/")
    return parts[1] if parts[0] == "lib" and len(parts) > 2 else parts[0]


def layer_faults(path):
    own = layer_of(path)
    for number, line in enumerate(read(path).split("\n"), 1):
        found = re.match(r'\s*#\s*include\s*([<"])([^>"]+)', line)
        if not found:
            continue
        target = found[2]
        if found[1] == "<":
            for library, places in LIBRARIES.items():
                if target.startswith(library) and \
                        not path.startswith(places):
                    yield f"line {number}: <{target}> belongs to {places[0]}"
            continue
        other = target.split("/")[0] if "/" in target else "lib"
        if other not in RANK:
            yield f"line {number}: \"{target}\" is in no layer"
        elif other != own and RANK[other] >= RANK[own]:
            yield f"line {number}: {own} must not include \"{target}\""


def form_faults(path):
    text = read(path)
    lines = text.split("\n")
    if not text.endswith("\n") or text.endswith("\n\n"):
        yield "ends without a newline, or with an empty line"
    if len(lines) - 1 > FILE_LINES:
        yield f"{len(lines) - 1} lines"
    first = COMMENT.match(text)
    if not first:
        yield "does not begin with a comment \"name - what it is\""
    elif first[1] != os.path.basename(path).split(".")[0]:
        yield f"begins with a comment about \"{first[1]}\""
    for number, line in enumerate(lines, 1):
        width = len(line.expandtabs(TAB))
        if width > COLUMNS:
            yield f"line {number}: {width} columns"
        if line != line.rstrip():
            yield f"line {number}: trailing blanks"
        if UNFINISHED.search(line):
            yield f"line {number}: unfinished"


def function_faults(path):
    """By braces in the first column, which functions alone have."""
    begin = None
    for number, line in enumerate(read(path).split("\n"), 1):
        if line == "{":
            begin = number
        elif line == "}" and begin is not None:
            if number - begin - 1 > FUNCTION_LINES:
                yield f"line {begin}: function of {number - begin - 1} lines"
            begin = None


def check_sources():
    product = files("lib/**/*.[ch]", "milter/*.[ch]", "ctl/*.[ch]")
    for path in product:
        case(f"layers {path}", layer_faults(path))
    for path in product + files("test/**/*.[ch]"):
        case(f"form {path}", form_faults(path))
        case(f"functions {path}", function_faults(path))
    for path in files("rules/**/*", "contrib/**/*", "man/*", "test/**/*.py",
                      "*.md", "README", "CHANGES", "Makefile"):
        if os.path.isfile(os.path.join(TOP, path)):
            case(f"unfinished {path}", (
                f"line {n}: unfinished" for n, line in
                enumerate(read(path).split("\n"), 1)
                if UNFINISHED.search(line)))


# Objects


def writable_faults(name, path):
    """Symbols of data and bss; what is only relocated is constant later."""
    for line in run("objdump", "-t", path).stdout.split("\n"):
        found = re.match(r"[0-9a-f]+ .{5}[ D][ O] (\S+)\s+[0-9a-f]+ "
                         r"(?:\.\w+ )?(\S+)$", line)
        if not found or not re.match(r"\.(data|t?bss|tdata)|\*COM\*",
                                     found[1]) or ".rel.ro" in found[1]:
            continue
        symbol = re.sub(r"\.\d+$", "", found[2])
        if (name, symbol) not in WRITABLE:
            yield f"writable static object {symbol} in {found[1]}"


def call_faults(name, path):
    for line in run("nm", "-u", path).stdout.split("\n"):
        symbol = line.replace("U ", "").strip().split("@")[0]
        if symbol in FORBIDDEN and (name, symbol) not in MAY_CALL:
            yield f"library code calls {symbol}"


def name_faults(*folders):
    """An archive hides that a name is there twice: one of them is called."""
    owners = {}
    for path in files(*(folder + "*.c" for folder in folders)):
        name = path[:-2] + ".o"
        for line in run("nm", "-g", "--defined-only",
                        os.path.join(BUILD, name)).stdout.split("\n"):
            if line:
                owners.setdefault(line.split()[-1], []).append(name)
    for symbol, where in sorted(owners.items()):
        if len(where) > 1:
            yield f"{symbol} is in {' and '.join(where)}"


def check_objects():
    if not tool("objdump", "writable", "calls", "names"):
        return
    for program in "milter/", "ctl/":
        case(f"names {program}", name_faults("lib/**/", program))
    for path in files("lib/**/*.c", "milter/*.c", "ctl/*.c"):
        name = path[:-2] + ".o"
        whole = os.path.join(BUILD, name)
        if not os.path.exists(whole):
            case(f"object {name}", ["is not built"])
            continue
        case(f"writable {name}", writable_faults(name, whole))
        if name.startswith("lib/"):
            case(f"calls {name}", call_faults(name, whole))


# Symbols


def declared_symbols():
    """Check name to its symbols and the text of its file."""
    found = {}
    for path in files("lib/check/*.c"):
        text = read(path)
        table = re.search(r"\bsymbols\[\] = \{(.*?)\}", text, re.S)
        name = re.search(r"\.name = \"(\w+)\"", text)
        if table and name:
            found[name[1]] = (re.findall(r'"(\w+)"', table[1]), text)
    # Those of DNS lists are data.
    symbols, text = found["dnslists"]
    listed = dict.fromkeys(re.findall(r"^\tcode\s+\S+\s+(\w+)",
                                      read("rules/lists/dnslists"), re.M))
    calls = "".join(f'\n_raise(q, "{name}")' for name in listed)
    found["dnslists"] = (symbols + list(listed), text + calls)
    return found


def raised_symbols(text):
    """Named in a call, or in a table from which a result picks one."""
    tables = re.findall(r"(\w+)\[\] = \{(.*?)\};", text, re.S)
    return re.findall(r"(?:_raise|raise_\w+)\(\s*\w+,\s*\"(\w+)\"", text) + \
        [name for table, words in tables if table != "symbols"
         for name in re.findall(r'"([A-Z][A-Z0-9_]+)"', words)]


def rule_lines(word):
    return dict(re.findall(rf"^{word}\s+(\S+)\s+(.*?)\s*$", "".join(
        read(p) for p in files("rules/*.cf")), re.M))


def defined_rules():
    """Rules of the rule files that may hit by themselves."""
    return set(re.findall(
        r"^(?:header|body|rawbody|full|uri|uri_detail|mimeheader|meta)\s+"
        r"((?!__)\w+)\s", "".join(read(p) for p in files("rules/*.cf")), re.M))


def documented_symbols():
    """Check name to symbols with the points shown in postern-rules(5)."""
    found, section = {}, None
    for line in page_section("postern-rules.5", "SYMBOLS"):
        if line.startswith(".Ss "):
            section = line[4:]
        elif item := re.match(r"\.It Dv (\w+) No (\S+)$", line):
            found.setdefault(section, {})[item[1]] = item[2]
    return found


def points_faults(name, documented, scores):
    if name not in scores:
        yield "is not scored in rules/*.cf"
    elif float(scores[name]) != float(documented.get(name, "nan")):
        yield (f"counts {scores[name]}, but "
               f"{documented.get(name, 'nothing')} in postern-rules(5)")


def check_symbols():
    scores, described = rule_lines("score"), rule_lines("describe")
    documented, known = documented_symbols(), set()
    for check, (symbols, text) in declared_symbols().items():
        raised = raised_symbols(text)
        own = documented.get(check, {})
        case(f"symbols {check}", [
            *differ(("declared", "raised"), symbols, raised),
            *differ(("declared", "in postern-rules(5)"), symbols, own)])
        for name in symbols:
            case(f"symbol {name}", [
                *(["is not in UPPER_SNAKE"] if name != name.upper() else []),
                *(["is declared twice"] if name in known else []),
                *([] if name in described else ["is not described"]),
                *points_faults(name, own, scores)])
            known.add(name)
    rules = defined_rules()
    for name in sorted(rules):
        case(f"rule {name}", [
            *([] if name in described else ["is not described"]),
            *([] if name in scores else ["is not scored"]),
            *(["is a check's symbol"] if name in known else []),
            *(["reaches 5 points alone"]
              if float(scores.get(name, 0)) >= 5 else [])])
    case("symbols known", [f"{name} is neither a rule nor a check's symbol"
                           for name in sorted((set(scores) | set(described)) -
                                              known - rules)])
    case("symbol sections", differ(("a check", "in postern-rules(5)"),
                                   declared_symbols(), documented))


# Manual


def page_section(page, *sections):
    """The source lines of some sections of a page."""
    inside, lines = False, []
    for line in read(f"man/{page}").split("\n"):
        if line.startswith(".Sh "):
            inside = line[4:] in sections
        elif inside:
            lines.append(line)
    return lines


def plain(text):
    """A macro's arguments as they are shown."""
    for escape, shown in (("\\(dq", '"'), ("\\&", ""), ("\\e", "\\")):
        text = text.replace(escape, shown)
    return text


def items(lines, macro):
    """Names after .It MACRO; several of them are separated by commas."""
    found = []
    for line in lines:
        if line.startswith(f".It {macro} "):
            found += [name for name in line.split()[2:]
                      if re.fullmatch(r"[\w-]+", name)]
    return found


def page_faults(path):
    for line in run("mandoc", "-T", "lint", path).stdout.split("\n"):
        if line and "referenced manual not found" not in line:
            yield line
    for name, number in re.findall(r"^\.Xr (\S+) (\d)", read(path), re.M):
        if not os.path.exists(os.path.join(TOP, "man", f"{name}.{number}")):
            yield f"refers to {name}({number}), which is not ours"


def check_pages():
    pages = files("man/*")
    if tool("mandoc", *(f"mandoc {path}" for path in pages)):
        for path in pages:
            case(f"mandoc {path}", page_faults(path))
    text = run(CTL, "-h").stdout
    case("manual commands", differ(
        ("a command", "in posternctl(1)"),
        re.findall(r"^  ([\w-]+) {2,}", text, re.M),
        items(page_section("posternctl.1", "COMMANDS"), "Ic")))
    for what in ("scan", "send", "rules", "dkim", "dmarc", "domain",
                 "dnslists", "torture"):
        done = run(CTL, what, "--help")
        text += done.stdout + done.stderr
    case("manual options", differ(
        ("an option", "in posternctl(1)"),
        re.findall(r"(?<!\w)-(-[a-z0-9-]+)", text) + ["-help"],
        re.findall(r"Fl (-[a-z0-9-]+)", "\n".join(
            line for line in read("man/posternctl.1").split("\n")
            if line.startswith(".It ")))))
    case("manual postern(8)", differ(
        ("an option", "in postern(8)"),
        re.findall(r"^  -(\w)", run(DAEMON, "-h").stdout, re.M) + ["h"],
        re.findall(r"^\.It Fl (\w)", read("man/postern.8"), re.M)))


def check_report():
    """Members of the log line and of the JSON object, by the source."""
    text = read("lib/verdict/report.c")
    log = text[text.index("\nlog_key("):text.index("\njson_key(")]
    json = text[text.index("\njson_key("):]
    case("log fields", differ(
        ("logged", "in postern(8)"),
        re.findall(r'log_\w+\(b, "(\w+)"', log) +
        re.findall(r'[" ]([a-z]+)=[%<\\"]', log),
        items(page_section("postern.8", "LOG"), "Cm")))
    case("JSON members", differ(
        ("printed", "in posternctl(1)"),
        re.findall(r'json_\w+\(b, "(\w+)"', json) +
        re.findall(r'json_\w+\(out, "(\w+)"',
                   read("lib/verdict/authresults.c")),
        items(page_section("posternctl.1", "JSON"), "Cm")))


# Configuration


def documented_keys():
    """section.key to the default and the sentence on what it takes."""
    found, section = {}, ""
    lines = page_section("postern.conf.5", "KEYS")
    for line, following in zip(lines, lines[1:]):
        if line.startswith(".Ss "):
            section = "" if line == ".Ss General" else line[4:] + "."
        elif item := re.match(r"\.It Ic (\w+) No = (.*)", line):
            found[section + item[1]] = (plain(item[2]), following)
    return found


def values(text):
    """section.key to value, of what check-config prints."""
    found, section = {}, ""
    for line in text.split("\n"):
        if opened := re.fullmatch(r"(\w+) \{", line):
            section = opened[1] + "."
        elif line == "}":
            section = ""
        elif pair := re.match(r"\t?(\w+) = (.*?)(\t# .*)?$", line):
            found[section + pair[1]] = pair[2]
    return found


def as_file(keys):
    """Documented defaults as a configuration."""
    text = ""
    for name in sorted(keys, key=lambda name: "." in name):
        section, dot, key = name.rpartition(".")
        pair = f"{key} = {keys[name][0]}\n"
        text += f"{section} {{\n{pair}}}\n" if dot else pair
    return text


def taken_by(folder, name):
    """What a key takes, as the program says when it refuses a value."""
    conf = os.path.join(folder, "empty.conf")
    listed = run(CTL, "-c", conf, "-o", name + "={a,b}", "check-config")
    if "takes one value" not in listed.stderr:
        return "A list of "
    refused = run(CTL, "-c", conf, "-o", name + "=" + "?" * 1000,
                  "check-config").stderr
    words = re.search(r"must be (.*), not \"", refused)[1]
    words = re.sub(r" with at most 3 decimals$| with its unit: .*$|"
                   r" in bytes, or with the unit .*$", "", words)
    return words[0].upper() + words[1:] + "."


def key_faults(folder, name, documented, real, written):
    if name not in documented:
        yield "is not in postern.conf(5)"
        return
    if written.get(name) != real[name]:
        yield (f"default {real[name]}, but {documented[name][0]} in "
               "postern.conf(5)")
    taken = taken_by(folder, name)
    if not documented[name][1].startswith(taken):
        yield f"takes \"{taken}\", not \"{documented[name][1]}\""


def sample_faults(text, real):
    """Keys of the sample that are commented out are promises too."""
    section = ""
    for line in text.split("\n"):
        line = line.strip()
        if opened := re.match(r"(\w+) \{$", line):
            section = opened[1] + "."
        elif line == "}":
            section = ""
        elif pair := re.match(r"#?\s*(\w+) = ", line):
            if section + pair[1] not in real:
                yield f"{section}{pair[1]} is no key"


def write(path, text):
    with open(path, "w", encoding="utf-8") as f:
        f.write(text)


def check_configuration(folder):
    documented = documented_keys()
    write(os.path.join(folder, "empty.conf"), "")
    write(os.path.join(folder, "written.conf"), as_file(documented))
    shutil.copy(os.path.join(TOP, "contrib/postern.conf"), folder)
    shutil.copytree(os.path.join(TOP, "rules"), os.path.join(folder, "rules"))
    done = {name: run(CTL, "-c", os.path.join(folder, name + ".conf"),
                      "check-config")
            for name in ("empty", "written", "postern")}
    case("sample read", [done["postern"].stderr] *
         bool(done["postern"].returncode))
    case("sample scores", re.findall(r"^# (.* no score .*)$",
                                     done["postern"].stdout, re.M))
    real = values(done["empty"].stdout)
    case("sample keys", sample_faults(read("contrib/postern.conf"), real))
    case("defaults read", [done["written"].stderr] *
         bool(done["written"].returncode))
    case("keys known", [f"{name} in postern.conf(5) is no key"
                        for name in sorted(set(documented) - set(real))])
    written = values(done["written"].stdout)
    for name in real:
        case(f"key {name}", key_faults(folder, name, documented, real,
                                       written))
    check_limits(real)


# Limits


def number(text):
    """A number as people or C write it; None where it is none."""
    text = re.sub(r"INT64_C|LL\b|(?<=\d)u\b", "", text).strip()
    units = {"k": 1 << 10, "M": 1 << 20, "G": 1 << 30}
    if found := re.fullmatch(r"(\d+) ?([kMG])B?", text):
        return int(found[1]) * units[found[2]]
    if re.fullmatch(r"[\d() <]+", text):
        return eval(text, {})
    return None


def check_limits(real):
    """The table in SECURITY.md: keys of the configuration, named constants."""
    constants = {}
    for path in files("lib/**/*.[ch]", "milter/*.[ch]"):
        for name, value in re.findall(
                r"^#define (\w+)[ \t]+([^/\n]+?)\s*(?:/\*|$)", read(path),
                re.M):
            constants.setdefault(name, set()).add(number(value))
    rows = re.findall(r"^\| `([\w.]+)` \| ([^|]+) \|", read("SECURITY.md"),
                      re.M)
    names = [name for name, _ in rows]
    case("limits", [f"{name} stands twice in SECURITY.md"
                    for name in sorted(set(names)) if names.count(name) > 1])
    for name, value in rows:
        found = {number(real.get(name, ""))} if "." in name else \
            constants.get(name)
        case(f"limit {name}", [] if found == {number(value)} else
             [f"is {found} in the code, but {value} in SECURITY.md"])


# Packages


def dev_packages(text):
    """What is to be compiled with, but for the C library."""
    return set(re.findall(r"\blib[\w.+-]+-dev\b", text)) - {
        "libc6-dev", "libhyperscan-dev"}


def check_packages():
    """What the package is built with is what "make deps-build" brings in."""
    needed = re.search(r"^build='(.*?)'", read(".ci/deps"), re.M | re.S)[1]
    case("packages", differ(("in .ci/deps", "in debian/control"),
                            dev_packages(needed),
                            dev_packages(read("debian/control"))))


# A running daemon


def ask(control, command):
    return run(CTL, "--control", control, command)


def check_daemon(folder):
    """Metrics and status as a daemon prints them."""
    control = os.path.join(folder, "control")
    argv = [DAEMON, "-c", os.path.join(folder, "empty.conf")]
    # A resolver that is never asked: without any, no metrics of the DNS.
    for pair in (f"daemon.listen=unix:{folder}/milter",
                 "dns.forwarders=127.0.0.1@9",
                 f"daemon.control={control}", "daemon.user=", "log.to=stderr",
                 "store.backend=memory", "daemon.drain=0"):
        argv += ["-o", pair]
    with open(os.path.join(folder, "log"), "wb") as log:
        daemon = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=log,
                                  stderr=log)
    try:
        until = time.monotonic() + STARTUP_SECONDS
        while ask(control, "status").returncode != 0 and \
                daemon.poll() is None and time.monotonic() < until:
            time.sleep(0.05)
        stats, status = ask(control, "stats"), ask(control, "status")
    finally:
        daemon.send_signal(signal.SIGTERM)
        ended = daemon.wait(timeout=30)
    case("daemon ends", [f"status {ended}"] * (ended != 0))
    case("metrics", differ(
        ("printed", "in postern(8)"),
        re.findall(r"^# TYPE (\S+)", stats.stdout, re.M),
        items(page_section("postern.8", "METRICS"), "Cm")))
    text = " ".join(page_section("posternctl.1", "COMMANDS"))
    case("status", [f"{name} is not in posternctl(1)" for name in
                    re.findall(r"^([\w ]+): ", status.stdout, re.M)
                    if not re.search(rf"\b{name}\b", text)])


def main():
    os.chdir(TOP)
    check_sources()
    check_objects()
    check_symbols()
    check_report()
    check_packages()
    if os.path.exists(CTL) and os.path.exists(DAEMON):
        check_pages()
        with tempfile.TemporaryDirectory(prefix="postern-lint-") as folder:
            check_configuration(folder)
            check_daemon(folder)
    else:
        case("programs", [f"are not built in {BUILD}"])
    print(f"{count['passed']} passed, {count['failed']} failed, "
          f"{count['skipped']} skipped")
    return 1 if count["failed"] else 0


if __name__ == "__main__":
    sys.exit(main())
