"""Accounts that nobody wrote down: made at random, the same for the same seed.

    account(seed)            what moto can be given
    whole_account(seed)      what it can't be given as well
    settings(seed, account)  settings to audit it with, exceptions among them

Ages lie by preference a little to one side or the other of the numbers that rules compare with.
"""

from __future__ import annotations

import dataclasses
import random
import string

from people import (DENIED, Account, Analyzer, Certificate, Contact, Group, Key, PasswordPolicy, Provider, Region, Root, ServerCertificate,
                    ServiceCredential, SSHKey, User, app, fido, over, sms, token, under)
from settings import Allowance, Limits, Own, Settings

EDGES = (7, 30, 45, 90, 365)
NAME_CHARACTERS = string.ascii_letters + string.digits + "+=.@_-"
TAG_KEYS = ("owner", "Owner", "team", "kind")
REFUSALS = ("AccountNotManagementOrDelegatedAdministratorException", "OrganizationNotFoundException",
            "OrganizationNotInAllFeaturesModeException", "ServiceAccessNotEnabledException")
REGIONS = ("af-south-1", "ap-northeast-1", "ap-south-2", "eu-central-1", "eu-west-3", "il-central-1", "sa-east-1", "us-east-1", "us-west-2")


def account(seed, users=(6, 16)):
    dice = random.Random(seed)
    groups = tuple(Group(f"group-{n}", path=dice.choice(("/", "/staff/")), attached=dice.choice(((), ("ReadReports",))), inline=dice.choice(((), ("own",))))
                   for n in range(dice.randrange(4)))
    names = {}
    while len(names) < dice.randint(*users):
        name = "".join(dice.choices(NAME_CHARACTERS, k=dice.randint(1, 12)))
        name = dice.choice((name, name, name, f"BedrockAPIKey-{name}", *(f"{other}{name}" for other in list(names.values())[:2])))
        names[name.lower()] = name
    made = tuple(_user(dice, name, groups) for name in names.values())
    roles = tuple(f"role-{n}" for n in range(dice.randrange(4)))
    return Account(
        users=made, groups=groups, roles=roles, role_tags=tuple((role, _tags(dice)) for role in roles),
        unassigned=tuple(app(f"left-{n}") for n in range(dice.randrange(3))),
        saml=dice.choice(((), (), ("directory",))),
        oidc=tuple(dice.sample((Provider("https://token.actions.githubusercontent.com", people=False), Provider("https://sso.example.com", people=None)),
                               dice.randrange(3))),
        alias=dice.choice(("", "a-company")), password_policy=_password_policy(dice),
        server_certificates=tuple(ServerCertificate(f"certificate-{n}", dice.choice(("/", "/cloudfront/"))) for n in range(dice.randrange(3))),
        security=_contact(dice), billing=_contact(dice), operations=_contact(dice),
    )


def whole_account(seed):
    made = account(seed, users=(8, 24))
    dice = random.Random(f"{seed}, whole")

    def known(value):
        return None if dice.random() < 0.1 else value

    def contact(registered):
        return DENIED if dice.random() < 0.1 else registered

    names = [user.name for user in made.users]
    credentials = tuple(ServiceCredential(
        dice.choice(names), n, _age(dice, 800), api_key=dice.random() < 0.5, status=dice.choice(("Active", "Active", "Active", "Inactive", "Expired")),
        ends=dice.choice((None, None, over(0), -over(0), 20.5, -20.5, 364.5, 400.5))) for n in range(dice.randrange(10)))
    regions = tuple(_region(dice, name) for name in REGIONS)
    features = dice.choice((*REFUSALS, (), ("RootSessions",), ("RootCredentialsManagement",), ("RootCredentialsManagement", "RootSessions")))
    return dataclasses.replace(
        made, root=_root(dice), credentials=known(credentials), features=known(features), regions=known(regions),
        server_certificates=tuple(dataclasses.replace(c, ends=dice.choice((over(0), -over(0), 300.5, -300.5))) for c in made.server_certificates),
        security=contact(made.security), billing=contact(made.billing), operations=contact(made.operations))


def settings(seed, account):
    dice = random.Random(f"{seed}, settings")
    names = [user.name for user in account.users] or ["nobody"]
    plain = [name for name in names if not set(name) & set("[]*?\\")]
    patterns = ("*", "BedrockAPIKey-*", "?*a*", "tag:owner=ops", "tag:TEAM=red", *plain)
    own = tuple(Own(tuple(dice.sample(patterns, dice.randint(1, 2))),
                    tuple((field.name, dice.choice((1, 20, 40, 60, 200, 500))) for field in dice.sample(dataclasses.fields(Limits), dice.randint(1, 4))))
                for _ in range(dice.randrange(4)))
    allowances = {}
    for _ in range(dice.randrange(8)):
        rule = dice.choice(("access-key-*", "console-mfa", "user-active", "status", "other-credentials", "*", "password-unused", "account-alias", "root*"))
        user = dice.choice(account.users) if account.users else None
        resource = dice.choice(("*", "user/*", f"user{user.path}{user.name}" if user else "user/x", dice.choice(names), "root", "account", "AKIA*"))
        allowances[rule, resource] = Allowance(rule, resource, days=dice.choice((1, 100, 300, -3)), account=dice.choice(("", "", "123456789012", "210987654321")))
    return Settings(required_tags=tuple(dice.sample(TAG_KEYS, dice.randrange(3))), own=own, allowances=tuple(allowances.values()))


def _user(dice, name, groups):
    age = _age(dice, 700) + 3
    password = dice.random() < 0.5
    path = dice.choice(("/", "/", "/a/", "/a/b-c/"))
    devices = (app(f"device-of-{name}", dice.choice(("/", "/phones/"))), fido(name, "key"), token(f"GAHT{dice.randrange(10**8):08}"), sms(name))
    return User(
        name, age=age, path=path, password=password, signed_in=dice.choice((None, min(age, _age(dice, 300)))) if password else None,
        password_deleted=False, devices=tuple(dice.sample(devices, dice.choice((0, 0, 1, 1, 2)))),
        keys=_keys(dice, age, dice.choice((0, 0, 1, 1, 2))),
        groups=tuple(g.name for g in groups if dice.random() < 0.4),
        attached=dice.choice(((), (), (), ("ReadReports",), ("AWSCompromisedKeyQuarantineV3",))), inline=dice.choice(((), (), (), ("own",))),
        ssh_keys=tuple(SSHKey(_upload(dice, age), dice.random() < 0.7) for _ in range(dice.choice((0, 0, 1, 2)))),
        certificates=tuple(Certificate(_upload(dice, age), dice.choice((over(0), -over(0), 100.5, -100.5)), dice.random() < 0.7)
                           for _ in range(dice.choice((0, 0, 0, 1, 2)))),
        tags=_tags(dice))


def _keys(dice, age, most):
    """No two of one second: what tells them apart is told by their IDs alone."""
    keys = {round(key.age * 86400): key for key in (_key(dice, age) for _ in range(most))}
    return tuple(keys.values())


def _key(dice, age):
    made = dice.choice((age, age - 4 / 1440, age - 6 / 1440, *[dice.uniform(0.5, age)] * 3, *(edge for edge in map(dice.choice((under, over)), EDGES) if edge < age)))
    used = dice.choice((None, dice.uniform(0.1, made), *(edge for edge in map(dice.choice((under, over)), EDGES) if edge < made)))
    return Key(made, used, dice.random() < 0.7)


def _upload(dice, age):
    """No two in one second, as far as can be."""
    return min(age, _age(dice, 700)) - dice.randrange(3600) / 86400


def _age(dice, most):
    return dice.choice((dice.uniform(1, most), *(side(edge) for edge in EDGES for side in (under, over) if edge < most)))


def _tags(dice):
    """IAM keeps one tag of a key, whatever its case."""
    keys = {key.lower(): key for key in dice.sample(TAG_KEYS, dice.randrange(4))}
    return tuple((key, dice.choice(("ops", "red", "Ops", ""))) for key in keys.values())


def _contact(dice):
    return dice.choice((None, Contact(dice.choice(("a@example.com", "A@example.com", "b@example.com", "c@example.com")),
                                      dice.choice(("+81 3 1234 5678", "+81-3-1234-5678", "+1 555 0100", "+1 555 0199")))))


def _password_policy(dice):
    return dice.choice((None, PasswordPolicy(
        min_length=dice.choice((8, 13, 14, 20)), reuse=dice.choice((None, 5, 23, 24)), max_age=dice.choice((None, 30, 90, 91)),
        hard_expiry=dice.random() < 0.3, **{name: dice.random() < 0.7 for name in ("uppercase", "lowercase", "symbols", "numbers", "self_change")})))


def _root(dice):
    password = dice.random() < 0.7
    return Root(password=password, signed_in=dice.choice((None, _age(dice, 700))) if password else None,
                keys=_keys(dice, 900.5, dice.choice((0, 0, 1, 2))), certificate=dice.random() < 0.1,
                mfa=dice.choice(("", "virtual", "hardware")))


def _region(dice, name):
    kinds = ("ACCOUNT", "ORGANIZATION", "ACCOUNT_UNUSED_ACCESS", "ORGANIZATION_UNUSED_ACCESS", "ACCOUNT_INTERNAL_ACCESS")
    state = dice.choice(("ENABLED", "ENABLED_BY_DEFAULT", "ENABLED_BY_DEFAULT", "DISABLED", "ENABLING", "DISABLING"))
    analyzers = tuple(Analyzer(f"analyzer-{n}", dice.choice(kinds), dice.choice(("ACTIVE", "ACTIVE", "CREATING", "DISABLED", "FAILED")), _tags(dice))
                      for n in range(dice.randrange(4)))
    return Region(name, state, analyzers, denied=dice.random() < 0.15)
