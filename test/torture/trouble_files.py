"""trouble_files - what operators and programs do to the files that postern
reads, while it is told to read them again.
"""

import contextlib
import os
import subprocess
import time

from case import case, check, need
from mta import write
from postern import BUILD

STORM_SECONDS = 3
STORM_PAUSE = 0.02
# Each costs a backtracking matcher years on one of the lines below.
BOMBS = r"""
body BOMB_A /(a+)+$/
body BOMB_B /(a|aa)+$/
body BOMB_C /(.*a){20}b/
body BOMB_D /(x+x+)+y/
body BOMB_E /^(([a-z])+.)+[A-Z]([a-z])+$/
rawbody BOMB_F /(?:a*)*(?:a*)*z/
full BOMB_G /(?s)(?:.*,){12}P/
header BOMB_H Subject =~ /^(\w+\s?)*$/
uri BOMB_I /(\/+)+[^\/]+\.(?:\w+\.)+exe$/
body BOMB_J /(?=(a+))\1+b/
body BOMB_K /(a?){60}a{60}/
body BOMB_L /(x+x+)+y\1/
"""
FUSES = (b"a" * 30000 + b"!", b"x" * 30000, b"a," * 15000,
         b"http://a.example/" + b"/" * 3000 + b"a.b.c.d", b"a a" * 9000,
         b"x" * 2000 + b"yz")

# name, what it holds when it is well, a line that belongs in none such
FILES = {
    "conf": ("postern.conf", "no_such_key = yes"),
    "rules": ("rules/own.cf", "body OWN_BROKEN /(unclosed/"),
    "list": ("lists/deny", "nonsense of no kind"),
}


def own_rules(count, word="nobody writes this"):
    return "".join(f"body OWN_{n} /{word} {n}/\nscore OWN_{n} 0.1\n"
                   for n in range(count))


@contextlib.contextmanager
def own_files(place):
    os.mkdir(place.path("lists"))
    write(own_rules(30), place.path("rules", "own.cf"))
    write("".join(f"sender s{n}@bad.example\n" for n in range(30)),
          place.path("lists", "deny"))
    yield {"lists.deny": place.path("lists", "deny"), "recipients.roles": "{}"}


def broken(text, nonsense):
    lines = text.split("\n")
    return "\n".join(lines[:10] + [nonsense] + lines[10:])


def empty(_text, _nonsense):
    return ""


def half(text, _nonsense):
    """In the midst of a line."""
    middle = text.index("\n", len(text) // 2) + 1
    return text[:text.index("\n", middle) - 3]


def damage(place, file, how):
    """In place, as an editor or a full disk would leave it."""
    name, nonsense = FILES[file]
    path, before = place.path(name), place.generation()
    with open(path, encoding="utf-8") as f:
        good = f.read()
    write(how(good, nonsense), path)
    note = place.reload("reload refused")
    check(os.path.basename(name) in note, "the reason names no file:", note)
    check(place.generation() == before, "the generation has changed")
    status, text = place.ask("reload")
    check(status == 78, "posternctl reload said", status, text)
    write(good, path)
    note = place.reload("in use")
    check(place.generation() == before, "the old files are another one")


def add_damage():
    for file, (name, _) in FILES.items():
        for how in broken, empty, half:
            def function(place, file=file, how=how):
                damage(place, file, how)
            function.__name__ = f"{file}_{how.__name__}"
            function.__doc__ = f"{name} {how.__name__}, and HUP"
            case("250/550", prepare=own_files,
                 short=file == "rules" and how is half)(function)


add_damage()


@case("250/550", short=True)
def reload_storm(place):
    """HUP many times a second, with files that stay"""
    before, loads = place.generation(), place.figure("reloads_total")
    end = time.monotonic() + STORM_SECONDS
    while time.monotonic() < end:
        place.daemon.reload()
        time.sleep(STORM_PAUSE)
    place.reload("in use")
    check(place.figure("reloads_total") > loads + 1, "it did not reload")
    check(place.generation() == before, "the generation has changed")


@case("250/550", prepare=own_files)
def reload_storm_changing(place):
    """the same, with rules and a list that change each time"""
    end, n = time.monotonic() + STORM_SECONDS, 0
    while time.monotonic() < end:
        n += 1
        place.replace("rules/own.cf", own_rules(20 + n % 10, f"turn {n}"))
        place.replace("lists/deny", f"sender s{n}@bad.example\n" * 30)
        place.daemon.reload()
        time.sleep(STORM_PAUSE)
    # What was written last is in use when all is quiet.
    place.replace("rules/own.cf", own_rules(20, "Nothing special") +
                  "body OWN_LAST /Nothing special here/\nscore OWN_LAST 0.1\n")
    place.reload("in use")
    place.until(lambda: place.seen("OWN_LAST"), "the last rules' symbols")


def bombed(place):
    write(BOMBS, place.path("rules", "bombs.cf"))
    return contextlib.nullcontext({})


@case("250/550", prepare=bombed, short=True)
def regex_bombs(place):
    """patterns that would run for ever, and letters made for them"""
    text = b"\r\n\r\n".join(FUSES)
    for flow in place.flows:
        head = place.head(flow, "bombs") + b"Subject: " + b"a " * 400 + b"\r\n"
        start = time.monotonic()
        code = place.send(flow, head + b"\r\n" + text + b"\r\n")
        check(code == 250, "bombs were answered", code)
        check(time.monotonic() - start < 30, "bombs took too long")
    for name in ("BOMB_", "RULES_TOO_SLOW"):
        place.until(lambda: place.seen(name), f"a letter that tells {name}")


COUNTRY = "203.0.113.0/24 KP AS64500\n127.0.0.0/8 KP AS64500\n"
OTHERS = "".join(f"10.{n // 256}.{n % 256}.0/24 DE AS{64512 + n} Number {n}\n"
                 for n in range(2000))


def make_places(path, lines):
    """Overwrites a file that is there."""
    program = os.path.join(BUILD, "test", "bench", "places")
    need(os.path.exists(program), f"{program} is not built (make torture)")
    subprocess.run([program, path], input=lines.encode(), check=True)


@contextlib.contextmanager
def geo_file(place):
    place.geo = place.path("places.mmdb")
    make_places(place.geo, COUNTRY + OTHERS)
    yield {"geoip.files": place.geo, "geoip.unwanted_countries": "KP"}


@case("250/550", prepare=geo_file, short=True)
def geoip_truncated(place):
    """its file loses its second half in place"""
    before = place.generation()
    with open(place.geo, "rb") as f:
        good = f.read()
    os.truncate(place.geo, len(good) // 2)
    time.sleep(0.5)
    note = place.reload("reload refused")
    check("places.mmdb" in note, "the reason names no file:", note)
    check(place.generation() == before, "the generation has changed")
    for flow in place.flows:
        flow.mta.sink.wait(len(flow.mta.sink.messages) + 5)
        check("GEOIP_UNWANTED" in place.headers(flow)[-1],
              "places are not known any more")
    with open(place.geo, "r+b") as f:
        f.write(good)
    place.reload("in use")


@case("250/550", prepare=geo_file)
def geoip_replaced(place):
    """its file is overwritten piece by piece with another one"""
    other = place.path("other.mmdb")
    make_places(other, COUNTRY.replace("KP", "SE") + OTHERS)
    before = place.generation()
    with open(other, "rb") as new, open(place.geo, "r+b") as f:
        while piece := new.read(16384):
            f.write(piece)
            f.flush()
            place.daemon.reload()
            time.sleep(0.2)
        f.truncate()
    place.reload("in use")
    check(place.generation() != before, "the generation has not changed")
    place.until(lambda: all("GEOIP_UNWANTED" not in
                            (place.headers(flow) or ["GEOIP_UNWANTED"])[-1]
                            for flow in place.flows), "the new places")
