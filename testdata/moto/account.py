"""Has Sekisho audit accounts that boto3 made in moto, an independent stand-in for AWS, and compares every verdict with the truth.

    account.py SEKISHO EMULATOR [PART]

are the two programs, built; without a part all of them run. The truth (truth.py) is worked out from how each user was made (people.py). Each disagreement is printed; the exit
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

import exceptions
import frameworks
import people
import truth
from people import Account, Key, PasswordPolicy, Provider, User, app
from sekisho import FAILED, FINDING, UNDECIDED, Sekisho
from settings import Allowance, Own, Settings
from standin import StandIn, make_directories, role, set_password_policy
from tally import Tally

USERS = 60
SECONDS = 20 * 60

BULK_CALLS = {
    "iam:GetAccountSummary": 1, "iam:ListAccountAliases": 1, "iam:GetAccountPasswordPolicy": 1, "iam:GetAccountAuthorizationDetails": 1,
    "iam:GenerateCredentialReport": 2, "iam:GetCredentialReport": 1, "iam:ListUsers": 1, "iam:ListVirtualMFADevices": 1,
    "iam:ListSAMLProviders": 1, "iam:ListOpenIDConnectProviders": 1,
}
# The rules that truth.py knows, without those that cost more calls. Most audits here ask for these, so that others add no calls and no failures.
RULES = tuple(rule for rule in truth.expected(Account()) if rule not in truth.OTHER_RULES)
POLICY_RULES = truth.PASSWORD_POLICY_RULES
ON_BY_DEFAULT = tuple(rule for rule in RULES if rule not in truth.OFF_BY_DEFAULT)
PERMISSION_RULES = ("user-permissions-through-groups", "access-key-quarantined", "groups-grant-permissions", "group-not-empty", "group-has-policy")
# What rests on the credential report. Where it can't be had, some of it could still be asked for user by user; who doesn't says unknown.
REPORT_RULES = (
    "user-in-group", "user-active", "console-mfa", "user-mfa", "machine-user-mfa", "mfa-sms", "access-key-rotation", "access-key-unused", "access-key-single",
    "access-key-inactive", "access-key-with-password", "access-key-at-setup", "password-unused", "password-unclaimed",
)
# What moto lacks (5.2).
LACKING = {"iam:ListServiceSpecificCredentials", "iam:ListOrganizationsFeatures", "account:ListRegions"}
ASKED = tuple(argument for framework in frameworks.ALL for argument in ("--framework", framework))
ROOT_RULES = ("root-no-access-keys", "root-no-signing-certificates", "root-mfa", "root-hardware-mfa", "root-not-used")


def main():
    if len(sys.argv) not in (3, 4):
        sys.exit("usage: account.py SEKISHO EMULATOR [PART]")
    sekisho, emulator = (os.path.abspath(name) for name in sys.argv[1:3])
    # A check that hangs must fail, and whoever stops it must not leave its programs behind.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("account: error: stopped"))
    signal.signal(signal.SIGALRM, lambda *_: sys.exit(f"account: error: not done after {SECONDS} seconds"))
    signal.alarm(SECONDS)
    if len(sys.argv) == 3:
        sys.exit(all_parts(sekisho, emulator))
    part, least = PARTS[sys.argv[3]]
    tally = Tally(sys.argv[3])
    with StandIn() as moto:
        part(tally, moto, sekisho, emulator)
    tally.finish(least)


def all_parts(sekisho, emulator):
    """Runs the parts side by side, for most of their time is waiting before a call is tried again. Returns 1 where one fails."""
    running = {name: subprocess.Popen([sys.executable, __file__, sekisho, emulator, name]) for name in PARTS}
    try:
        failed = [name for name, process in running.items() if process.wait()]
    finally:
        for process in running.values():
            process.terminate()
    if failed:
        print(f"account: error: failed in part: {', '.join(failed)}", file=sys.stderr)
    return 1 if failed else 0


def check_cast(tally):
    """Makes sure that the company holds what the check is for."""
    tally.scenario("the company of the check")
    tally.equal("users", len({user.name for user in people.USERS}), USERS)
    tally.equal("combinations that don't occur", people.all_combinations() - people.combinations(people.USERS), set())
    for rule, verdicts in expected(people.COMPANY).items():
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
    check_cast(tally)
    empty_account(tally, moto, binary)
    keys = moto.build(people.COMPANY)
    sekisho = Sekisho(binary, moto.endpoint)
    with tempfile.TemporaryDirectory() as folder:
        snapshot = os.path.join(folder, "moto.json")
        run = audit_company(tally, sekisho, keys, snapshot)
        snapshot_again(tally, sekisho, keys, snapshot, run)
        served_by_emulator(tally, binary, emulator, keys, snapshot, run)
    password_policies(tally, moto, sekisho)
    federation(tally, moto, binary)
    dead_namesake(tally, moto, binary)


def branch(tally, moto, binary, _):
    """A part of the company, when less and less of it can be seen."""
    keys = moto.build(people.BRANCH)
    sekisho = Sekisho(binary, moto.endpoint)
    by_default(tally, sekisho, keys)
    bare(tally, moto, sekisho, keys)
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

    failing = {r.split("#")[0] for rule in REPORT_RULES for r, status in want[rule].items() if status == truth.FAIL}
    again = [user for user in people.USERS if f"user{user.path}{user.name}" in failing]  # they are looked at, for they fail on the credential report
    bound = BULK_CALLS | {
        "iam:ListAccessKeys": len(again),
        # So few users are all asked for their devices, and whether they must change their passwords.
        "iam:ListMFADevices": len({user.name for user in people.USERS if user.devices or user in again}),
        # moto dates its report 2015, so that a sign-in of one without a password is news to it.
        "iam:GetLoginProfile": len({user.name for user in people.USERS if user.password or user in again}),
        # Two keys of the same second can't be told apart by their dates.
        "iam:GetAccessKeyLastUsed": sum(len(u.keys) for u in people.USERS if u in again or len({k.age for k in u.keys}) < len(u.keys)),
    }
    tally.within("calls", run.calls(), bound)
    return run


def by_default(tally, sekisho, keys):
    """An audit for which nobody picks rules. Rules of which truth.py says nothing are judged elsewhere; they must not change the others."""
    tally.scenario("the branch, by default")
    run = sekisho.audit()
    got = run.verdicts(keys)
    tally.decided("privilege-escalation", got["privilege-escalation"])
    tally.verdicts({rule: verdicts for rule, verdicts in got.items() if rule in RULES}, expected(people.BRANCH, ON_BY_DEFAULT))
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
    """A snapshot without the times of the run, the number of its calls, and where they went."""
    def strip(value):
        if isinstance(value, dict):
            return {key: strip(v) for key, v in value.items() if key not in ("began", "ended", "taken_at", "machine_time", "generated_at", "calls", "endpoints")}
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
    """The branch without a password policy, alias and directory: only the rules about these change."""
    tally.scenario("the branch without a password policy, alias and directory")
    iam = moto.client("iam")
    set_password_policy(iam, None)
    iam.delete_account_alias(AccountAlias=people.BRANCH.alias)
    for provider in iam.list_saml_providers()["SAMLProviderList"]:
        iam.delete_saml_provider(SAMLProviderArn=provider["Arn"])
    account = dataclasses.replace(people.BRANCH, password_policy=None, alias="", saml=())
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
    set_password_policy(iam, people.BRANCH.password_policy)
    iam.create_account_alias(AccountAlias=people.BRANCH.alias)
    make_directories(iam, people.BRANCH)


def lacking_bulk(tally, moto, binary, _):
    """Each call that answers for the whole account fails in turn, as those do that moto lacks."""
    lacking_operations(tally, moto, binary, [
        (("get_account_summary",), ROOT_RULES, (), ()),
        (("list_account_aliases",), ("account-alias",), (), ()),
        (("get_account_password_policy",), POLICY_RULES, (), ()),
        (("generate_credential_report", "get_credential_report"), ("root-not-used",), (), REPORT_RULES),
        (("get_account_authorization_details",), PERMISSION_RULES, ("user-in-group",), ()),
        (("list_users",), (), ("user-active",), ()),  # moto's report doesn't tell the last sign-in of who has no password any more
        (("list_virtual_mfa_devices",), ("mfa-orphan-device",), (), ()),
        (("list_saml_providers",), ("identity-federation",), (), ()),
        (("list_open_id_connect_providers",), (), (), ()),
    ])


def lacking_single(tally, moto, binary, _):
    """Each call about a single user fails in turn."""
    lacking_operations(tally, moto, binary, [
        (("list_mfa_devices",), (), ("mfa-sms",), ()),
        (("list_access_keys",), (), (), ()),
        (("get_access_key_last_used",), (), ("access-key-unused",), ("user-active",)),
    ])


def lacking_operations(tally, moto, binary, lacking):
    """Rules that are blind say unknown and nothing else; those that see a part say the truth or unknown; what does not rest on the call says the
    truth."""
    keys = moto.build(people.BRANCH)
    sekisho = Sekisho(binary, moto.endpoint)
    want = expected(people.BRANCH)
    for operations, blind, partly, unsure in lacking:
        tally.scenario(f"{' and '.join(operations)} fails")
        with moto.without(*operations):
            run = sekisho.audit(rules=RULES)
        tally.verdicts(run.verdicts(keys), want, blind, partly, unsure)
        tally.equal("exit status", run.status, FINDING)
        actions = {gap["action"].removeprefix("iam:").lower() for gap in run.report["gaps"]}
        failed = {operation.replace("_", "") for operation in operations}
        tally.equal("actions with gaps are among those that failed", bool(actions) and actions <= failed, True)
        # The last use of keys that could not be listed was not asked for, so nobody refused to tell it.
        tally.equal("gaps of another kind", [gap for gap in run.report["gaps"] if gap["code"] != "ServiceFailure" and "could not be listed" not in gap["message"]], [])


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
    want = expected(people.BRANCH)

    def audit(name):
        tally.scenario(f"moto's authorization, {name}")
        with moto.authorization():
            return Sekisho(binary, moto.endpoint, keys[f"user/{name}"][0]).audit(rules=RULES)

    run = audit(people.POWERLESS)
    tally.equal("exit status", run.status, FAILED)
    tally.equal("report", run.stdout, "")
    tally.equal("says why", run.stderr.startswith("sekisho: error: ") and "AccessDenied" in run.stderr and "sekisho: hint: " in run.stderr, True)

    run = audit(people.DASHBOARD)
    tally.equal("exit status", run.status, UNDECIDED)
    seen = ("root-no-access-keys", "root-no-signing-certificates", *POLICY_RULES)
    tally.verdicts(run.verdicts(keys), want, blind=set(want) - set(seen))
    denied(tally, run, set(BULK_CALLS) - set(people.DASHBOARD_ACTIONS) - {"iam:GetCredentialReport"})

    run = audit(people.VIEWER)
    tally.equal("exit status", run.status, FINDING)
    tally.verdicts(run.verdicts(keys), want, blind=POLICY_RULES + PERMISSION_RULES + ("root-not-used",), unsure=REPORT_RULES)
    denied(tally, run, {"iam:GenerateCredentialReport", "iam:GetAccountPasswordPolicy", "iam:GetAccountAuthorizationDetails", "iam:GetAccessKeyLastUsed"})

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
    account = dataclasses.replace(people.BRANCH, users=people.BRANCH.users + (comma,))
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


def other_rules(tally, moto, binary, _):
    """The rules about credentials of other kinds, contacts, tags, regions and the organization: by each depth, under settings, with exceptions, by
    frameworks, and when what they rest on can't be had. What moto lacks is unknown."""
    account = people.OTHERS
    keys = moto.build(account)
    sekisho = Sekisho(binary, moto.endpoint)
    settings = Settings(
        required_tags=("owner", "team"),
        own=(Own(("ci-build",), (("access_key_max_age_days", 40), ("ssh_key_max_age_days", 100))),
             Own(("ci-*", "tag:kind=machine"), (("access_key_max_age_days", 200), ("access_key_unused_days", 20), ("signing_certificate_max_age_days", 400))),
             Own(("tag:owner=self",), (("password_unused_days", 90),))),
        allowances=(Allowance("console-mfa", "user/BedrockAPIKey-*"), Allowance("access-key-*", "ci-build"), Allowance("other-credentials", "late", days=-1),
                    Allowance("*", "user/retired"), Allowance("account-alias", "*"), Allowance("git-credential-age", "user/ssh"),
                    Allowance("user-active", "*", account="210987654321"), Allowance("user-active", "nobody-of-that-name"),
                    Allowance("password-expiry", "account")))
    lax = dataclasses.replace(settings, allowances=())
    runs = {}
    for name, arguments, given in (
        ("auto", (), None), ("deep", ("--depth", "deep"), None), ("standard", ("--depth", "standard"), None), ("fresh, by frameworks", ("--fresh", *ASKED), None),
        ("under settings", ASKED, lax), ("under settings with exceptions", ASKED, settings),
    ):
        tally.scenario(f"other rules: {name}")
        runs[name] = run = sekisho.audit(*arguments, settings=given, start=moto.start)
        want = truth.expected(account, given or Settings())
        left_out = (truth.SWEEPS if name == "standard" else ()) + (() if ASKED[0] in arguments else truth.OFF_BY_DEFAULT)
        tally.verdicts({rule: verdicts for rule, verdicts in run.verdicts(keys, moto.names).items() if rule in want},
                       {rule: verdicts for rule, verdicts in want.items() if rule not in left_out})
        tally.equal("gaps", sorted(gap["action"] for gap in run.report["gaps"]), sorted(LACKING if name != "standard" else LACKING - {"account:ListRegions"}))
        if ASKED[0] in arguments:
            frameworks.check(tally, run, given or Settings())
    told = {entry["rule"]: (entry["cost"]["each"], entry["cost"]["calls"] > 0) for entry in runs["standard"].report["not_selected"] if "cost" in entry}
    tally.equal("what a standard run says of the rules that it leaves out", told,
                {rule: ("user" if rule == "ssh-key-age" else "region", True) for rule in truth.SWEEPS})
    exceptions.check(tally, runs["under settings"], runs["under settings with exceptions"], settings)


def lacking_others(tally, moto, binary, _):
    """Each call that only the other rules rest on fails in turn."""
    account = people.OTHERS
    keys = moto.build(account)
    sekisho = Sekisho(binary, moto.endpoint)
    blind = {"list_ssh_public_keys": ("ssh-key-age",), "list_server_certificates": ("server-certificate-expired",),
             "get_alternate_contact": ("security-contact", "contacts-differ")}
    for operation, rules in blind.items():
        tally.scenario(f"other rules: {operation} fails")
        with moto.without(operation):
            run = sekisho.audit(rules=rules)
        tally.verdicts(run.verdicts(keys, moto.names), expected(account, rules), blind=rules)
    tally.scenario("other rules: list_signing_certificates fails")
    with moto.without("list_signing_certificates"):
        run = sekisho.audit(rules=("signing-certificate",))
    tally.verdicts(run.verdicts(keys, moto.names), expected(account, ("signing-certificate",)), partly=("signing-certificate",))


# The parts, and how much each compares at the least: one that compares less has lost a part of itself.
PARTS = {
    "company": (company, 3600),
    "branch": (branch, 1700),
    "lacking-bulk": (lacking_bulk, 2900),
    "lacking-single": (lacking_single, 1000),
    "other-rules": (other_rules, 1900),
    "lacking-others": (lacking_others, 27),
}

if __name__ == "__main__":
    main()
