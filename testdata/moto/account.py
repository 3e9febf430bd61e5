"""Has Sekisho audit accounts that boto3 made in moto, an independent stand-in for AWS, and compares every verdict with the truth.

    account.py SEKISHO EMULATOR

are the two programs, built. The truth (truth.py) is worked out from how each user was made (people.py). Each disagreement is printed; the exit
status is 1 where there is one, and where less was compared than there is to compare.
"""

from __future__ import annotations

import contextlib
import dataclasses
import json
import os
import signal
import stat
import subprocess
import sys
import tempfile

import people
import truth
from people import Account, Key, PasswordPolicy, Provider, User, app
from sekisho import FAILED, FINDING, UNDECIDED, Sekisho
from standin import StandIn, make_directories, role, set_password_policy
from tally import Tally

USERS = 60
# A check that compares less than this has lost a part of itself.
LEAST_COMPARISONS = 20000
SECONDS = 20 * 60

BULK_CALLS = {
    "iam:GetAccountSummary": 1, "iam:ListAccountAliases": 1, "iam:GetAccountPasswordPolicy": 1, "iam:GetAccountAuthorizationDetails": 1,
    "iam:GenerateCredentialReport": 2, "iam:GetCredentialReport": 1, "iam:ListUsers": 1, "iam:ListVirtualMFADevices": 1,
    "iam:ListSAMLProviders": 1, "iam:ListOpenIDConnectProviders": 1,
}
# The rules that truth.py knows. Most audits here ask for these, so that rules which come later add no calls and no failures.
RULES = tuple(truth.expected(Account()))
# The rules that name a failing key, whose ID costs a call for its user.
KEY_RULES = ("access-key-rotation", "access-key-unused", "access-key-single", "access-key-inactive", "access-key-at-setup")
POLICY_RULES = truth.PASSWORD_POLICY_RULES
ON_BY_DEFAULT = tuple(rule for rule in RULES if rule not in truth.OFF_BY_DEFAULT)
PERMISSION_RULES = ("user-permissions-through-groups", "access-key-quarantined", "groups-grant-permissions", "group-not-empty", "group-has-policy")
# What rests on the credential report. Where it can't be had, some of it could still be asked for user by user; who doesn't says unknown.
REPORT_RULES = (
    "user-in-group", "user-active", "console-mfa", "user-mfa", "mfa-sms", "access-key-rotation", "access-key-unused", "access-key-single",
    "access-key-inactive", "access-key-with-password", "access-key-at-setup", "password-unused", "password-unclaimed",
)
ROOT_RULES = ("root-no-access-keys", "root-no-signing-certificates", "root-mfa", "root-hardware-mfa", "root-not-used")


def main():
    if len(sys.argv) != 3:
        sys.exit("usage: account.py SEKISHO EMULATOR")
    sekisho, emulator = (os.path.abspath(name) for name in sys.argv[1:])
    # A check that hangs must fail, and whoever stops it must not leave its programs behind.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("account: error: stopped"))
    signal.signal(signal.SIGALRM, lambda *_: sys.exit(f"account: error: not done after {SECONDS} seconds"))
    signal.alarm(SECONDS)
    tally = Tally()
    check_cast(tally)
    with StandIn() as moto:
        empty_account(tally, moto, sekisho)
        company(tally, moto, sekisho, emulator)
        federation(tally, moto, sekisho)
        dead_namesake(tally, moto, sekisho)
    tally.finish(LEAST_COMPARISONS)


def check_cast(tally):
    """Makes sure that the company holds what the check is for."""
    tally.scenario("the company of the check")
    tally.equal("users", len({user.name for user in people.USERS}), USERS)
    tally.equal("combinations that don't occur", people.all_combinations() - people.combinations(people.USERS), set())
    for rule, verdicts in truth.expected(people.COMPANY).items():
        if rule in truth.USER_RULES or rule in ("mfa-orphan-device", "group-not-empty", "group-has-policy"):
            tally.equal(f"{rule}: passes and fails somewhere", {truth.PASS, truth.FAIL} <= set(verdicts.values()), True)


def expected(account, rules=RULES):
    """The truth of some rules."""
    return {rule: verdicts for rule, verdicts in truth.expected(account).items() if rule in rules}


def empty_account(tally, moto, binary):
    """An account in which nobody made anything, reached through a role."""
    tally.scenario("an account without users")
    run = Sekisho(binary, moto.endpoint).audit("--role-arn", role("210987654321"), rules=RULES)
    tally.equal("exit status", run.status, FINDING)
    tally.equal("account", run.report["account"]["id"], "210987654321")
    tally.equal("users", run.report["users"], [])
    tally.verdicts(run.verdicts({}), expected(Account()))
    tally.within("calls", run.calls(), BULK_CALLS)


def company(tally, moto, binary, emulator):
    """The 60 users, with everything that can be asked of them."""
    keys = moto.build(people.COMPANY)
    sekisho = Sekisho(binary, moto.endpoint)
    with tempfile.TemporaryDirectory() as folder:
        snapshot = os.path.join(folder, "moto.json")
        run = audit_company(tally, sekisho, keys, snapshot)
        company_by_default(tally, sekisho, keys)
        snapshot_again(tally, sekisho, keys, snapshot, run)
        served_by_emulator(tally, binary, emulator, keys, snapshot, run)
    password_policies(tally, moto, sekisho)
    bare(tally, moto, sekisho, keys)
    lacking_operations(tally, moto, sekisho, keys)
    nothing_answers(tally, moto, sekisho)
    few_rights(tally, moto, binary, keys)
    torn_report(tally, moto, sekisho, keys)


def audit_company(tally, sekisho, keys, snapshot):
    tally.scenario("the company")
    want = expected(people.COMPANY)
    run = sekisho.audit("--save", snapshot, rules=RULES)
    tally.equal("exit status", run.status, FINDING)
    tally.verdicts(run.verdicts(keys), want)
    tally.equal("failing keys without an ID", run.nameless(), [])
    tally.equal("gaps", run.report["gaps"], [])
    tally.equal("account", {k: run.report["account"][k] for k in ("id", "partition", "alias")},
                {"id": "123456789012", "partition": "aws", "alias": people.COMPANY.alias})
    panel = ["root-no-access-keys", "root-mfa", "individual-users", "groups-grant-permissions", "password-policy"]
    tally.equal("Security Status", [(item["rule"], item["status"]) for item in run.report["security_status"]["items"]],
                [(rule, want[rule][truth.ACCOUNT]) for rule in panel])
    tally.equal("Security Status: complete", run.report["security_status"]["complete"], 4)
    user_rows(tally, run, keys)

    named = {resource.split("#")[0] for rule in KEY_RULES for resource, status in want[rule].items() if status == truth.FAIL}
    bound = BULK_CALLS | {
        "iam:ListAccessKeys": len(named),
        "iam:ListMFADevices": sum(bool(user.devices) for user in people.USERS),
        # moto dates its report 2015, so that a sign-in of one without a password is news to it.
        "iam:GetLoginProfile": sum(user.password_deleted for user in people.USERS),
        # Two keys of the same second can't be told apart by their dates.
        "iam:GetAccessKeyLastUsed": sum(len(u.keys) for u in people.USERS if len({k.age for k in u.keys}) < len(u.keys)),
    }
    tally.within("calls", run.calls(), bound)

    return run


def company_by_default(tally, sekisho, keys):
    """An audit for which nobody picks rules. Rules of which truth.py says nothing are judged elsewhere; they must not change the others."""
    tally.scenario("the company, by default")
    run = sekisho.audit()
    got = run.verdicts(keys)
    tally.verdicts({rule: verdicts for rule, verdicts in got.items() if rule in RULES}, expected(people.COMPANY, ON_BY_DEFAULT))
    tally.equal("exit status", run.status, FINDING)
    tally.equal("failing keys without an ID", run.nameless(), [])


def user_rows(tally, run, keys):
    """Compares the table of users."""
    rows = {row["name"]: row for row in run.report["users"]}
    tally.equal("users", sorted(rows), sorted(user.name for user in people.USERS))
    for user in people.USERS:
        row = rows.get(user.name, {"password": {}})
        got = {"password": row["password"].get("enabled"), "groups": sorted(row.get("groups") or []), "mfa": row.get("mfa_active"),
               "keys": sorted(key["active"] for key in row.get("access_keys") or [])}
        tally.equal(f"the row of {user.name}", got, {
            "password": user.password and not user.password_deleted, "groups": sorted(user.groups), "mfa": bool(user.devices),
            "keys": sorted(key.active for key in user.keys)})
        ids = {key["id"] for key in row.get("access_keys") or [] if key["id"]}
        tally.equal(f"{user.name}: key IDs that are somebody else's", ids - {key_id for key_id, _ in keys[f"user{user.path}{user.name}"]}, set())


def snapshot_again(tally, sekisho, keys, snapshot, run):
    tally.scenario("the company's snapshot")
    tally.equal("mode of the file", stat.S_IMODE(os.stat(snapshot).st_mode), 0o600)
    with open(snapshot, encoding="utf-8") as file:
        text = file.read()
    tally.equal("secrets in the file", [secret for pairs in keys.values() for _, secret in pairs if json.dumps(secret)[1:-1] in text], [])
    again = sekisho.audit("--from", snapshot, rules=RULES)
    tally.equal("exit status", again.status, run.status)
    tally.equal("findings", again.report["findings"], run.report["findings"])
    tally.verdicts(again.verdicts(keys), expected(people.COMPANY))


def served_by_emulator(tally, binary, emulator, keys, snapshot, run):
    tally.scenario("the company's snapshot, served by the emulator")
    copy = snapshot + ".copy"
    with serving(emulator, snapshot) as endpoint:
        again = Sekisho(binary, endpoint).audit("--save", copy, rules=RULES)
    tally.equal("exit status", again.status, run.status)
    tally.equal("findings", again.findings(), run.findings())
    first, second = timeless(snapshot), timeless(copy)
    # Whether somebody has a password is asked again where he signed in after moto's report of 2015; the emulator's is of today.
    for name in [user.name for user in people.USERS if user.password_deleted]:
        first["per_user"].pop(name, None)
        second["per_user"].pop(name, None)
    for part in sorted(set(first) | set(second)):
        tally.equal(f"snapshot: {part}", second.get(part), first.get(part))
    tally.verdicts(again.verdicts(keys), expected(people.COMPANY))
    tally.equal("failing keys without an ID", again.nameless(), [])


def timeless(snapshot):
    """A snapshot without the times of the run and the number of its calls."""
    def strip(value):
        if isinstance(value, dict):
            return {key: strip(v) for key, v in value.items() if key not in ("began", "ended", "taken_at", "generated_at", "calls")}
        return [strip(v) for v in value] if isinstance(value, list) else value

    with open(snapshot, encoding="utf-8") as file:
        parts = json.load(file)
    del parts["caller"]["at"]
    return strip(parts)


@contextlib.contextmanager
def serving(emulator, snapshot):
    """Runs the emulator and gives its endpoint."""
    with subprocess.Popen([emulator, "--snapshot", snapshot], stdout=subprocess.PIPE, text=True) as process:
        try:
            endpoint = process.stdout.readline().strip()
            if not endpoint.startswith("http://127.0.0.1:"):
                sys.exit(f"account: error: starting the emulator: got {endpoint!r}, want an address")
            yield endpoint
        finally:
            process.terminate()


def password_policies(tally, moto, sekisho):
    """The company's password policy in other forms."""
    policies = {
        "none": None,
        "all that AWS lets one ask for": PasswordPolicy(min_length=128, reuse=24, max_age=1, hard_expiry=True),
        "just enough": PasswordPolicy(min_length=14, reuse=24, max_age=90),
        "just too little": PasswordPolicy(min_length=13, reuse=23, max_age=91, self_change=False),
        "no letters": PasswordPolicy(reuse=None, uppercase=False, lowercase=False),
        "letters only": PasswordPolicy(min_length=6, symbols=False, numbers=False, max_age=1095),
    }
    iam = moto.client("iam")
    for name, policy in policies.items():
        tally.scenario(f"password policy: {name}")
        set_password_policy(iam, policy)
        account = dataclasses.replace(people.COMPANY, password_policy=policy)
        run = sekisho.audit(rules=POLICY_RULES)
        tally.verdicts(run.verdicts({}), expected(account, POLICY_RULES))
        tally.equal("exit status", run.status, run.deserved_status())
    set_password_policy(iam, people.COMPANY.password_policy)


def bare(tally, moto, sekisho, keys):
    """The company without a password policy, alias and directory: only the rules about these change."""
    tally.scenario("the company without a password policy, alias and directory")
    iam = moto.client("iam")
    set_password_policy(iam, None)
    iam.delete_account_alias(AccountAlias=people.COMPANY.alias)
    for provider in iam.list_saml_providers()["SAMLProviderList"]:
        iam.delete_saml_provider(SAMLProviderArn=provider["Arn"])
    account = dataclasses.replace(people.COMPANY, password_policy=None, alias="", saml=())
    run = sekisho.audit(rules=RULES)
    tally.verdicts(run.verdicts(keys), expected(account))
    tally.equal("Security Status: complete", run.report["security_status"]["complete"], 3)

    # That there's no federation is said only where all lists were read.
    for operation in ("list_saml_providers", "list_open_id_connect_providers", "get_account_authorization_details"):
        tally.scenario(f"no federation, and {operation} fails")
        with moto.without(operation):
            run = sekisho.audit(rules=("identity-federation",))
        tally.equal("exit status", run.status, UNDECIDED)
        tally.verdicts(run.verdicts(keys), expected(account, ("identity-federation",)), blind=("identity-federation",))
    set_password_policy(iam, people.COMPANY.password_policy)
    iam.create_account_alias(AccountAlias=people.COMPANY.alias)
    make_directories(iam, people.COMPANY)


def lacking_operations(tally, moto, sekisho, keys):
    """Each call fails in turn, as those do that moto lacks. Rules that are blind then say unknown and nothing else; those that see a part say the
    truth or unknown; what does not rest on the call says the truth."""
    want = expected(people.COMPANY)
    lacking = [
        (("get_account_summary",), ROOT_RULES, (), ()),
        (("list_account_aliases",), ("account-alias",), (), ()),
        (("get_account_password_policy",), POLICY_RULES, (), ()),
        (("generate_credential_report", "get_credential_report"), ("root-not-used",), (), REPORT_RULES),
        (("get_account_authorization_details",), PERMISSION_RULES, ("user-in-group",), ()),
        (("list_users",), (), ("user-active",), ()),  # moto's report doesn't tell the last sign-in of who has no password any more
        (("list_virtual_mfa_devices",), ("mfa-orphan-device",), (), ()),
        (("list_saml_providers",), ("identity-federation",), (), ()),
        (("list_open_id_connect_providers",), (), (), ()),
        (("list_mfa_devices",), (), ("mfa-sms",), ()),
        (("list_access_keys",), (), (), ()),
        (("get_access_key_last_used",), (), ("access-key-unused",), ("user-active",)),
    ]
    for operations, blind, partly, unsure in lacking:
        tally.scenario(f"{' and '.join(operations)} fails")
        with moto.without(*operations):
            run = sekisho.audit(rules=RULES)
        tally.verdicts(run.verdicts(keys), want, blind, partly, unsure)
        tally.equal("exit status", run.status, FINDING)
        actions = {gap["action"].removeprefix("iam:").lower() for gap in run.report["gaps"]}
        failed = {operation.replace("_", "") for operation in operations}
        tally.equal("actions with gaps are among those that failed", bool(actions) and actions <= failed, True)
        tally.equal("codes of the gaps", {gap["code"] for gap in run.report["gaps"]} - {"ServiceFailure"}, set())


def nothing_answers(tally, moto, sekisho):
    """Where nothing at all can be read there is no report."""
    bulk = ("get_account_summary", "list_account_aliases", "get_account_password_policy", "get_account_authorization_details", "list_users",
            "generate_credential_report", "get_credential_report", "list_virtual_mfa_devices", "list_saml_providers", "list_open_id_connect_providers")
    for name, operations in (("get_caller_identity", ("get_caller_identity",)), ("everything but get_caller_identity", bulk)):
        tally.scenario(f"{name} fails")
        with moto.without(*operations):
            run = sekisho.audit(rules=RULES)
        tally.equal("exit status", run.status, FAILED)
        tally.equal("report", run.stdout, "")
        tally.equal("says that the endpoint failed", run.stderr.startswith("sekisho: error: ") and "500" in run.stderr, True)


def few_rights(tally, moto, binary, keys):
    """Callers whom moto allows little. What they may not see is unknown."""
    want = expected(people.COMPANY)

    def audit(name):
        tally.scenario(f"moto's authorization, {name}")
        with moto.authorization():
            return Sekisho(binary, moto.endpoint, keys[f"user/{name}"][0]).audit(rules=RULES)

    run = audit(people.POWERLESS)
    tally.equal("exit status", run.status, FAILED)
    tally.equal("report", run.stdout, "")
    tally.equal("says why", run.stderr.startswith("sekisho: error: ") and "403" in run.stderr and "sekisho: hint: " in run.stderr, True)

    run = audit(people.DASHBOARD)
    tally.equal("exit status", run.status, UNDECIDED)
    seen = ("root-no-access-keys", "root-no-signing-certificates", *POLICY_RULES)
    tally.verdicts(run.verdicts(keys), want, blind=set(want) - set(seen))
    denied(tally, run, set(BULK_CALLS) - set(people.DASHBOARD_ACTIONS) - {"iam:GetCredentialReport"})

    run = audit(people.VIEWER)
    tally.equal("exit status", run.status, FINDING)
    tally.verdicts(run.verdicts(keys), want, blind=POLICY_RULES + PERMISSION_RULES + ("root-not-used",), unsure=REPORT_RULES)
    denied(tally, run, {"iam:GenerateCredentialReport", "iam:GetAccountPasswordPolicy", "iam:GetAccountAuthorizationDetails"})

    run = audit(people.SECURITY)
    tally.equal("exit status", run.status, FINDING)
    tally.verdicts(run.verdicts(keys), want)
    denied(tally, run, set())


def denied(tally, run, actions):
    """Compares the gaps with what the caller may not do. moto words a denial as EC2 does, which only some SDKs read; its status always tells."""
    tally.equal("actions that were denied", {gap["action"] for gap in run.report["gaps"]}, actions)
    tally.equal("gaps of another kind", [gap for gap in run.report["gaps"] if gap["code"] != "AccessDenied" and "403" not in gap["message"]], [])


def torn_report(tally, moto, sekisho, keys):
    """moto writes names into the credential report as they are, and one with a comma tears it. No part of it is believed then."""
    tally.scenario("a name with a comma, which tears moto's credential report")
    comma = User("smith,john", age=95.5, keys=(Key(91.5, used=1.5),))
    keys = keys | moto.build(Account(users=(comma,), policies=()))
    run = sekisho.audit(rules=RULES)
    tally.equal("exit status", run.status, FINDING)
    account = dataclasses.replace(people.COMPANY, users=people.USERS + (comma,))
    tally.verdicts(run.verdicts(keys), expected(account), unsure=REPORT_RULES)
    tally.equal("gaps", [(gap["section"], gap["action"]) for gap in run.report["gaps"]], [("credential-report", "iam:GetCredentialReport")])


def federation(tally, moto, binary):
    """Accounts with one user or none, in which people sign in one way or another."""
    person = User("person", password=True, signed_in=0.5, age=10.5)
    machine = Provider("https://oidc.eks.eu-west-1.amazonaws.com/id/0123456789ABCDEF", people=False)
    accounts = {
        "111111111111": Account(saml=("directory",)),
        "222222222222": Account(oidc=(Provider("https://login.microsoftonline.com/tenant/v2.0", people=True),)),
        "333333333333": Account(roles=("AWSReservedSSO_Administrator_0123456789abcdef",)),
        "444444444444": Account(oidc=(machine, Provider("https://gitlab.example.com", people=False)), roles=("worker",)),
        "555555555555": Account(users=(person,), oidc=(machine,)),
        "666666666666": Account(users=(person,), roles=("AWSReservedSSO_ReadOnly_0123456789abcdef",)),
        "777777777777": Account(users=(User("machine", age=10.5, keys=(Key(9.5),)),)),
        "999999999999": Account(users=(person,), oidc=(machine, Provider("https://sso.example.com", people=None))),
        "100000000001": Account(oidc=(Provider("https://sso.example.com", people=None),)),
    }
    for account_id, account in accounts.items():
        tally.scenario(f"federation, account {account_id}")
        keys = moto.build(account, account_id)
        run = Sekisho(binary, moto.endpoint).audit("--role-arn", role(account_id), rules=RULES)
        tally.equal("account", run.report["account"]["id"], account_id)
        tally.equal("exit status", run.status, FINDING)
        tally.verdicts(run.verdicts(keys), expected(account))


def dead_namesake(tally, moto, binary):
    """A user is deleted while a device is assigned to him, as moto allows, and his name is given to somebody new. What the dead one had is not
    the new one's; AWS may give such answers while somebody is being recreated."""
    account_id = "888888888888"
    tally.scenario("a new user under the name of one whose device is still listed")
    moto.build(Account(users=(User("kim", age=300.5, devices=(app("kim"),)),), policies=()), account_id)
    iam = moto.client("iam", moto.session(account_id))
    iam.delete_user(UserName="kim")
    new = Account(users=(User("kim", age=5.5, password=True, signed_in=0.5),), policies=())
    keys = moto.build(new, account_id)
    rules = ("console-mfa", "user-mfa", "mfa-sms")
    for operations in ((), ("list_mfa_devices",)):
        with moto.without(*operations):
            run = Sekisho(binary, moto.endpoint).audit("--role-arn", role(account_id), rules=rules)
        tally.verdicts(run.verdicts(keys), expected(new, rules))


if __name__ == "__main__":
    main()
