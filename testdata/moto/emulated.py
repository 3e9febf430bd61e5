"""Accounts made at random as snapshots, which the emulator serves to Sekisho over HTTP: with what moto lacks, and with a credential report of two
hours ago since which users have changed.

A World holds the account as it is now and as the report shows it. A verdict that stands on an answer about the user says what is true now.
One on the report may say what was true then, but never that somebody fails who doesn't: AWS is asked about him first.
"""

from __future__ import annotations

import contextlib
import csv
import dataclasses
import hashlib
import io
import itertools
import json
import os
import random
import subprocess
import sys
import tempfile
from datetime import datetime, timedelta, timezone

import generated
import truth
from certificate import pem
from people import DENIED, ROOT_DEVICE, Certificate, Key, fido

ACCOUNT_ID = "123456789012"
REPORT_AGE = 2 / 24  # days
SINCE = 1 / 24  # when somebody changed what the report doesn't show yet
READ_REPORTS = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}]})
TRUST = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}]})
COLUMNS = ("user", "arn", "user_creation_time", "password_enabled", "password_last_used", "password_last_changed", "password_next_rotation", "mfa_active",
           *(f"access_key_{n}_{cell}" for n in (1, 2) for cell in ("active", "last_rotated", "last_used_date", "last_used_region", "last_used_service")),
           *(f"cert_{n}_{cell}" for n in (1, 2) for cell in ("active", "last_rotated")))
# What a credential report tells of a user, in the parts that AWS answers for one by one.
PARTS = (("password", "password_deleted", "password_age"), ("devices",), ("keys",), ("certificates",))


class World:
    """An account now, and what the credential report says of its users; keys and names are as standin's."""

    def __init__(self, seed):
        dice = random.Random(f"{seed}, world")
        self.start = datetime.now(timezone.utc).replace(microsecond=0)
        self.page_cap = dice.choice((0, 1, 3))
        before = generated.whole_account(seed)
        holders = {c.user for c in before.credentials or ()}
        self.reported, self.gone, now = {}, [], []
        for user in before.users:
            self.reported[user.name] = user
            match dice.choice(("same", "same", "deleted", "vanishing", "recreated", "new", *CHANGES)):
                case "deleted" if user.name not in holders:
                    continue
                case "vanishing" if user.name not in holders:
                    self.gone.append(dataclasses.replace(user, groups=(), devices=()))
                    continue
                case "recreated":
                    user = _made_since(user)
                case "new":
                    del self.reported[user.name]
                    user = _made_since(user)
                case change if change in CHANGES:
                    user = CHANGES[change](user)
            now.append(user)
        self.now = dataclasses.replace(before, users=tuple(now))
        self.keys, self.names = {}, {}
        for user in self.now.users:
            resource = f"user{user.path}{user.name}"
            self.keys[resource] = [(_key_id(user, key), "") for key in user.keys]
            ids = [_key_id(user, key) for key in user.keys]
            for slot, key in enumerate(self.in_report(user).keys if self.in_report(user) else (), start=1):
                key_id = _key_id(user, key)
                number = ids.index(key_id) + 1 if key_id in ids else f"gone-{slot}"
                self.names[f"{resource}#access-key-{slot}"] = f"{resource}#{number}"
            for number in range(1, 3):
                self.names[f"{resource}#{_id('APKA', user.name, number)}"] = f"{resource}#ssh-{number}"
            for number, certificate in enumerate(user.certificates, start=1):
                self.names[f"{resource}#{_certificate_id(user, certificate)}"] = f"{resource}#certificate-{number}"
            for slot, certificate in enumerate(self.in_report(user).certificates if self.in_report(user) else (), start=1):
                number = user.certificates.index(certificate) + 1 if certificate in user.certificates else f"gone-{slot}"
                self.names[f"{resource}#certificate-{slot}"] = f"{resource}#certificate-{number}"
            for credential in self.now.credentials or ():
                if credential.user == user.name:
                    self.names[f"{resource}#{_id('ACCA', credential.number)}"] = f"{resource}#credential-{credential.number}"

    def in_report(self, user):
        """The user as the report shows him, or None where its row is of a namesake, or there is none."""
        reported = self.reported.get(user.name)
        return reported if reported and reported.age == user.age else None

    @contextlib.contextmanager
    def served(self, emulator):
        """Runs the emulator with the account and gives its endpoint."""
        with tempfile.TemporaryDirectory() as folder:
            name = os.path.join(folder, "snapshot.json")
            with open(name, "w", encoding="utf-8") as file:
                json.dump(Snapshot(self).snapshot(), file)
            with subprocess.Popen([emulator, "--snapshot", name, "--page-cap", str(self.page_cap)], stdout=subprocess.PIPE, text=True) as process:
                try:
                    endpoint = process.stdout.readline().strip()
                    if not endpoint.startswith("http://127.0.0.1:"):
                        sys.exit(f"emulated: error: starting the emulator: got {endpoint!r}, want an address")
                    yield endpoint
                finally:
                    process.terminate()

    def compare(self, tally, run, settings, left_out):
        """Compares a run that asks about single users only where a verdict hangs on it, and leaves out some rules."""
        # Who vanishes while the audit runs is missed only where he is asked about.
        vanished = {f"user{user.path}{user.name}" for user in self.gone}
        got = {rule: {resource: status for resource, status in verdicts.items() if resource.split("#")[0] not in vanished}
               for rule, verdicts in run.verdicts(self.keys, self.names).items()}
        want = truth.expected(self.now, settings)
        tally.equal("rules that are left out", want.keys() - got.keys(), set(left_out))
        mixtures = [{rule: _by_user(verdicts) for rule, verdicts in truth.expected(self._mixture(parts), settings).items()}
                    for count in range(len(PARTS) + 1) for parts in itertools.combinations(PARTS, count)]
        for rule in want.keys() & got.keys():
            if rule not in truth.USER_RULES:
                tally.equal(rule, got[rule], want[rule])
                continue
            said, true = _by_user(got[rule]), _by_user(want[rule])
            for user in sorted(said.keys() | true.keys()):
                verdicts = said.get(user)
                # Things that are gone by now bear other numbers in the mixtures.
                stands = truth.FAIL not in _statuses(verdicts) and _statuses(verdicts) in [_statuses(mixture[rule].get(user)) for mixture in mixtures]
                tally.equal(f"{rule}: {user}", verdicts, verdicts if stands else true.get(user))

    def _mixture(self, parts):
        """The account with some parts of each user as the report shows them."""
        users = []
        for user in self.now.users:
            if reported := self.in_report(user):
                user = dataclasses.replace(user, **{field: getattr(reported, field) for part in parts for field in part})
            users.append(user)
        return dataclasses.replace(self.now, users=tuple(users))


def _statuses(verdicts):
    return sorted((verdicts or {}).values())


def _made_since(user):
    return dataclasses.replace(user, age=SINCE, signed_in=None, keys=_replaced(user.keys), ssh_keys=(), certificates=())


def _replaced(keys):
    return tuple(Key(SINCE - n / 1440, None, key.active) for n, key in enumerate(keys))


def _by_user(verdicts):
    users = {}
    for resource, status in verdicts.items():
        users.setdefault(resource.split("#")[0], {})[resource] = status
    return users


# What somebody did to a user since the report was made.
CHANGES = {
    "password taken": lambda u: dataclasses.replace(u, password_deleted=u.password),
    "password given": lambda u: u if u.password else dataclasses.replace(u, password=True, password_age=SINCE),
    "password changed": lambda u: dataclasses.replace(u, password_age=SINCE) if u.password else u,
    "device given": lambda u: dataclasses.replace(u, devices=(*u.devices, fido(u.name, "new"))),
    "devices taken": lambda u: dataclasses.replace(u, devices=()),
    "keys deactivated": lambda u: dataclasses.replace(u, keys=tuple(dataclasses.replace(k, active=False) for k in u.keys)),
    "keys activated": lambda u: dataclasses.replace(u, keys=tuple(dataclasses.replace(k, active=True) for k in u.keys)),
    "keys replaced": lambda u: dataclasses.replace(u, keys=_replaced(u.keys)),
    "key given": lambda u: dataclasses.replace(u, keys=(*u.keys[:1], Key(SINCE, None))),
    "key used": lambda u: dataclasses.replace(u, keys=tuple(dataclasses.replace(k, used=SINCE) for k in u.keys)),
    "certificates taken": lambda u: dataclasses.replace(u, certificates=()),
    "certificate given": lambda u: dataclasses.replace(u, certificates=(*u.certificates[:1], Certificate(SINCE, 100.5))),
}


def _id(prefix, *parts):
    """An ID as AWS makes them, the same for the same parts."""
    digest = hashlib.sha256("|".join(map(str, parts)).encode()).digest()
    return prefix + "".join("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"[byte % 32] for byte in digest[:16])


def _user_id(user):
    return _id("AIDA", user.name, user.age)


def _key_id(user, key):
    """IDs ascend with the keys' dates, as generated accounts list them in the report."""
    return _id("AKIA", user.name, key.age)


def _certificate_id(user, certificate):
    return _id("", user.name, certificate.age, certificate.ends)


class Snapshot:
    """Writes a World down as Sekisho's snapshots are."""

    def __init__(self, world):
        self.world, self.now = world, world.now
        self.gaps = []

    def at(self, age):
        return None if age is None else (self.world.start - timedelta(days=age)).strftime("%Y-%m-%dT%H:%M:%SZ")

    def answer(self, action, value):
        return {"action": action, "began": self.at(0), "ended": self.at(0), "complete": True, "value": value}

    def denied(self, section, resource, action):
        self.gaps.append({"section": section, "resource": resource, "action": action, "code": "AccessDenied", "message": "not allowed"})

    def snapshot(self):
        listed = (*self.now.users, *self.world.gone)
        policy = self.now.password_policy
        root = self.now.root
        assigned = [(user, device) for user in listed for device in user.devices]
        virtual = [(user, device) for user, device in assigned if device.serial is None]
        parts = {
            "schema": "sekisho/snapshot/v1", "taken_at": self.at(0),
            "caller": {"account_id": ACCOUNT_ID, "partition": "aws", "arn": f"arn:aws:sts::{ACCOUNT_ID}:assumed-role/audit/check",
                       "user_id": "AROAEXAMPLE:check", "at": self.at(0)},
            "account_summary": self.answer("iam:GetAccountSummary", {
                "AccountAccessKeysPresent": int(bool(root.keys)), "AccountMFAEnabled": int(bool(root.mfa)), "AccountPasswordPresent": int(root.password),
                "AccountSigningCertificatesPresent": int(root.certificate), "Users": len(listed), "Groups": len(self.now.groups),
                "Roles": len(self.now.roles), "MFADevicesInUse": len(assigned) + bool(root.mfa),
                "MFADevices": len(assigned) + bool(root.mfa) + len(self.now.unassigned)}),
            "account_aliases": self.answer("iam:ListAccountAliases", [self.now.alias] if self.now.alias else []),
            "password_policy": self.answer("iam:GetAccountPasswordPolicy", policy and {
                "minimum_password_length": policy.min_length, "require_uppercase": policy.uppercase, "require_lowercase": policy.lowercase,
                "require_symbols": policy.symbols, "require_numbers": policy.numbers, "allow_users_to_change_password": policy.self_change,
                "expire_passwords": bool(policy.max_age), "max_password_age_days": policy.max_age or 0,
                "password_reuse_prevention": policy.reuse or 0, "hard_expiry": policy.hard_expiry}),
            "credential_report": self.answer("iam:GetCredentialReport", {"generated_at": self.at(REPORT_AGE), "content": self.report()}),
            "authorization_details": self.answer("iam:GetAccountAuthorizationDetails", {
                "users": [self.user(u) | {"groups": u.groups, "tags": tags(u.tags)} | policies(u) for u in listed],
                "groups": [{"name": g.name, "id": _id("AGPA", g.name), "arn": iam(f"group{g.path}{g.name}"), "path": g.path, "created": self.at(900)}
                           | policies(g) for g in self.now.groups],
                "roles": [{"name": r, "id": _id("AROA", r), "arn": iam(f"role/{r}"), "path": "/", "created": self.at(900), "trust_policy": TRUST,
                           "inline_policies": [], "attached_policies": [], "tags": tags(dict(self.now.role_tags)[r]), "instance_profiles": []}
                          for r in self.now.roles],
                "policies": [self.policy(name) for name in self.now.policies]}),
            "users": self.answer("iam:ListUsers", [self.user(u) | timed("password_last_used", self.at(u.signed_in)) for u in listed]),
            "virtual_mfa_devices": self.answer("iam:ListVirtualMFADevices", [
                {"serial": iam(f"mfa{d.path}{d.name}"), "enabled_since": self.at(SINCE), "owner": self.user(u)} for u, d in virtual]
                + [{"serial": iam(f"mfa{d.path}{d.name}")} for d in self.now.unassigned]
                + [{"serial": iam(f"mfa/{ROOT_DEVICE}"), "enabled_since": self.at(50), "owner": {"id": ACCOUNT_ID, "arn": iam("root"), "created": self.at(900)}}] * (root.mfa == "virtual")),
            "saml_providers": self.answer("iam:ListSAMLProviders", [{"arn": iam(f"saml-provider/{name}")} for name in self.now.saml]),
            "oidc_providers": self.answer("iam:ListOpenIDConnectProviders", [
                {"arn": iam(f"oidc-provider/{p.url.removeprefix('https://')}")} for p in self.now.oidc]),
            "server_certificates": self.answer("iam:ListServerCertificates", [
                {"name": c.name, "id": _id("ASCA", c.name), "arn": iam(f"server-certificate{c.path}{c.name}"), "path": c.path, "uploaded": self.at(900),
                 "expires": self.at(-c.ends)} for c in self.now.server_certificates]),
            "per_user": {u.name: self.answers(u) for u in self.now.users} | {u.name: {"gone": self.answer("iam:ListAccessKeys", True)} for u in self.world.gone},
        }
        parts |= self.rest()
        return parts | {"gaps": self.gaps, "calls": {"total": 0, "throttled": 0, "retried": 0, "by_action": {}, "sign_in": {}}}

    def rest(self):
        """What may be refused, and is a gap then."""
        parts = {}
        if self.now.credentials is None:
            self.denied("service-specific-credentials", "", "iam:ListServiceSpecificCredentials")
        else:
            parts["service_specific_credentials"] = self.answer("iam:ListServiceSpecificCredentials", [
                {"id": _id("ACCA", c.number), "user": c.user, "service": "bedrock.amazonaws.com" if c.api_key else "codecommit.amazonaws.com",
                 "status": c.status, "created": self.at(c.age), "name": f"name-{c.number}", "api_key": c.api_key}
                | ({} if c.ends is None else {"expires": self.at(-c.ends)}) for c in self.now.credentials])
        if self.now.features is None:
            self.denied("organizations-features", "", "iam:ListOrganizationsFeatures")
        else:
            refused = isinstance(self.now.features, str)
            parts["organizations_features"] = self.answer("iam:ListOrganizationsFeatures", {
                "enabled": [] if refused else self.now.features, "refusal": self.now.features if refused else ""})
        for kind in "security", "billing", "operations":
            contact = getattr(self.now, kind)
            if contact == DENIED:
                self.denied(f"{kind}-contact", "", "account:GetAlternateContact")
            else:
                parts[f"{kind}_contact"] = self.answer("account:GetAlternateContact", contact and {
                    "name": kind, "title": "-", "email": contact.email, "phone": contact.phone})
        if self.now.regions is None:
            self.denied("access-analyzers", "", "account:ListRegions")
        else:
            by_region = {}
            for region in self.now.regions:
                if region.denied:
                    self.denied("access-analyzers", region.name, "access-analyzer:ListAnalyzers")
                elif region.state in ("ENABLED", "ENABLED_BY_DEFAULT"):
                    by_region[region.name] = self.answer("access-analyzer:ListAnalyzers", [
                        {"name": a.name, "arn": f"arn:aws:access-analyzer:{region.name}:{ACCOUNT_ID}:analyzer/{a.name}", "type": a.type,
                         "status": a.status, "created": self.at(100), "tags": tags(a.tags)} for a in region.analyzers])
            parts["access_analyzers"] = self.answer("account:ListRegions", {
                "regions": [{"name": r.name, "state": r.state} for r in self.now.regions], "by_region": by_region})
        return parts

    def user(self, user):
        return {"name": user.name, "id": _user_id(user), "arn": iam(f"user{user.path}{user.name}"), "path": user.path, "created": self.at(user.age)}

    def policy(self, name):
        attached = [1 for u in (*self.now.users, *self.now.groups) for n in u.attached if n == name]
        return {"name": name, "id": _id("ANPA", name), "arn": iam(f"policy/{name}"), "path": "/", "created": self.at(900), "updated": self.at(900),
                "default_version": "v1", "attachment_count": len(attached), "boundary_use_count": 0,
                "versions": [{"id": "v1", "created": self.at(900), "default": True, "document": READ_REPORTS}]}

    def answers(self, user):
        """What AWS says about one user now."""
        has = user.password and not user.password_deleted
        return {
            "id": _user_id(user),
            "login_profile": self.answer("iam:GetLoginProfile", {"created": self.at(_set(user)), "password_reset_required": False} if has else None),
            "mfa_devices": self.answer("iam:ListMFADevices", [
                {"serial": d.serial or iam(f"mfa{d.path}{d.name}"), "enabled_since": self.at(SINCE)} for d in user.devices]),
            "access_keys": self.answer("iam:ListAccessKeys", [
                {"id": _key_id(user, k), "status": status(k.active), "created": self.at(k.age)} for k in user.keys]),
            "access_key_last_used": {_key_id(user, k): self.answer("iam:GetAccessKeyLastUsed", timed("at", self.at(k.used)) | {
                "service": "N/A" if k.used is None else "s3", "region": "N/A" if k.used is None else "us-east-1"}) for k in user.keys},
            "ssh_public_keys": self.answer("iam:ListSSHPublicKeys", [
                {"id": _id("APKA", user.name, n), "status": status(k.active), "uploaded": self.at(k.age)} for n, k in enumerate(user.ssh_keys, 1)]),
            "signing_certificates": self.answer("iam:ListSigningCertificates", [
                {"id": _certificate_id(user, c), "status": status(c.active), "uploaded": self.at(c.age),
                 "body": pem(self.world.start + timedelta(days=c.ends))} for c in user.certificates]),
        }

    def report(self):
        """The credential report, as AWS made it some time ago."""
        out = io.StringIO()
        writer = csv.DictWriter(out, COLUMNS, restval="N/A", lineterminator="\n")
        writer.writeheader()
        root = self.now.root
        writer.writerow(self.row("<root_account>", iam("root"), 1000.5, root.password, root.signed_in, 1000.5, bool(root.mfa), root.keys, ())
                        | {"password_next_rotation": "not_supported"} | ({"cert_1_active": "true", "cert_1_last_rotated": self.at(800)} if root.certificate else {}))
        for u in sorted(self.world.reported.values(), key=lambda u: u.name.lower()):
            writer.writerow(self.row(u.name, iam(f"user{u.path}{u.name}"), u.age, u.password, u.signed_in, _set(u), bool(u.devices), u.keys, u.certificates))
        return out.getvalue().rstrip("\n")

    def row(self, name, arn, age, password, signed_in, changed, mfa, keys, certificates):
        row = {"user": name, "arn": arn, "user_creation_time": self.at(age), "password_enabled": boolean(password), "mfa_active": boolean(mfa),
               **{f"{kind}_{n}_active": "false" for kind in ("access_key", "cert") for n in (1, 2)}}
        if password:
            row |= {"password_last_used": self.at(signed_in) or "no_information", "password_last_changed": self.at(changed)}
        for n, key in enumerate(keys, start=1):
            row |= {f"access_key_{n}_active": boolean(key.active), f"access_key_{n}_last_rotated": self.at(key.age)}
            if key.used is not None:
                row |= {f"access_key_{n}_last_used_date": self.at(key.used), f"access_key_{n}_last_used_region": "us-east-1", f"access_key_{n}_last_used_service": "s3"}
        for n, certificate in enumerate(certificates, start=1):
            row |= {f"cert_{n}_active": boolean(certificate.active), f"cert_{n}_last_rotated": self.at(certificate.age)}
        return row


def _set(user):
    return user.age if user.password_age is None else user.password_age


def iam(resource):
    return f"arn:aws:iam::{ACCOUNT_ID}:{resource}"


def tags(pairs):
    return [{"key": key, "value": value} for key, value in pairs]


def policies(holder):
    return {"inline_policies": [{"name": name, "document": READ_REPORTS} for name in holder.inline],
            "attached_policies": [{"name": name, "arn": iam(f"policy/{name}")} for name in holder.attached]}


def timed(key, at):
    return {} if at is None else {key: at}


def status(active):
    return "Active" if active else "Inactive"


def boolean(value):
    return "true" if value else "false"
