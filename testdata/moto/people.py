"""The account that moto is given, as data: what is made, and when. What a rule should say of it stands in truth.py.

All times are ages in days before the start of the check. The dates of a threshold are met from both sides, at two hours' distance,
so that a slow run doesn't cross one.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field

MARGIN = 2 / 24  # days


def under(days):
    """An age that is a little less than so many days, and stays so while the check runs."""
    return days - MARGIN


def over(days):
    """An age that is a little more than so many days."""
    return days + MARGIN


NOW = 0.0


@dataclass(frozen=True)
class Key:
    """An access key. used is the age of its last use; None for never."""

    age: float
    used: float | None = None
    active: bool = True


@dataclass(frozen=True)
class Device:
    """An MFA device. serial is None for a virtual one, which is made under name in path."""

    name: str
    path: str = "/"
    serial: str | None = None
    sms: bool = False


@dataclass(frozen=True)
class SSHKey:
    """An SSH public key, by the age of its upload."""

    age: float
    active: bool = True


@dataclass(frozen=True)
class Certificate:
    """A user's X.509 signing certificate, by the age of its upload. It ends in so many days; a negative number is past."""

    age: float
    ends: float
    active: bool = True


@dataclass(frozen=True)
class User:
    """A user. The password is set when the user is made, for moto keeps no other date, unless password_age says otherwise; signed_in is the age of
    its last use."""

    name: str
    age: float = 400.5
    password: bool = False
    signed_in: float | None = None
    devices: tuple[Device, ...] = ()
    keys: tuple[Key, ...] = ()
    groups: tuple[str, ...] = ()
    path: str = "/"
    attached: tuple[str, ...] = ()
    inline: tuple[str, ...] = ()
    allowed: tuple[str, ...] = ()  # actions that an inline policy of his own allows
    predecessor: User | None = None  # a namesake who was deleted before
    password_deleted: bool = False
    ssh_keys: tuple[SSHKey, ...] = ()
    certificates: tuple[Certificate, ...] = ()
    tags: tuple[tuple[str, str], ...] = ()
    password_age: float | None = None


@dataclass(frozen=True)
class Group:
    name: str
    path: str = "/"
    attached: tuple[str, ...] = ()
    inline: tuple[str, ...] = ()
    allowed: tuple[str, ...] = ()


@dataclass(frozen=True)
class Provider:
    """An OIDC provider; people says whether people sign in through it, or only systems; None: its issuer may be anybody's."""

    url: str
    people: bool | None


@dataclass(frozen=True)
class PasswordPolicy:
    min_length: int = 14
    reuse: int | None = 24
    uppercase: bool = True
    lowercase: bool = True
    symbols: bool = True
    numbers: bool = True
    max_age: int | None = None
    self_change: bool = True
    hard_expiry: bool = False


@dataclass(frozen=True)
class ServerCertificate:
    """A server certificate. moto says of each that it ended in 2012."""

    name: str
    path: str = "/"
    ends: float = -5000.0


@dataclass(frozen=True)
class Contact:
    """A contact of the account beside its owner. In its place None is nobody, and DENIED what the caller may not know."""

    email: str
    phone: str


DENIED = "denied"

# Root's virtual MFA device may have any name.
ROOT_DEVICE = "somebodys-phone"


@dataclass(frozen=True)
class Root:
    """The root user. mfa is "virtual", "hardware" or ""; signed_in and the keys are as a user's."""

    password: bool = True
    signed_in: float | None = None
    keys: tuple[Key, ...] = ()
    certificate: bool = False
    mfa: str = "hardware"


@dataclass(frozen=True)
class ServiceCredential:
    """A password for CodeCommit or Keyspaces, or a long-term API key. It ends in so many days; None is never."""

    user: str
    number: int  # tells it from others
    age: float
    api_key: bool = False
    status: str = "Active"
    ends: float | None = None


@dataclass(frozen=True)
class Analyzer:
    name: str
    type: str = "ACCOUNT"
    status: str = "ACTIVE"
    tags: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Region:
    """A region of the account. One that is denied does not tell its analyzers."""

    name: str
    state: str = "ENABLED_BY_DEFAULT"
    analyzers: tuple[Analyzer, ...] = ()
    denied: bool = False


@dataclass(frozen=True)
class Account:
    users: tuple[User, ...] = ()
    groups: tuple[Group, ...] = ()
    unassigned: tuple[Device, ...] = ()
    deactivated: tuple[tuple[str, Device], ...] = ()  # devices that the named users had
    saml: tuple[str, ...] = ()
    oidc: tuple[Provider, ...] = ()
    roles: tuple[str, ...] = ()
    policies: tuple[str, ...] = field(default=("ReadReports", "AWSCompromisedKeyQuarantineV3", "NoAWSCompromisedKeyQuarantine"))
    alias: str = ""
    password_policy: PasswordPolicy | None = None
    role_tags: tuple[tuple[str, tuple[tuple[str, str], ...]], ...] = ()  # by the roles' names
    server_certificates: tuple[ServerCertificate, ...] = ()
    security: Contact | str | None = None
    billing: Contact | str | None = None
    operations: Contact | str | None = None
    # What moto can't be given; None is what it says, or can't say.
    root: Root | None = None
    credentials: tuple[ServiceCredential, ...] | None = None
    features: tuple[str, ...] | str | None = None  # those of the organization that are on, or AWS's refusal to tell
    regions: tuple[Region, ...] | None = None


def app(name, path="/"):
    return Device(name, path)


def fido(user, name):
    return Device(name, serial=f"arn:aws:iam::123456789012:u2f/user/{user}/{name}-A1B2C3D4E5F6G7H8I9J0K1L2M3")


def token(number):
    return Device(number, serial=number)


def sms(user):
    return Device(user, serial=f"arn:aws:iam::123456789012:sms-mfa/{user}", sms=True)


ADMINISTRATORS, DEVELOPERS, OPERATORS = "administrators", "developers", "operators"
SECURITY_ACTIONS = ("iam:Get*", "iam:List*", "iam:GenerateCredentialReport")
VIEW_ACTIONS = ("iam:List*", "iam:GetAccountSummary", "iam:GetLoginProfile")
DASHBOARD_ACTIONS = ("iam:GetAccountSummary", "iam:GetAccountPasswordPolicy")

# The auditors' keys are used by the check itself, so they count as used now from the start.
AUDITOR_KEY = (Key(20.5, used=NOW),)
POWERLESS, DASHBOARD, VIEWER, SECURITY = "auditor-powerless", "auditor-dashboard", "auditor-viewer", "auditor-security"

USERS = (
    # People as they should be, and a name that begins another.
    User("alice", password=True, signed_in=3.5, devices=(app("alice"),), groups=(ADMINISTRATORS,)),
    User("bob", password=True, signed_in=1.5, devices=(app("bob"),), groups=(DEVELOPERS,)),
    User("bobby", keys=(Key(200.5, used=100.5), Key(150.5))),
    User("ann", password=True, signed_in=2.5, devices=(app("ann"),), keys=(Key(10.5, used=0.5),), groups=(DEVELOPERS,)),
    User("ann-marie", keys=(Key(95.5, active=False),)),

    # Kinds of MFA devices, one or several.
    User("carol", password=True, signed_in=2.5, groups=(DEVELOPERS,)),
    User("dora", password=True, signed_in=2.5, devices=(sms("dora"),), groups=(DEVELOPERS,)),
    User("erin", password=True, signed_in=2.5, devices=(fido("erin", "blue"),), keys=(Key(40.5, used=1.5),), groups=(DEVELOPERS,)),
    User("frank", devices=(token("GAHT12345678"),), groups=(OPERATORS,)),
    User("grace", password=True, signed_in=2.5, devices=(app("grace"), fido("grace", "desk"), token("GAKT00000007")), groups=(ADMINISTRATORS,)),
    User("heidi", password=True, signed_in=2.5, devices=(app("heidi-1"), app("heidi-2", "/phones/")), keys=(Key(60.5, used=50.5, active=False),),
         groups=(DEVELOPERS,)),
    User("samuel", password=True, signed_in=2.5, devices=(app("root-account-mfa-device"),), keys=(Key(30.5, used=0.5), Key(29.5, used=0.5)),
         groups=(DEVELOPERS,)),
    User("tessa", devices=(app("tessa"), sms("tessa")), keys=(Key(20.5, used=1.5),)),

    # Passwords never used, and used long ago, on both sides of each threshold.
    User("ivan", age=under(7), password=True, groups=(DEVELOPERS,), devices=(token("GAHT00000001"),), keys=(Key(2.5), Key(1.5))),
    User("judy", age=over(7), password=True, groups=(DEVELOPERS,), keys=(Key(5.5), Key(4.5))),
    User("ken", age=under(45), password=True, groups=(DEVELOPERS,), devices=(app("ken"),), keys=(Key(44.5, active=False), Key(3.5))),
    User("laura", age=over(45), password=True, groups=(DEVELOPERS,), devices=(fido("laura", "k"),), keys=(Key(40.5, active=False),)),
    User("mallory", age=300.5, password=True, signed_in=under(45), groups=(DEVELOPERS,), devices=(app("mallory"), token("GAHT00000002"))),
    User("niaj", age=300.5, password=True, signed_in=over(45), groups=(DEVELOPERS,)),

    # Users in use or not.
    User("olivia", age=500.5, password=True, signed_in=under(90), keys=(Key(200.5, active=False), Key(199.5, active=False))),
    User("peggy", age=500.5, password=True, signed_in=over(90), devices=(app("peggy"),), keys=(Key(60.5, active=False),)),
    User("quentin", age=under(90), devices=(app("quentin"),)),
    User("rupert", age=over(90)),
    User("kaufmann", age=600.5, signed_in=20.5, password=True, password_deleted=True),
    User("ludwig", age=600.5, keys=(Key(300.5, used=10.5, active=False),), devices=(token("GAHT00000003"),)),
    User("nobody", age=600.5, devices=(app("nobody"), app("nobody-2")), keys=(Key(500.5, used=91.5, active=False),)),

    # Ages of keys, on both sides of each threshold.
    User("sybil", keys=(Key(under(90), used=1.5),)),
    User("trent", keys=(Key(over(90), used=1.5),), devices=(app("trent"),)),
    User("uma", keys=(Key(under(45)),), devices=(fido("uma", "u"),)),
    User("victor", keys=(Key(over(45)),)),
    User("walter", keys=(Key(200.5, used=under(45)),)),
    User("xenia", keys=(Key(200.5, used=over(45)),)),
    User("yves", keys=(Key(under(30), active=False),), devices=(app("yves"),)),
    User("zoe", keys=(Key(over(30), active=False),)),

    # Two keys: the second is judged when the first is inactive; of two made in the same second each has its own last use.
    User("anton", keys=(Key(100.5, active=False), Key(99.5, used=60.5))),
    User("berta", keys=(Key(12.5, used=1.5), Key(11.5))),
    User("caesar", age=130.5, keys=(Key(120.5, used=1.5), Key(120.5)), devices=(app("caesar"),)),
    User("david", keys=(Key(100.5, active=False), Key(10.5, active=False)), devices=(app("david"), fido("david", "d"))),
    User("lisa", keys=(Key(120.5, used=1.5), Key(3.5, used=2.5, active=False)), devices=(app("lisa"),)),
    User("mona", keys=(Key(12.5, used=1.5), Key(100.5, active=False)), devices=(token("GAHT00000004"),)),
    User("nora", keys=(Key(12.5, used=1.5), Key(11.5, used=1.5)), devices=(token("GAHT00000005"),)),
    User("oskar", keys=(Key(12.5, used=1.5), Key(11.5, active=False)), devices=(app("oskar-1"), app("oskar-2"))),
    User("pia", keys=(Key(12.5, used=1.5), Key(11.5)), devices=(app("pia"), token("GAHT00000006"))),

    # People with keys, and keys made along with their user.
    User("emil", password=True, signed_in=1.5, keys=(Key(30.5, used=0.5),), groups=(DEVELOPERS,)),
    User("fritz", age=10.5, password=True, signed_in=1.5, keys=(Key(10.5),), groups=(DEVELOPERS,), devices=(app("fritz-1"), app("fritz-2"))),
    User("gustav", age=50.5, password=True, signed_in=1.5, keys=(Key(50.5 - 4 / 1440), Key(50.5 - 4.5 / 1440, active=False)),
         groups=(DEVELOPERS,), devices=(fido("gustav", "g"),)),
    User("heinrich", age=20.5, password=True, signed_in=1.5, keys=(Key(20.5 - 6 / 1440), Key(20.5)), groups=(DEVELOPERS,),
         devices=(app("heinrich"), fido("heinrich", "h"))),
    User("ida", age=20.5, password=True, signed_in=1.5, keys=(Key(20.5, used=20.25), Key(9.5, active=False)), groups=(DEVELOPERS,),
         devices=(app("ida"), fido("ida", "i"))),
    User("julius", age=20.5, password=True, signed_in=1.5, keys=(Key(20.5, active=False), Key(20.5 - 2 / 1440)), groups=(DEVELOPERS,)),

    # Policies of one's own, by their names.
    User("martha", attached=("ReadReports",), groups=(OPERATORS,)),
    User("otto", attached=("ReadReports",), inline=("own",), password=True, signed_in=5.5, groups=("hollow",)),
    User("paula", attached=("AWSCompromisedKeyQuarantineV3",), keys=(Key(70.5, used=2.5),)),
    User("quelle", attached=("NoAWSCompromisedKeyQuarantine",), inline=("AWSCompromisedKeyQuarantineV2",), devices=(app("quelle"), fido("quelle", "q"))),

    # Names that are legal and awkward, paths, and a namesake of someone who is gone.
    User("root", password=True, signed_in=1.5, path="/division/team/", keys=(Key(95.5, used=1.5),)),
    User("=1+cmd@calc.-_", password=True, signed_in=1.5, path="/division/", groups=(DEVELOPERS, OPERATORS), keys=(Key(100.5),)),
    User("phoenix", age=8.5, password=True, keys=(Key(8.25, used=1.5),), predecessor=User(
        "phoenix", age=300.5, password=True, signed_in=9.5, devices=(app("phoenix"),), keys=(Key(299.5, used=250.5), Key(298.5)),
        groups=(DEVELOPERS,), attached=("AWSCompromisedKeyQuarantineV3",))),

    # Those who audit, with few rights, none, or all that it takes.
    User(POWERLESS, age=20.6, keys=AUDITOR_KEY),
    User(DASHBOARD, age=20.6, keys=AUDITOR_KEY, allowed=DASHBOARD_ACTIONS),
    User(VIEWER, age=20.6, keys=AUDITOR_KEY, allowed=VIEW_ACTIONS),
    User(SECURITY, age=20.6, keys=AUDITOR_KEY, groups=("auditors",)),
)

GROUPS = (
    Group(ADMINISTRATORS, attached=("ReadReports",)),
    Group(DEVELOPERS, inline=("develop",)),
    Group(OPERATORS, path="/division/", attached=("ReadReports",), inline=("operate",)),
    Group("auditors", allowed=SECURITY_ACTIONS),
    Group("empty", attached=("ReadReports",)),
    Group("hollow"),
    Group("void"),
)

COMPANY = Account(
    users=USERS, groups=GROUPS,
    unassigned=(app("left-behind"), app("lost", "/phones/")),
    deactivated=(("kaufmann", app("kaufmann")),),
    saml=("directory",),
    oidc=(Provider("https://token.actions.githubusercontent.com", people=False),),
    alias="moto-company",
    password_policy=PasswordPolicy(max_age=90),
)


# A part of the company that has a bit of everything, for what is tried again and again.
BRANCH = dataclasses.replace(COMPANY, users=tuple(user for user in USERS if user.name in (
    "alice", "bobby", "carol", "dora", "erin", "ivan", "niaj", "kaufmann", "sybil", "zoe", "caesar", "gustav", "otto", "paula", "root",
    POWERLESS, DASHBOARD, VIEWER, SECURITY)))

# An account with credentials of other kinds, on both sides of each threshold, and with all that other rules look at in moto.
OTHERS = Account(
    users=(
        User("ssh", ssh_keys=(SSHKey(under(365)), SSHKey(over(365)), SSHKey(over(365), active=False)), tags=(("owner", "ops"), ("team", "red"))),
        User("retired", ssh_keys=(SSHKey(399.5, active=False),), certificates=(Certificate(399.5, -10.5, active=False),), tags=(("Owner", "ops"),)),
        User("signer", path="/machines/", certificates=(Certificate(under(365), 100.5), Certificate(over(365), 100.5)), tags=(("kind", "machine"),)),
        User("late", certificates=(Certificate(10.5, -over(0)), Certificate(11.5, over(0)))),
        User("BedrockAPIKey-a1b2", keys=(Key(10.5, active=False),)),
        User("BedrockAPIKey-c3d4", password=True, signed_in=1.5),
        User("BedrockAPIKey-e5f6"),
        User("ci-build", keys=(Key(50.5, used=30.5), Key(40.5, used=1.5, active=False)), ssh_keys=(SSHKey(100.5),), tags=(("KIND", "machine"),)),
        User("ci-test", keys=(Key(150.5, used=1.5),)),
        User("person", password=True, signed_in=60.5, devices=(app("person"),), groups=("people",), tags=(("owner", "self"), ("team", "blue"))),
    ),
    groups=(Group("people", attached=("ReadReports",)),),
    roles=("tagged", "bare"), role_tags=(("tagged", (("owner", "ops"), ("team", "red"))),),
    server_certificates=(ServerCertificate("www", "/cloudfront/"), ServerCertificate("mail")),
    security=Contact("security@example.com", "+81 3 1234 5678"), billing=Contact("billing@example.com", "+81 3 1234 5679"),
    operations=Contact("operations@example.com", "+81-3-1234-5678"),
    alias="others", password_policy=PasswordPolicy(),
)


def combinations(users):
    """The combinations of password, MFA devices and access keys that occur."""
    return {(u.password and not u.password_deleted, _devices(u), _keys(u)) for u in users}


def all_combinations():
    """The combinations that should occur, each at least once."""
    return {(password, devices, keys) for password in (False, True) for devices in ("none", "virtual", "other", "several")
            for keys in ("none", "active", "inactive", "two active", "active and inactive")}


def _devices(u):
    if len(u.devices) > 1:
        return "several"
    if not u.devices:
        return "none"
    return "virtual" if u.devices[0].serial is None else "other"


def _keys(u):
    active = sum(k.active for k in u.keys)
    inactive = len(u.keys) - active
    if active and inactive:
        return "active and inactive"
    if active > 1:
        return "two active"
    return "active" if active else "inactive" if inactive else "none"
