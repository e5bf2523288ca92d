"""trouble_dns - what can happen to the DNS that postern asks, while the
authors' domains want everything refused that is not proven.
"""

import contextlib
import time

from case import case, check

HOLD = 2        # seconds


def misbehave(place, mode, hold=HOLD):
    place.nameserver.mode = mode
    time.sleep(hold)
    place.nameserver.mode = "well"
    asked = place.nameserver.asked[mode]
    check(asked > 0, "nobody asked while the DNS was", mode)


@case("250/550", short=True)
def dns_dead(place):
    """no answers: what is not proven is not refused"""
    misbehave(place, "dead")
    check(place.seen("degraded=dns"), "no letter tells degraded=dns")


@case("4xx+250/550", options={"failures.dns": "tempfail"})
def dns_dead_tempfail(place):
    """the same where the operator wants to wait for it"""
    misbehave(place, "dead", HOLD + 1)


@case("250/550")
def dns_servfail(place):
    """nothing but SERVFAIL"""
    misbehave(place, "servfail")
    check(place.seen("degraded=dns"), "no letter tells degraded=dns")


@case("250/550")
def dns_slow(place):
    """200 ms for each answer, one after the other"""
    misbehave(place, "slow")


@case("250/550")
def dns_lying(place):
    """forged identities, cut and foreign answers, garbage"""
    misbehave(place, "lying")


@case("250/550")
def dns_wildcard(place):
    """every name has an address"""
    misbehave(place, "wildcard")


@contextlib.contextmanager
def a_list(place):
    with open(place.path("list"), "w", encoding="utf-8") as f:
        f.write("list gone\n\tabout\tof this test\n"
                "\tterms\thttps://www.example.org/ none\n"
                "\tzone\tbl.example\n\task\tclient\n"
                "\tcode\t127.0.0.2\tRCVD_IN_SBL\n")
    yield {"dnslists.definitions": place.path("list"),
           "dnslists.use": "gone", "dnslists.self_test": "10s"}


@case("250/550", prepare=a_list)
def dns_list_lists_all(place):
    """a DNS list that says yes to all is not believed for long"""
    place.nameserver.mode = "lists_all"
    place.until(lambda: any("RCVD_IN_SBL" in (value or "") for flow in
                            place.flows for value in place.headers(flow)),
                "a letter from who is listed")
    place.until(lambda: place.figure("dnslist_trusted") == 0,
                "a list that is not trusted")
    place.nameserver.mode = "well"
