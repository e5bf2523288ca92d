"""scaling - what a message costs side_by_side.py's filters as messages, rule
files, or the keys in Redis grow."""
import contextlib
import os
import statistics

import auth
import content
import lineup
import store
from auth import write
from page import Table, short
from run import load, median

# Large mail is large by what is attached.
SIZES = ((1000, "html"), (10000, "html"), (100000, "html"),
         (1000000, "attachment"), (10000000, "attachment"),
         (50000000, "attachment"))
AT_MOST = 20            # messages of a size in a round
USUAL_SIZE = 37000      # bytes of the messages that give a filter's speed
BULK = 50000000         # bytes of a size in a round, but one message at least
RULES = (100, 1000, 10000)
KEYS = 1000000
RULED = {"postern": lambda line, name, rules:
         line.postern(name, (lineup.SHIPPED_RULES, rules)),
         "rspamd": lineup.Lineup.rspamd, "spamd": lineup.Lineup.spamd}
KEYED = ("nothing", "postern", "rspamd")


def unit(size):
    return f"{size // 1000000} MB" if size >= 1000000 else f"{size // 1000} kB"


def in_turns(rounds, targets, once):
    """Rows by the name of the filter; who goes first changes."""
    rows = {target.name: [] for target in targets}
    for number in range(rounds):
        for target in targets[::-1 if number % 2 else 1]:
            rows[target.name].append(once(target))
    return rows


def sized_files(line, sizes):
    """Signed messages of these sizes."""
    os.mkdir(f"{line.state}/sizes")
    for number, (size, form) in enumerate(sizes):
        with open(f"{line.state}/sizes/{number}.eml", "wb") as f:
            f.write(content.large(form, size))
    auth.sign(line.state, "sizes", "sized", lineup.DOMAINS, "rsa")
    return [f"{line.state}/sized/{n:04}.eml" for n in range(len(sizes))]


def times(line, target, size):
    """How often a message is sent in a turn, that it may not last long."""
    usual = target.speed * line.arguments.seconds
    return int(max(1, min(AT_MOST, BULK / size, usual,
                          usual * USUAL_SIZE / size)))


def by_size(line, targets):
    """Milliseconds until the answer, one message after another."""
    sizes = SIZES[:3] if line.arguments.short else SIZES
    table = Table("Time to the answer by size, in ms (median, 1 connection)",
                  ["filter", *(f"{unit(size)} {form}"
                               for size, form in sizes)])
    cells = {target.name: [] for target in targets}
    for (size, _), path in zip(sizes, sized_files(line, sizes)):
        found = in_turns(line.arguments.rounds, targets, lambda target: load(
            line.arguments, target, [path], 1, times(line, target, size)))
        for name, rows in found.items():
            cells[name].append(short(median(rows, "p50")))
        os.unlink(path)
    for name in lineup.NAMES:
        if name in cells:
            table.add(lineup.NAMES[name], *cells[name])
    table.remarks.append("spamc, which spamass-milter calls, hands nothing "
                         "above 500 kB to spamd.")
    return table


def by_rules(line, targets, once):
    """Seconds of CPU for a thousand messages."""
    counts = RULES[:2] if line.arguments.short else RULES
    table = Table("CPU seconds per 1,000 messages by rules that hit nothing "
                  "(8 connections)",
                  ["filter", *(f"{n} more" for n in counts), "last / first"])
    for name in (t.name for t in targets if t.name in RULED):
        rows = rules_of(line, name, counts, once)
        means = [median(rows[key], "cpu") for key in rows]
        table.add(lineup.NAMES[name], *(short(m * 1000) for m in means),
                  short(quotient(rows, "cpu", *reversed(
                      [list(rows)[0], list(rows)[-1]]))))
    return table


def rules_of(line, name, counts, once):
    """Filters of one kind that differ in their rules, together."""
    with contextlib.ExitStack() as stack:
        found = []
        for count in counts:
            rules = content.idle_rules(f"{line.state}/idle.{count}.cf", count)
            target = RULED[name](line, f"{name}-{count}", rules)
            stack.callback(target.stop)
            target.files = line.files
            once(target)
            found.append(target)
        return in_turns(line.arguments.rounds, found, once)


def quotient(rows, key, above, below):
    """Median over the rounds of above's value divided by below's."""
    found = [a[key] / b[key] for a, b in zip(rows[above], rows[below])
             if b[key] > 0]
    return statistics.median(found) if found else None


def by_keys(line, targets, once):
    """The same filters before and after Redis is filled."""
    keys = line.arguments.keys
    targets = [target for target in targets if target.name in KEYED]
    first = int(line.redis.say("DBSIZE"))
    before = in_turns(line.arguments.rounds, targets, once)
    postern = line.filters["postern"]
    postern.redis = line.redis
    store.grow(line.arguments, postern, keys)
    after = in_turns(line.arguments.rounds, targets, once)
    table = Table("With more keys in Redis (8 connections)",
                  ["filter", f"msg/s with {first}", f"with {keys}",
                   "CPU s per 1,000", "then"])
    for name in before:
        table.add(lineup.NAMES[name],
                  *(short(median(rows[name], "rate"))
                    for rows in (before, after)),
                  *(short(median(rows[name], "cpu") * 1000)
                    for rows in (before, after)))
    table.remarks.append("make bench-store does it with ten million keys.")
    return table
