"""through - real SMTP through one private Postfix, by a door for each filter.

A door is a port of its own whose milters are that filter, or none; everything
else is shared.  Postfix puts what it takes into its queue and throws it away
from there (discard), so a message costs what Postfix and filter take, and
nobody else's time.  Each message has a connection of its own.
"""
import json
import os
import subprocess
import sys

from lineup import check_replies
from run import Failed

sys.path.append(os.path.join(os.path.dirname(os.path.abspath(__file__)),
                             "../mta"))
from mta import (Address, Postfix, Unavailable,     # noqa: E402, F401
                 read, replaced, write)
from process import (exit_on_signals, free_port,    # noqa: E402, F401
                     wait_until)

DRAIN = 60              # seconds until the queue has to be empty
DISCARD = {"relay_domains": "recipient.example", "relay_transport": "discard",
           "default_transport": "discard"}


class Nowhere:
    """Instead of a sink, for nothing is delivered."""
    port = 9


class Doors(Postfix):
    """filters are addresses, several as Postfix takes them, by name."""

    def __init__(self, folder, filters):
        super().__init__(folder, Address(path="unused"), Nowhere)
        self.doors = {name: (free_port(), milters)
                      for name, milters in filters.items()}

    def configure(self):
        super().configure()
        write(replaced(read(self.config, "main.cf"), DISCARD), self.config,
              "main.cf")
        write(read(self.config, "master.cf") + "".join(
            f"127.0.0.1:{port} inet n - n - - smtpd\n"
            f"  -o smtpd_milters={milters}\n"
            for port, milters in self.doors.values()), self.config,
            "master.cf")

    def drain(self):
        wait_until(lambda: not self.queue(), DRAIN, "the queue to empty")


def load(program, doors, name, envelopes, files, count, connections):
    """As run.load, by smtp.c; client is what that takes itself."""
    done = subprocess.run(
        [program, str(doors.doors[name][0]), str(count), str(connections),
         envelopes, *files], stdout=subprocess.PIPE, text=True)
    if done.returncode != 0:
        raise Failed(f"smtp ended with {done.returncode}")
    doors.drain()
    row = json.loads(done.stdout)
    lost = count - row["accepted"]
    check_replies(f"Postfix with {name}", {
        "accept": row["accepted"], **({row["odd"]: lost} if lost else {})})
    return row
