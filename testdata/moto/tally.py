"""Counts comparisons and prints those that fail."""

from __future__ import annotations

import sys

from truth import ACCOUNT, UNKNOWN

ABSENT = "nothing"


class Tally:
    def __init__(self, part):
        self.part = part
        self.passed = self.failed = self.before = 0
        self.name = ""

    def scenario(self, name):
        """Names what the following comparisons are about, and prints how many were about the last thing."""
        self._end_scenario()
        self.name = name

    def _end_scenario(self):
        if self.name:
            print(f"account: {self.name}: {self.passed + self.failed - self.before} compared", flush=True)
        self.before = self.passed + self.failed

    def equal(self, what, got, want):
        if got == want:
            self.passed += 1
            return
        self.failed += 1
        if isinstance(got, dict) and isinstance(want, dict):
            differing = [key for key in got.keys() | want.keys() if got.get(key, ABSENT) != want.get(key, ABSENT)]
            got, want = ({key: d.get(key, ABSENT) for key in differing} for d in (got, want))
        print(f"account: {self.name}: {what}: got {got}, want {want}", file=sys.stderr)

    def within(self, what, got, bound):
        """Compares numbers of calls with the most that they may be; an action without a bound may not be called at all."""
        for action in sorted(set(got) | set(bound)):
            if got.get(action, 0) > bound.get(action, 0):
                self.equal(f"{what} of {action}", got[action], f"at most {bound.get(action, 0)}")
            else:
                self.passed += 1

    def decided(self, rule, verdicts, most=0.05):
        """Makes sure that a rule judges somebody, and says of few that it can't."""
        unknown = sum(status == UNKNOWN for status in verdicts.values())
        self.equal(f"{rule}: {unknown} unknown of {len(verdicts)}", bool(verdicts) and unknown <= most * len(verdicts), True)

    def verdicts(self, got, want, blind=(), partly=(), unsure=()):
        """Compares verdicts with the truth, rule by rule. A rule that is blind says unknown only; one that sees a part says the truth or
        unknown, and unknown somewhere; one that is unsure says the truth or unknown."""
        self.equal("rules", sorted(got), sorted(want))
        for rule in sorted(set(want) | set(got)):
            said, true = got.get(rule, {}), want.get(rule, {})
            if rule in blind:
                self.equal(f"{rule}: what else than unknown is said", {r: s for r, s in said.items() if s != UNKNOWN}, {})
                self.equal(f"{rule}: says that it is unknown", bool(said), True)
            elif rule in partly:
                self._truth_or_unknown(rule, said, true)
                self.equal(f"{rule}: says unknown somewhere", UNKNOWN in said.values(), True)
            elif rule in unsure:
                self._truth_or_unknown(rule, said, true)
            else:
                for resource in sorted(set(said) | set(true)):
                    self.equal(f"{rule}: {resource}", said.get(resource, ABSENT), true.get(resource, ABSENT))

    def _truth_or_unknown(self, rule, said, true):
        """Where a resource has no verdict of its own, one on its user, or on the account for all, must say unknown."""
        for resource in sorted(set(said) | set(true)):
            whole = (resource, resource.split("#")[0], ACCOUNT)
            unknown = any(said.get(r) == UNKNOWN for r in whole)
            if said.get(resource, UNKNOWN) == UNKNOWN and unknown:
                self.passed += 1
            else:
                self.equal(f"{rule}: {resource}", said.get(resource, ABSENT), true.get(resource, ABSENT))

    def finish(self, least):
        """Ends the program: with status 1 where a comparison failed or too few were made."""
        self._end_scenario()
        total = self.passed + self.failed
        print(f"account: {self.part}: {self.passed} passed, {self.failed} failed")
        if total < least:
            sys.exit(f"account: error: got {total} comparisons, want {least} or more")
        sys.exit(1 if self.failed else 0)
