"""Runs the sekisho program and reads its JSON report."""

from __future__ import annotations

import collections
import datetime
import functools
import json
import os
import subprocess
import sys
import tempfile

from standin import KEYS, REGION
from truth import FAIL, INAPPLICABLE, PASS, UNKNOWN

CLEAN, FAILED, FINDING, UNDECIDED = 0, 1, 3, 4  # exit statuses
RUN_SECONDS = 900
HARMLESS = ("info",)  # severities that do not make the exit status 3


class Sekisho:
    """The program, with one endpoint and one caller."""

    def __init__(self, binary, endpoint, keys=KEYS):
        self.binary, self.endpoint, self.keys = binary, endpoint, keys

    def audit(self, *arguments, rules=(), settings=None, start=None):
        """Runs an audit of some rules, or of all that are on by default, in an environment that holds nothing of the person's who runs the check.
        start is the time to which the ends of the settings' exceptions relate."""
        selection = ["--rules", ",".join(rules)] if rules else []
        with tempfile.TemporaryDirectory() as home:
            if settings is not None:
                selection += settings.write(home, start)
            environment = {
                "PATH": os.environ.get("PATH", ""), "HOME": home, "NO_PROXY": "127.0.0.1", "AWS_ENDPOINT_URL": self.endpoint,
                "AWS_REGION": REGION, "AWS_ACCESS_KEY_ID": self.keys[0], "AWS_SECRET_ACCESS_KEY": self.keys[1],
                "AWS_EC2_METADATA_DISABLED": "true", "AWS_CONFIG_FILE": os.path.join(home, "config"),
                "AWS_SHARED_CREDENTIALS_FILE": os.path.join(home, "credentials"),
            }
            done = subprocess.run([self.binary, "audit", "--format", "json", *selection, *arguments], env=environment, cwd=home,
                                  stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=RUN_SECONDS)
        return Run(done.returncode, done.stdout, done.stderr)


class Run:
    """What one run gave."""

    def __init__(self, status, stdout, stderr):
        self.status, self.stdout, self.stderr = status, stdout, stderr

    @functools.cached_property
    def report(self):
        """The JSON report. Where there is none the check can't go on."""
        if not self.stdout:
            sys.exit(f"account: error: sekisho gave no report, and exit status {self.status}: {self.stderr.strip()}")
        return json.loads(self.stdout)

    def calls(self):
        return collections.Counter(self.report["calls"]["by_action"])

    def verdicts(self, keys, others=None):
        """The verdicts as truth.expected writes them: {rule: {resource: status}}. keys are those of standin's build, and others names credentials of
        other kinds as truth does."""
        names = _key_names(keys) | (others or {})
        verdicts = {rule["id"]: {} for rule in self.report["rules"]}

        def add(rule, resource, status):
            resource = names.get(resource, resource)
            if resource in verdicts[rule] and not status == verdicts[rule][resource] == UNKNOWN:
                raise ValueError(f"got two verdicts of {rule} on {resource}")
            verdicts[rule][resource] = status

        for finding in self.report["findings"]:
            add(finding["rule"], _short(finding["resource"], finding["item"]), finding["status"])
        for rule, passed in self.report["passed"].items():
            for resource in passed["resources"]:
                add(rule, resource, PASS)
        for rule, reasons in self.report["not_applicable"].items():
            for reason in reasons:
                for resource in reason["resources"]:
                    add(rule, resource, INAPPLICABLE)
        return verdicts

    def findings(self):
        """The findings without the times at which AWS was asked and made its report, which differ from run to run."""
        made = datetime.datetime.strptime(self.report["credential_report_at"], "%Y-%m-%dT%H:%M:%SZ")
        text = json.dumps(self.report["findings"])
        for form in ("%Y-%m-%d %H:%M UTC", "%Y-%m-%dT%H:%M:00Z"):  # in sentences, and as an argument of a message
            text = text.replace(made.strftime(form), "the report's time")
        findings = json.loads(text)
        for finding in findings:
            for evidence in finding["evidence"]:
                del evidence["observed_at"]
        return findings

    def nameless(self):
        """The failing keys that are named by number, not by their IDs."""
        return [_short(f["resource"], f["item"]) for f in self.report["findings"]
                if f["status"] == FAIL and f["item"].startswith("access-key-")]

    def deserved_status(self):
        """The exit status that the findings deserve, with the default --fail-on low."""
        if any(f["status"] == FAIL and f["severity"] not in HARMLESS for f in self.report["findings"]):
            return FINDING
        return UNDECIDED if any(f["status"] == UNKNOWN for f in self.report["findings"]) else CLEAN


def _short(arn, item):
    return ":".join(arn.split(":")[5:]) + (f"#{item}" if item else "")


def _key_names(keys):
    """Maps the report's words for each access key, by ID or by number in the credential report, to truth's."""
    names = {}
    for resource, pairs in keys.items():
        for number, (key_id, _) in enumerate(pairs, start=1):
            names[f"{resource}#{key_id}"] = names[f"{resource}#access-key-{number}"] = f"{resource}#{number}"
    return names

