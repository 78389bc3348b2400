#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Kills flytefs at any moment, mounts it again, and looks whether everything that was acknowledged is there.

crash.py [--rounds N] [--seed S] [--only CASE]

Several clients launch, terminate, relaunch, recover, put away, delete, register and read, while tasks run. The daemon gets
SIGKILL in the midst of it, or SIGTERM, or its mount is taken away. FLYTEFS names the program, FLY_CONFIGURATION
(gcc, asan, tsan) how many rounds there are; with sanitizers all is slower. CRASH_KEEP keeps what failed.
"""

import argparse
import os
import random
import shutil
import signal
import sys
import threading
import time

import cases
from client import Client, Round, Waiter
from model import DOMAIN, Model, entities
from mount import Mount
from verify import Verifier

CLIENTS = 4
SETTLE_EVERY = 10       # rounds between two waits for the end of all runs


class Crash:
    def __init__(self, program, seed, slow):
        self.random = random.Random(seed)
        self.mount = Mount(program, slow)
        self.model = Model()
        self.verifier = Verifier(self.mount, self.model)
        self.clients = [Client(self.mount, self.model, i, seed) for i in range(CLIENTS)]
        self.waiter = Waiter(self.mount, seed)
        self.seconds = {}

    def begin(self):
        here = os.path.dirname(os.path.abspath(__file__))
        shutil.copy(f"{here}/task.sh", f"{self.mount.top}/task.sh")
        self.mount.start()
        for kind, name, document in entities(self.mount.top):
            cases.register(self.mount, f"{DOMAIN}/{kind}/{name}/v1", document)

    # --- a round ----------------------------------------------------------------------------------

    def how(self, number):
        if number % SETTLE_EVERY == 0:
            return "unmount"
        return self.random.choices(["kill", "term", "lazy"], [80, 12, 8])[0]

    def work(self, round_, how, last):
        """Clients at work until the moment at which the daemon is ended."""
        who = self.clients + ([] if how == "unmount" else [self.waiter])
        threads = [threading.Thread(target=w.go, args=(round_,), daemon=True) for w in who]
        for t in threads:
            t.start()
        until = time.monotonic() + self.random.choice([0.02, 0.1, 0.3, 0.6]) * self.random.random() * 2
        while time.monotonic() < until:
            time.sleep(0.02)
            if self.random.random() < 0.02:
                cases.kill_supervisor(self.mount, self.model, self.random)
        if how == "unmount":
            round_.stop.set()
            self.join(threads)
            self.timed("settle", self.settle)
            if last:
                self.verifier.everything(whole=True)
        self.mount.end(how)
        round_.stop.set()
        return threads

    def join(self, threads):
        for t in threads:
            t.join(100 * self.mount.slow)
            if t.is_alive():
                raise RuntimeError("a client hangs, whatever the watchdog does")

    def settle(self):
        self.verifier.everything()
        self.verifier.wait_for_ends(60 * self.mount.slow)
        self.verifier.everything()      # children and lost names, that were not known before
        self.verifier.wait_for_ends(60 * self.mount.slow)
        self.verifier.check_ends()

    def timed(self, what, function, *arguments):
        began = time.monotonic()
        function(*arguments)
        self.seconds[what] = self.seconds.get(what, 0) + time.monotonic() - began

    def round(self, number, last=False):
        how = "unmount" if last else self.how(number)
        self.model.count(f"rounds ended by {how}")
        threads = self.work(Round(number), how, last)
        self.mount.wait_end()
        self.join(threads)
        self.mount.let_go()
        self.model.drafts.clear()
        self.timed("store", self.verifier.store)
        if last:
            return
        self.timed("start", self.mount.start, self.random.random() < 0.1)
        self.timed("verify", self.verifier.everything)

    # --- the whole ------------------------------------------------------------------------------------

    def run(self, rounds):
        self.begin()
        for number in range(1, rounds + 1):
            self.round(number, number == rounds)
            if len(self.mount.failures) > 20:
                print("too much has failed", flush=True)
                break
        self.verifier.leftovers()

    def figures(self):
        lines = {**self.model.counts, "runs": len(self.model.runs)}
        lines |= {f"slowest {what}, ms": round(1000 * s) for what, s in self.mount.slowest.items()}
        lines |= {f"seconds of {what}": round(s, 1) for what, s in self.seconds.items()}
        for what in sorted(lines):
            print(f"{lines[what]:8} {what}")


def interrupted(number, _):
    """Nothing is left behind then either: whoever has a mount closes it on the way out."""
    for other in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
        signal.signal(other, signal.SIG_IGN)
    sys.exit(128 + number)


def main():
    for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
        signal.signal(number, interrupted)
    configuration = os.environ.get("FLY_CONFIGURATION", "gcc")
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=200 if configuration == "gcc" else 30)
    parser.add_argument("--seed", type=int, default=int.from_bytes(os.urandom(4), "big"))
    parser.add_argument("--only", choices=sorted(cases.CASES) + ["rounds"],
                        help="one of the directed cases, or the random rounds, alone")
    options = parser.parse_args()
    top = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    program = os.environ.get("FLYTEFS", f"{top}/build/src/main/flytefs")
    slow = 1 if configuration == "gcc" else 5
    if not os.access("/dev/fuse", os.R_OK | os.W_OK):
        print("skipped: /dev/fuse can't be used")
        return 77
    print(f"seed {options.seed}, {options.rounds} rounds", flush=True)
    failures = []
    for name in sorted(cases.CASES) if options.only is None else {options.only} - {"rounds"}:
        mount = Mount(program, slow)
        try:
            cases.CASES[name](mount, random.Random(options.seed), options.rounds)
        finally:
            mount.close()
        print(f"case {name}: {len(mount.failures)} failures", flush=True)
        failures += mount.failures
    if options.only not in (None, "rounds"):
        return len(failures) > 0
    crash = Crash(program, options.seed, slow)
    began = time.monotonic()
    try:
        crash.run(options.rounds)
    finally:
        crash.mount.close()
    crash.figures()
    failures += crash.mount.failures
    for text in failures:       # once more: a log may be cut before its end
        print("FAILED:", text[:2000])
    print(f"seed {options.seed}: {options.rounds} rounds in {time.monotonic() - began:.1f} s, {len(failures)} failures")
    return len(failures) > 0


if __name__ == "__main__":
    sys.exit(main())
