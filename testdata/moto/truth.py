"""What every rule should say of an account, worked out from how the account was made and from the catalogue of rules, and from nothing
that Sekisho says.

    expected(account) -> {rule: {resource: status}}

A resource is written as Sekisho's report shortens it, user/bob, and a thing inside it behind a #. Access keys are numbered in the order
in which they were made, for their IDs are moto's. A verdict on the account or on root stands at root.

moto has no root row in its credential report and no AccountPasswordPresent in its summary; its summary says that root has no MFA device, no
access key and no signing certificate. What follows from that and no more is expected of root's rules.
"""

from __future__ import annotations

PASS, FAIL, UNKNOWN, INAPPLICABLE = "pass", "fail", "unknown", "not_applicable"
ACCOUNT = "root"

# The thresholds of the catalogue, in days, minutes, characters and passwords.
ROTATION, UNUSED, INACTIVE, USER_INACTIVE, UNCLAIMED = 90, 45, 30, 90, 7
SETUP_MINUTES, MIN_LENGTH, REUSE, MAX_AGE = 5, 14, 24, 90
MINUTES = 24 * 60  # in a day

PASSWORD_POLICY_RULES = ("password-policy", "password-min-length", "password-reuse", "password-uppercase", "password-lowercase",
                         "password-symbol", "password-number", "password-self-change", "password-hard-expiry", "password-expiry")
OFF_BY_DEFAULT = ("password-expiry",)


def expected(account):
    """All verdicts on an account, with the rules that are off by default."""
    return _root() | _account_wide(account) | _password_policy(account.password_policy) | _groups(account) | _devices(account) | _users(account)


def _root():
    return {
        "root-no-access-keys": {ACCOUNT: PASS},
        "root-no-signing-certificates": {ACCOUNT: PASS},
        "root-mfa": {ACCOUNT: UNKNOWN},           # no device; whether root has a password isn't known
        "root-hardware-mfa": {ACCOUNT: UNKNOWN},  # the same
        "root-not-used": {ACCOUNT: UNKNOWN},      # only the root row would tell
    }


def _account_wide(account):
    granting = any(_grants(group) and _members(account, group) for group in account.groups)
    passwords = any(_password(user) for user in account.users)
    return {
        "individual-users": {ACCOUNT: PASS if account.users else _federation(account)},
        "groups-grant-permissions": {ACCOUNT: _status(not granting) if account.users else INAPPLICABLE},
        "account-alias": {ACCOUNT: _status(not account.alias)},
        "identity-federation": {ACCOUNT: _federation(account) if passwords else PASS},
    }


def _federation(account):
    """Passes where people can sign in without an IAM user, and is unknown where an OIDC provider may be for people or not."""
    if account.saml or any(p.people for p in account.oidc) or any(name.startswith("AWSReservedSSO_") for name in account.roles):
        return PASS
    return UNKNOWN if any(p.people is None for p in account.oidc) else FAIL


def _password_policy(policy):
    """Without a policy AWS's default holds: 8 characters, no class in particular, no memory, no expiry, no leave to change one's own."""
    failing = {
        "password-policy": policy is None,
        "password-min-length": policy is None or policy.min_length < MIN_LENGTH,
        "password-reuse": policy is None or (policy.reuse or 0) < REUSE,
        "password-uppercase": policy is None or not policy.uppercase,
        "password-lowercase": policy is None or not policy.lowercase,
        "password-symbol": policy is None or not policy.symbols,
        "password-number": policy is None or not policy.numbers,
        "password-self-change": policy is None or not policy.self_change,
        "password-hard-expiry": policy is not None and policy.hard_expiry,
        "password-expiry": policy is None or not policy.max_age or policy.max_age > MAX_AGE,
    }
    return {rule: {ACCOUNT: _status(fails)} for rule, fails in failing.items()}


def _groups(account):
    return {
        "group-not-empty": _all((_group(g), _status(not _members(account, g))) for g in account.groups),
        "group-has-policy": _all((_group(g), _status(not _grants(g))) for g in account.groups),
    }


def _devices(account):
    verdicts = {_device(d): FAIL for d in account.unassigned}
    verdicts |= {_device(d): FAIL for _, d in account.deactivated}
    verdicts |= {_device(d): PASS for user in account.users for d in user.devices if d.serial is None}
    return {"mfa-orphan-device": _all(verdicts.items())}


USER_RULES = {}


def _user_rule(name):
    def register(check):
        USER_RULES[name] = check
        return check
    return register


def _users(account):
    return {rule: _all(verdict for user in account.users for verdict in _verdicts(check, user)) for rule, check in USER_RULES.items()}


def _verdicts(check, user):
    """A check answers for the user with a status, or for the things of his with (item, status) each."""
    answer = check(user)
    if isinstance(answer, str):
        return [(_user(user), answer)]
    return [(f"{_user(user)}#{item}", status) for item, status in answer]


@_user_rule("user-permissions-through-groups")
def _(user):
    return _status(user.attached or user.inline or user.allowed)


@_user_rule("user-in-group")
def _(user):
    return _status(not user.groups) if _password(user) else INAPPLICABLE


@_user_rule("user-active")
def _(user):
    uses = [key.used for key in user.keys if key.used is not None]
    if user.signed_in is not None:
        uses.append(user.signed_in)
    return _status(user.age > USER_INACTIVE and min(uses, default=user.age) > USER_INACTIVE)


@_user_rule("console-mfa")
def _(user):
    return _status(not user.devices) if _password(user) else INAPPLICABLE


@_user_rule("user-mfa")
def _(user):
    if user.devices:
        return PASS
    return FAIL if _password(user) or _active(user) else INAPPLICABLE


@_user_rule("mfa-sms")
def _(user):
    return [(_serial(d), _status(d.sms)) for d in user.devices] or INAPPLICABLE


@_user_rule("access-key-rotation")
def _(user):
    return [(n, _status(key.age > ROTATION)) for n, key in _active(user)] or INAPPLICABLE


@_user_rule("access-key-unused")
def _(user):
    return [(n, _status(_idle(key) > UNUSED)) for n, key in _active(user)] or INAPPLICABLE


@_user_rule("access-key-single")
def _(user):
    return _status(len(_active(user)) > 1) if _active(user) else INAPPLICABLE


@_user_rule("access-key-inactive")
def _(user):
    return [(n, _status(key.age >= INACTIVE)) for n, key in _numbered(user) if not key.active] or INAPPLICABLE


@_user_rule("access-key-with-password")
def _(user):
    return _status(_active(user)) if _password(user) else INAPPLICABLE


@_user_rule("access-key-at-setup")
def _(user):
    if not _password(user) or not _active(user):
        return INAPPLICABLE
    return [(n, _status(key.used is None and abs(user.age - key.age) * MINUTES <= SETUP_MINUTES)) for n, key in _active(user)]


@_user_rule("access-key-quarantined")
def _(user):
    return _status(any(policy.startswith("AWSCompromisedKeyQuarantine") for policy in user.attached))


@_user_rule("password-unused")
def _(user):
    if not _password(user):
        return INAPPLICABLE
    return _status((user.age if user.signed_in is None else user.signed_in) > UNUSED)


@_user_rule("password-unclaimed")
def _(user):
    if not _password(user):
        return INAPPLICABLE
    return _status(user.signed_in is None and user.age > UNCLAIMED)


def _password(user):
    return user.password and not user.password_deleted


def _numbered(user):
    return list(enumerate(user.keys, start=1))


def _active(user):
    return [(n, key) for n, key in _numbered(user) if key.active]


def _idle(key):
    """How long a key has not been used; one that never was, since it was made."""
    return key.age if key.used is None else key.used


def _members(account, group):
    return [user for user in account.users if group.name in user.groups]


def _grants(group):
    return bool(group.attached or group.inline or group.allowed)


def _user(user):
    return f"user{user.path}{user.name}"


def _group(group):
    return f"group{group.path}{group.name}"


def _device(device):
    return f"mfa{device.path}{device.name}"


def _serial(device):
    return device.serial or f"arn:aws:iam::123456789012:{_device(device)}"


def _status(fails):
    return FAIL if fails else PASS


def _all(verdicts):
    """The verdicts on each resource; where there is none of the kind, one on the account says so."""
    return dict(verdicts) or {ACCOUNT: INAPPLICABLE}
