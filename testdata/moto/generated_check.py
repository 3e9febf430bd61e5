"""Has Sekisho audit accounts made at random, and compares every verdict with the truth.

    generated_check.py SEKISHO EMULATOR moto|emulator SEED...

are the two programs, built; each seed is an account (generated.py), made in moto, or served by the emulator with answers about single users that
differ from its old credential report (emulated.py). Each disagreement is printed with its seed; the exit status is 1 where there is one.
"""

from __future__ import annotations

import dataclasses
import os
import random
import signal
import sys

import emulated
import exceptions
import frameworks
import generated
import truth
from sekisho import Sekisho
from standin import StandIn
from tally import Tally

RULES = tuple(truth.expected(generated.account(0)))
ASKED = tuple(argument for framework in frameworks.ALL for argument in ("--framework", framework))


def main():
    if len(sys.argv) < 5 or sys.argv[3] not in ("moto", "emulator"):
        sys.exit("usage: generated_check.py SEKISHO EMULATOR moto|emulator SEED...")
    sekisho, emulator, where, *seeds = sys.argv[1:]
    # Whoever stops it must not leave its programs behind.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("generated_check: error: stopped"))
    tally = Tally(f"generated accounts, {where}")
    if where == "moto":
        in_moto(tally, os.path.abspath(sekisho), seeds)
    else:
        in_emulator(tally, os.path.abspath(sekisho), os.path.abspath(emulator), seeds)
    tally.finish(250 * len(seeds))


def in_moto(tally, binary, seeds):
    for seed in seeds:
        with StandIn() as moto:
            moto.reset()
            account = generated.account(seed)
            settings = generated.settings(seed, account)
            keys = moto.build(account)
            sekisho = Sekisho(binary, moto.endpoint)

            def audit(*arguments, settings=settings, sekisho=sekisho, start=moto.start):
                return sekisho.audit(*ASKED, *arguments, settings=settings, start=start)

            dice = random.Random(seed)
            audits(tally, f"moto, seed {seed}", audit, settings, lambda run, a=account, s=settings, k=keys, n=moto.names: compare(tally, run, a, s, k, n),
                   dice.choice(((), ("--depth", "deep"), ("--fresh",))))


def in_emulator(tally, binary, emulator, seeds):
    for seed in seeds:
        world = emulated.World(seed)
        settings = generated.settings(seed, world.now)
        with world.served(emulator) as endpoint:
            sekisho = Sekisho(binary, endpoint)

            def audit(*arguments, settings=settings, sekisho=sekisho, start=world.start):
                return sekisho.audit(*ASKED, *arguments, settings=settings, start=start)

            audits(tally, f"emulator, seed {seed}", audit, settings, lambda run, w=world, s=settings: compare(tally, run, w.now, s, w.keys, w.names), ("--fresh",))
            for depth in "auto", "standard":
                tally.scenario(f"emulator, seed {seed}, {depth}")
                world.compare(tally, sekisho.audit("--depth", depth, settings=settings, start=world.start), settings,
                              truth.OFF_BY_DEFAULT + (truth.SWEEPS if depth == "standard" else ()))


def audits(tally, name, audit, settings, judge, arguments):
    """Audits with exceptions, without, and by the standard depth."""
    tally.scenario(name)
    run = audit(*arguments)
    judge(run)
    frameworks.check(tally, run, settings)
    if settings.allowances:
        plain = audit(*arguments, settings=dataclasses.replace(settings, allowances=()))
        exceptions.check(tally, plain, run, settings)
    else:
        tally.equal("exit status", run.status, run.deserved_status())


def compare(tally, run, account, settings, keys, names):
    got = run.verdicts(keys, names)
    tally.decided("privilege-escalation", got.get("privilege-escalation", {}))
    want = truth.expected(account, settings)
    tally.verdicts({rule: verdicts for rule, verdicts in got.items() if rule in want}, want)


if __name__ == "__main__":
    main()
