"""case - what a case of trouble is; the files trouble_*.py fill the table.

What is expected is written before: GOOD/BAD, the answers to good letters and
to those that have to be refused.  GOOD is 250, 4xx+250 (some were deferred,
then taken) or 4xx?+250 (perhaps).  BAD is 550, or 550? where mail may pass
without having been seen.
"""

cases = {}


class Fault(Exception):
    """Something is not as it has to be."""


class Skip(Exception):
    """Why a case cannot be tried here."""


class Case:
    """function is given the place while mail flows; options are postern's.

    prepare: a context manager around it, given the place before postern
    starts; what it yields are further options.
    accepting: the MTAs take mail while their filter is away.
    optimised: nothing for a sanitizer's build.
    """

    def __init__(self, function, expected, options=(), short=False,
                 prepare=None, accepting=False, optimised=False, pause=None):
        self.name = function.__name__.replace("_", "-")
        self.function, self.expected = function, expected
        self.options, self.short = dict(options), short
        self.prepare, self.accepting = prepare, accepting
        self.optimised, self.pause = optimised, pause


    def what(self):
        return " ".join((self.function.__doc__ or "").split())


def case(expected, **more):
    def add(function):
        new = Case(function, expected, **more)
        assert new.name not in cases, new.name
        cases[new.name] = new
        return function
    return add


def check(true, *what):
    if not true:
        raise Fault(" ".join(map(str, what)))


def need(true, why):
    if not true:
        raise Skip(why)
