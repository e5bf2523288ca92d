"""trouble_redis - what can happen to a Redis that hosts share.  Every sender
is a stranger at first, so that some letters have to come again anyway.
"""

import contextlib
import os
import signal
import time

from case import case, check
from redis import Proxy, Redis

HOLD = 2        # seconds
OPTIONS = {
    "store.backend": "redis", "redis.warm_up": "0",
    "failures.store_deadline": "300ms", "greylist.when": "always",
    "greylist.delay": "1s",
}
EXPECTED = "4xx?+250/550"


@contextlib.contextmanager
def shared(place, proxied=False):
    folder = place.path("redis")
    os.mkdir(folder)
    with contextlib.ExitStack() as stack:
        place.redis = Redis(folder)
        stack.callback(place.redis.stop)
        place.redis.start()
        port = place.redis.port
        if proxied:
            place.proxy = Proxy(port)
            stack.callback(place.proxy.stop)
            port = place.proxy.port
        yield OPTIONS | {"redis.servers": f'"127.0.0.1:{port}"'}


def proxied(place):
    return shared(place, True)


def suffer(place):
    """Until letters of both MTAs were judged without it."""
    time.sleep(HOLD)
    place.until(lambda: place.seen("degraded=store"), "degraded=store")


def settled(place):
    """Redis is used again, and nothing waits for it."""
    place.until(lambda: place.figure("store_reached") == 1 and
                place.figure("store_pending") == 0, "the store to settle")
    check(place.figure("store_lost_total") == 0, "writes were given up")


@case(EXPECTED, prepare=shared, short=True)
def redis_dead(place):
    """killed, and back empty after two seconds"""
    place.redis.kill()
    suffer(place)
    place.redis.start()
    settled(place)


@case("4xx+250/550", prepare=shared, options={"failures.store": "tempfail"})
def redis_dead_tempfail(place):
    """the same where the operator wants to wait for it"""
    place.redis.kill()
    time.sleep(0.3)
    before = [len(flow.of(False, 2)) for flow in place.flows]
    time.sleep(HOLD)
    after = [len(flow.of(False, 2)) for flow in place.flows]
    place.redis.start()
    check(before == after, "letters were taken without Redis:", before, after)
    settled(place)


@case(EXPECTED, prepare=shared)
def redis_frozen(place):
    """SIGSTOP"""
    place.redis.signal(signal.SIGSTOP)
    suffer(place)
    place.redis.signal(signal.SIGCONT)
    settled(place)


@case(EXPECTED, prepare=proxied)
def redis_slow(place):
    """slower, then too slow"""
    place.proxy.delay = 0.05
    time.sleep(HOLD)
    place.proxy.delay = 0.4
    suffer(place)
    place.proxy.delay = 0
    settled(place)


def told(place, kind, words, undo):
    """It answers what is asked, but keeps nothing: mail is judged as ever."""
    check(place.redis.say(words) == "+OK", "Redis refused", words)
    time.sleep(HOLD)
    place.until(lambda: place.figure("store_troubles_total",
                                     f'kind="{kind}"') > 0, kind)
    check(place.redis.say(undo) == "+OK", "Redis refused", undo)
    settled(place)


@case(EXPECTED, prepare=shared)
def redis_readonly(place):
    """a replica: READONLY"""
    told(place, "readonly", "REPLICAOF 127.0.0.1 1", "REPLICAOF NO ONE")


@case(EXPECTED, prepare=shared)
def redis_oom(place):
    """out of memory: OOM"""
    told(place, "oom", "CONFIG SET maxmemory 1",
         "CONFIG SET maxmemory 0")


@case(EXPECTED, prepare=shared)
def redis_loading(place):
    """restarted, and LOADING for a while what it had saved"""
    check(place.redis.say("DEBUG POPULATE 500") == "+OK", "nothing to load")
    check(place.redis.say("SAVE") == "+OK", "Redis saves nothing")
    place.redis.kill()
    place.redis.launch("--loading-process-events-interval-bytes", "1024",
                       "--key-load-delay", "4000")
    place.until(lambda: "LOADING" in place.redis.say("GET x"), "LOADING")
    place.until(lambda: place.redis.say("PING") == "+PONG", "Redis to load")
    check(place.seen("degraded=store"), "no letter tells degraded=store")
    settled(place)


@case(EXPECTED, prepare=shared)
def redis_flushed(place):
    """FLUSHALL, three times"""
    for _ in range(3):
        check(place.redis.say("FLUSHALL") == "+OK", "Redis refused it")
        time.sleep(HOLD / 3)
    settled(place)


@case(EXPECTED, prepare=proxied)
def redis_partitioned(place):
    """nothing gets through, and nothing is refused"""
    place.proxy.cut = True
    suffer(place)
    place.proxy.cut = False
    settled(place)
