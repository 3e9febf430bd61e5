"""What every rule should say of an account, worked out from how the account was made and from the catalogue of rules, and from nothing
that Sekisho says.

    expected(account, settings) -> {rule: {resource: status}}

A resource is written as Sekisho's report shortens it, user/bob, and a thing inside it behind a #. Access keys are numbered in the order
in which they were made, for their IDs are moto's, and so are credentials of other kinds (ssh-1, certificate-1, credential-1). A verdict on the
account or on root stands at root.

moto has no root row in its credential report and no AccountPasswordPresent in its summary; its summary says that root has no MFA device, no
access key and no signing certificate. What follows from that and no more is expected of root's rules. It lacks service-specific credentials,
the features of organizations, regions and access analyzers: what is judged by them is unknown there, and nothing else.
"""

from __future__ import annotations

from people import DENIED, ROOT_DEVICE
from settings import Settings

PASS, FAIL, UNKNOWN, INAPPLICABLE = "pass", "fail", "unknown", "not_applicable"
ACCOUNT = "root"

# The thresholds of the catalogue for the account and for root, in characters, passwords and days. Those for users are settings.Limits.
MIN_LENGTH, REUSE, MAX_AGE, ROOT_UNUSED = 14, 24, 90, 90
MINUTES = 24 * 60  # in a day

# The rules about what was never in a credential report, in a password policy or among policies. Some take a call for each user or region.
OTHER_RULES = ("root-centralized", "user-tags", "ssh-key-age", "git-credential-age", "api-key-expiry", "api-key-phantom-user", "signing-certificate",
               "server-certificate-expired", "role-tags", "security-contact", "contacts-differ", "access-analyzer", "analyzer-tags")

PASSWORD_POLICY_RULES = ("password-policy", "password-min-length", "password-reuse", "password-uppercase", "password-lowercase",
                         "password-symbol", "password-number", "password-self-change", "password-hard-expiry", "password-expiry")
OFF_BY_DEFAULT = ("password-expiry", "machine-user-mfa")
SWEEPS = ("ssh-key-age", "access-analyzer", "analyzer-tags")  # which a standard run leaves out


def expected(account, settings=Settings()):
    """All verdicts on an account, with the rules that are off by default."""
    return (_root(account.root) | _account_wide(account) | _password_policy(account.password_policy) | _groups(account) | _devices(account)
            | _users(account, settings) | _contacts(account) | _others(account, settings) | _tags(account, settings))


def _root(root):
    if root is not None:
        return _whole_root(root)
    return {
        "root-no-access-keys": {ACCOUNT: PASS},
        "root-no-signing-certificates": {ACCOUNT: PASS},
        "root-mfa": {ACCOUNT: UNKNOWN},           # no device; whether root has a password isn't known
        "root-hardware-mfa": {ACCOUNT: UNKNOWN},  # the same
        "root-not-used": {ACCOUNT: UNKNOWN},      # only the root row would tell
    }


def _whole_root(root):
    """Where everything is known of root. A device of his may be all there is: without a password and a key it guards nothing."""
    credentials = root.password or bool(root.keys)
    uses = [age for age in (root.signed_in, *(key.used for key in root.keys)) if age is not None]
    return {
        "root-no-access-keys": {ACCOUNT: _status(root.keys)},
        "root-no-signing-certificates": {ACCOUNT: _status(root.certificate)},
        "root-mfa": {ACCOUNT: _status(credentials and not root.mfa)},
        "root-hardware-mfa": {ACCOUNT: _status(root.mfa != "hardware") if credentials else INAPPLICABLE},
        "root-not-used": {ACCOUNT: _status(min(uses, default=ROOT_UNUSED + 1) <= ROOT_UNUSED)},
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
    if account.root and account.root.mfa == "virtual":
        verdicts[f"mfa/{ROOT_DEVICE}"] = PASS
    return {"mfa-orphan-device": _all(verdicts.items())}


USER_RULES = {}


def _user_rule(name):
    def register(check):
        USER_RULES[name] = check
        return check
    return register


def _users(account, settings):
    return {rule: _all(verdict for user in account.users for verdict in _verdicts(check, user, settings.limits(user)))
            for rule, check in USER_RULES.items()}


def _verdicts(check, user, limits):
    """A check answers for the user with a status, or for the things of his with (item, status) each; None says nothing of him."""
    answer = check(user, limits)
    if answer is None:
        return []
    if isinstance(answer, str):
        return [(_user(user), answer)]
    return [(f"{_user(user)}#{item}", status) for item, status in answer]


@_user_rule("user-permissions-through-groups")
def _(user, _limits):
    return _status(user.attached or user.inline or user.allowed)


@_user_rule("user-in-group")
def _(user, _limits):
    return _status(not user.groups) if _password(user) else INAPPLICABLE


@_user_rule("user-active")
def _(user, limits):
    uses = [key.used for key in user.keys if key.used is not None]
    if user.signed_in is not None:
        uses.append(user.signed_in)
    return _status(user.age > limits.user_inactive_days and min(uses, default=user.age) > limits.user_inactive_days)


@_user_rule("console-mfa")
def _(user, _limits):
    return _status(not user.devices) if _password(user) else INAPPLICABLE


@_user_rule("user-mfa")
def _(user, _limits):
    if user.devices:
        return PASS
    return FAIL if _password(user) else INAPPLICABLE  # without a password the user is a machine's


@_user_rule("machine-user-mfa")
def _(user, _limits):
    if user.devices:
        return PASS
    return FAIL if _password(user) or _active(user) else INAPPLICABLE


@_user_rule("mfa-sms")
def _(user, _limits):
    return [(_serial(d), _status(d.sms)) for d in user.devices] or INAPPLICABLE


@_user_rule("access-key-rotation")
def _(user, limits):
    return [(n, _status(key.age > limits.access_key_max_age_days)) for n, key in _active(user)] or INAPPLICABLE


@_user_rule("access-key-unused")
def _(user, limits):
    return [(n, _status(_idle(key) > limits.access_key_unused_days)) for n, key in _active(user)] or INAPPLICABLE


@_user_rule("access-key-single")
def _(user, _limits):
    return _status(len(_active(user)) > 1) if _active(user) else INAPPLICABLE


@_user_rule("access-key-inactive")
def _(user, limits):
    return [(n, _status(key.age >= limits.access_key_inactive_days)) for n, key in _numbered(user) if not key.active] or INAPPLICABLE


@_user_rule("access-key-with-password")
def _(user, _limits):
    return _status(_active(user)) if _password(user) else INAPPLICABLE


@_user_rule("access-key-at-setup")
def _(user, limits):
    if not _password(user) or not _active(user):
        return INAPPLICABLE
    return [(n, _status(key.used is None and abs(user.age - key.age) * MINUTES <= limits.access_key_setup_minutes)) for n, key in _active(user)]


@_user_rule("access-key-quarantined")
def _(user, _limits):
    return _status(any(policy.startswith("AWSCompromisedKeyQuarantine") for policy in user.attached))


@_user_rule("password-unused")
def _(user, limits):
    if not _password(user):
        return INAPPLICABLE
    return _status((_set(user) if user.signed_in is None else user.signed_in) > limits.password_unused_days)


@_user_rule("password-unclaimed")
def _(user, limits):
    if not _password(user):
        return INAPPLICABLE
    return _status(user.signed_in is None and _set(user) > limits.password_unclaimed_days)


@_user_rule("ssh-key-age")
def _(user, limits):
    return [(f"ssh-{n}", _status(key.age > limits.ssh_key_max_age_days)) for n, key in enumerate(user.ssh_keys, 1) if key.active] or INAPPLICABLE


@_user_rule("signing-certificate")
def _(user, limits):
    return [(f"certificate-{n}", _status(c.ends <= 0 or c.age > limits.signing_certificate_max_age_days))
            for n, c in enumerate(user.certificates, 1) if c.active] or INAPPLICABLE


@_user_rule("api-key-phantom-user")
def _(user, _limits):
    return _status(_password(user) or user.keys) if user.name.startswith("BedrockAPIKey-") else None


def _contacts(account):
    """One defect that is seen is enough; that there is none needs all three."""
    contacts = (account.security, account.billing, account.operations)
    registered = [contact for contact in contacts if contact not in (None, DENIED)]
    mails = {contact.email.lower() for contact in registered}
    phones = {"".join(filter(str.isdigit, contact.phone)) for contact in registered}
    differ = not (None in contacts or min(len(mails), len(phones)) < len(registered))
    return {
        "security-contact": {ACCOUNT: UNKNOWN if account.security == DENIED else _status(account.security is None)},
        "contacts-differ": {ACCOUNT: UNKNOWN if differ and DENIED in contacts else _status(not differ)},
    }


def _others(account, settings):
    certificates = ((f"server-certificate{c.path}{c.name}", _status(c.ends <= 0)) for c in account.server_certificates)
    return {
        "root-centralized": {ACCOUNT: _centralized(account.features)},
        "server-certificate-expired": _all(certificates),
        "access-analyzer": _analyzers(account.regions),
        **_credentials(account, settings),
    }


def _centralized(features):
    """Only the management account and the delegated administrator are told. Of two refusals one can't tell whether it would have been."""
    if features in ("AccountNotManagementOrDelegatedAdministratorException", "OrganizationNotFoundException"):
        return INAPPLICABLE
    if features is None or isinstance(features, str):
        return UNKNOWN
    return _status("RootCredentialsManagement" not in features)


def _credentials(account, settings):
    if account.credentials is None:
        return {"git-credential-age": {ACCOUNT: UNKNOWN}, "api-key-expiry": {ACCOUNT: UNKNOWN}}
    users = {user.name: user for user in account.users}
    passwords, keys = {}, {}
    for c in account.credentials:
        user = users[c.user]
        if c.status != "Active" or c.ends is not None and c.ends <= 0:
            verdict = INAPPLICABLE
        elif c.api_key:
            verdict = _status(c.ends is None or c.ends > settings.limits(user).api_key_max_age_days)
        else:
            verdict = _status(c.age > settings.limits(user).git_credential_max_age_days)
        (keys if c.api_key else passwords)[f"{_user(user)}#credential-{c.number}"] = verdict
    return {"git-credential-age": _all(passwords.items()), "api-key-expiry": _all(keys.items())}


def _enabled(region):
    return region.state in ("ENABLED", "ENABLED_BY_DEFAULT")


def _analyzers(regions):
    if regions is None:
        return {ACCOUNT: UNKNOWN}
    verdicts = {}
    for region in regions:
        if region.state == "DISABLED":
            verdict = INAPPLICABLE
        elif region.denied or not _enabled(region):  # which is on its way
            verdict = UNKNOWN
        else:
            verdict = _status(not any(a.type in ("ACCOUNT", "ORGANIZATION") and a.status == "ACTIVE" for a in region.analyzers))
        verdicts[f"{ACCOUNT}#{region.name}"] = verdict
    return _all(verdicts.items())


def _tags(account, settings):
    required = set(settings.required_tags)
    if not required:
        return {rule: {ACCOUNT: INAPPLICABLE} for rule in ("user-tags", "role-tags", "analyzer-tags")}

    def lacking(tags):
        return _status(required - {key for key, _ in tags})

    roles = dict.fromkeys(account.roles, ()) | dict(account.role_tags)
    if account.regions is None:
        analyzers = {ACCOUNT: UNKNOWN}
    else:
        used = [region for region in account.regions if region.state != "DISABLED"]
        told = [region for region in used if _enabled(region) and not region.denied]
        analyzers = _all([(f"{ACCOUNT}#{r.name}", UNKNOWN) for r in used if r not in told] + [
            (f"analyzer/{a.name}#{r.name}", lacking(a.tags)) for r in told for a in r.analyzers])
    return {
        "user-tags": _all((_user(user), lacking(user.tags)) for user in account.users),
        "role-tags": _all((f"role/{role}", lacking(tags)) for role, tags in roles.items()),
        "analyzer-tags": analyzers,
    }


def _password(user):
    return user.password and not user.password_deleted


def _set(user):
    """How long ago the password was set."""
    return user.age if user.password_age is None else user.password_age


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
