"""Reads the formats that Sekisho writes for other programs with readers that know nothing of it.

    formats.py REPORT.json [FILE.asff.json] [FILE.ocsf.json] [FILE.sarif] [FILE.csv] [FILE.xml] ...

REPORT.json is the JSON report of the same run. An ASFF file is checked with botocore's model of Security Hub, as the first thing that boto3 does
with a call of BatchImportFindings, and with the limits of its API reference that the model doesn't have; OCSF and SARIF with jsonschema and the
published schemas; a CSV file is read with Python's csv, and JUnit XML with its ElementTree. Each must tell every finding of the report, nothing
that is unknown as a success, and of what is excepted that it fails and that it is excepted, as the format says it. Nothing is sent.
"""

import csv
import json
import pathlib
import sys
import xml.etree.ElementTree as ElementTree

import botocore.session
import botocore.validate
import jsonschema

SCHEMAS = pathlib.Path(__file__).parent.parent / "schemas"
# What stands for the rule of the entry about AWS's answers.
ANSWERS = "answers"

LIMITS = {"Id": 512, "GeneratorId": 512, "Title": 256, "Description": 1024}


def check(truth, message):
    if not truth:
        sys.exit(f"formats.py: error: {message}")


def strict(shape, value, path):
    """botocore lets keys pass that it doesn't know, enumerations and patterns; this doesn't."""
    if shape.type_name == "structure":
        for key, member in value.items():
            check(key in shape.members, f"got {path}.{key}, which Security Hub doesn't know")
            strict(shape.members[key], member, f"{path}.{key}")
    elif shape.type_name == "list":
        for i, member in enumerate(value):
            strict(shape.member, member, f"{path}[{i}]")
    elif shape.type_name == "map":
        for key, member in value.items():
            strict(shape.value, member, f"{path}.{key}")
    elif shape.type_name == "string":
        check(not shape.enum or value in shape.enum, f"got {path} {value!r}, want one of {shape.enum}")
        check(value.strip(), f"got a blank {path}")


def asff(report, path):
    findings = json.loads(path.read_text(encoding="utf-8"))
    model = botocore.session.get_session().get_service_model("securityhub")
    shape = model.operation_model("BatchImportFindings").input_shape
    for i in range(0, len(findings), 100):
        batch = {"Findings": findings[i : i + 100]}
        errors = botocore.validate.ParamValidator().validate(batch, shape)
        check(not errors.has_errors(), errors.generate_report())
        strict(shape, batch, "")
    status = {"FAILED": "fail", "NOT_AVAILABLE": "unknown"}
    check(len({f["Id"] for f in findings}) == len(findings), "got an Id twice")
    for f in findings:
        for key, limit in LIMITS.items():
            check(len(f[key].encode()) <= limit, f"got {key} of {len(f[key].encode())} bytes, want at most {limit}")
        check(1 <= len(f["Resources"]) <= 32, f"got {len(f['Resources'])} resources")
        check(len(f["ProductFields"]) <= 50, f"got {len(f['ProductFields'])} product fields")
        region, account = f["ProductArn"].split(":")[3:5]
        check(f["ProductArn"].endswith(f":product/{account}/default") and account == f["AwsAccountId"] and region, f"got product {f['ProductArn']}")
    findings = judged(report, findings, path, lambda f: f["ProductFields"]["sekisho/rule"], lambda f: f["Compliance"]["Status"] == "PASSED")
    told = [(f["ProductFields"]["sekisho/rule"], status[f["Compliance"]["Status"]], suppressed(f))
            for f in findings if f["Compliance"]["Status"] != "PASSED"]
    check(not any(suppressed(f) for f in findings if f["Compliance"]["Status"] == "PASSED"), "got a pass that is suppressed")
    same(report, told, path)
    passed = sum(len(p["resources"]) for p in report["passed"].values())
    check(len(findings) - len(told) == passed, f"got {len(findings) - len(told)} that passed in {path.name}, want {passed}")


def judged(report, entries, path, rule, passed):
    """The entries about what rules judge, without the one that says whether AWS answered all that was asked, which is there once."""
    own = [e for e in entries if rule(e) == ANSWERS]
    check(len(own) == 1, f"got {len(own)} entries about AWS's answers in {path.name}, want one")
    whole = not report["gaps"] and not report.get("declined")
    check(whole or not passed(own[0]), f"got an entry in {path.name} that says that AWS answered all, and {len(report['gaps'])} calls failed")
    return [e for e in entries if rule(e) != ANSWERS]


def suppressed(finding):
    """Whether Security Hub is told that somebody bears the finding; without a word it takes it for new."""
    return finding.get("Workflow", {}).get("Status") == "SUPPRESSED"


def ocsf(report, path):
    """The compliance findings of OCSF: a finding that passes says so, and one that is excepted is suppressed."""
    findings = json.loads(path.read_text(encoding="utf-8"))
    schema = json.loads((SCHEMAS / "ocsf-1.8.0-compliance_finding.json").read_text(encoding="utf-8"))
    validator = jsonschema.validators.validator_for(schema)(schema)
    told = []
    for finding in findings:
        error = jsonschema.exceptions.best_match(validator.iter_errors(finding))
        check(error is None, f"got a finding in {path.name} that is none by the schema: {error}")
    for finding in judged(report, findings, path, lambda f: f["metadata"]["event_code"], lambda f: f["compliance"]["status"] == "Pass"):
        status, suppressed = finding["compliance"]["status"], finding["status"] == "Suppressed"
        if status == "Pass":
            check(not suppressed, f"got a pass in {path.name} that is suppressed")
            continue
        told.append((finding["metadata"]["event_code"], "fail" if status == "Fail" else "unknown", suppressed))
    same(report, told, path)


def sarif(report, path):
    log = json.loads(path.read_text(encoding="utf-8"))
    jsonschema.validate(log, json.loads((SCHEMAS / "sarif-2.1.0-rtm.5.json").read_text(encoding="utf-8")))
    results = [result for run in log["runs"] for result in run["results"]]
    told = [(r["ruleId"], "fail" if r["kind"] == "fail" else "unknown", any(s["status"] == "accepted" for s in r.get("suppressions", ())))
            for r in results if r["kind"] != "pass"]
    same(report, told, path)


def table(report, path):
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, strict=True))
    for row in rows:
        for cell in row.values():
            check(not cell.lstrip().startswith(("=", "+", "-", "@")), f"got the formula {cell!r}")
    same(report, [(row["rule"], row["status"], bool(row["exception_owner"])) for row in rows if row["rule"] != ANSWERS], path)


def junit(report, path):
    """JUnit has no word for a failure that is borne: it is skipped, and says that it failed."""
    root = ElementTree.parse(path).getroot()
    told, totals = [], dict.fromkeys(("tests", "failures", "errors", "skipped"), 0)
    for suite in list(root.iter("testsuite")):
        if suite.get("name") == ANSWERS:
            root.remove(suite)
            for key in totals:
                root.set(key, str(int(root.get(key, "0")) - int(suite.get(key))))
            continue
        for key in totals:
            totals[key] += int(suite.get(key))
        for case in suite.iter("testcase"):
            outcomes = [child for child in case if child.tag in ("failure", "error", "skipped")]
            check(len(outcomes) <= 1, f"got the case {case.get('name')} with {len(outcomes)} outcomes")
            for outcome in outcomes:
                excepted = outcome.tag == "skipped" and (outcome.text or outcome.get("message", "")).startswith("excepted")
                if outcome.tag != "skipped" or excepted:
                    told.append((suite.get("name"), "unknown" if outcome.tag == "error" else "fail", excepted))
    same(report, told, path)
    summary = report["summary"]
    left_out = len(report["not_selected"])  # a case each, skipped
    want = {"tests": sum(summary[status] for status in ("pass", "fail", "unknown", "not_applicable")) + left_out,
            "failures": summary["fail"] - summary["excepted"], "errors": summary["unknown"],
            "skipped": summary["not_applicable"] + summary["excepted"] + left_out}
    check(totals == want, f"got {totals} in {path.name}, want {want}")
    for key, total in totals.items():
        check(int(root.get(key, total)) == total, f"got {root.get(key)} {key} in {path.name}, want the {total} of its suites")


def same(report, told, path):
    """Compares (rule, status, excepted) of each finding."""
    want = sorted((f["rule"], f["status"], "exception" in f) for f in report["findings"])
    check(sorted(told) == want, f"got {len(told)} findings in {path.name}, want the {len(want)} of the report")
    excepted = sum(excepted for *_, excepted in told)
    print(f"formats.py: {path.name}: {len(told)} findings, {excepted} of them excepted, as in the report")


def main(arguments):
    check(len(arguments) > 1, "want the JSON report and at least one file")
    report = json.loads(pathlib.Path(arguments[0]).read_text(encoding="utf-8"))
    for path in map(pathlib.Path, arguments[1:]):
        {".asff.json": asff, ".ocsf.json": ocsf, ".sarif": sarif, ".csv": table, ".xml": junit}["".join(path.suffixes)](report, path)


if __name__ == "__main__":
    main(sys.argv[1:])
