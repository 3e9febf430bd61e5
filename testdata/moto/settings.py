"""The settings that an audit is run with, as data, and the configuration file that says the same to Sekisho."""

from __future__ import annotations

import fnmatch
import json
import os
from dataclasses import dataclass, replace
from datetime import timedelta

CONFIGURATION = "sekisho.yaml"  # JSON is YAML, too


@dataclass(frozen=True)
class Limits:
    """What a single user is judged by, under the names of the configuration and with the numbers of the catalogue: days and minutes."""

    user_inactive_days: int = 90
    access_key_max_age_days: int = 90
    access_key_unused_days: int = 45
    access_key_inactive_days: int = 30
    access_key_setup_minutes: int = 5
    password_unused_days: int = 45
    password_unclaimed_days: int = 7
    ssh_key_max_age_days: int = 365
    git_credential_max_age_days: int = 90
    api_key_max_age_days: int = 365
    signing_certificate_max_age_days: int = 365


@dataclass(frozen=True)
class Own:
    """Limits of their own for some users: globs of names, or tag:KEY=VALUE."""

    users: tuple[str, ...]
    limits: tuple[tuple[str, int], ...]


@dataclass(frozen=True)
class Allowance:
    """An exception, with the end as a number of days from now."""

    rule: str
    resource: str
    days: int = 100
    unique_id: str = ""
    account: str = ""


@dataclass(frozen=True)
class Settings:
    required_tags: tuple[str, ...] = ()
    own: tuple[Own, ...] = ()
    allowances: tuple[Allowance, ...] = ()

    def limits(self, user):
        """What a user is judged by: of several entries that match him, the first that names a limit counts."""
        given = {}
        for entry in self.own:
            if any(_matches(pattern, user) for pattern in entry.users):
                given = dict(entry.limits) | given
        return replace(Limits(), **given)

    def write(self, folder, start):
        """Writes the configuration file and returns the arguments that name it. start is the time to which the exceptions' ends relate."""
        name = os.path.join(folder, CONFIGURATION)
        with open(name, "w", encoding="utf-8") as file:
            json.dump({
                "tags": {"required": self.required_tags},
                "thresholds_for": [{"users": entry.users, "thresholds": dict(entry.limits)} for entry in self.own],
                "exceptions": [_exception(allowance, start) for allowance in self.allowances],
            }, file)
        return "--config", name


def _matches(pattern, user):
    """IAM keeps one tag of a key, whatever its case; names and values are compared as they are written."""
    if pattern.startswith("tag:"):
        key, value = pattern.removeprefix("tag:").split("=", 1)
        return any(k.lower() == key.lower() and v == value for k, v in user.tags)
    return fnmatch.fnmatchcase(user.name, pattern)


def _exception(allowance, start):
    entry = {"rule": allowance.rule, "resource": allowance.resource, "reason": "known", "owner": "ops@example.com",
             "expires": (start + timedelta(days=allowance.days)).strftime("%Y-%m-%dT%H:%M:%SZ")}
    return entry | {key: value for key, value in (("unique_id", allowance.unique_id), ("account", allowance.account)) if value}
