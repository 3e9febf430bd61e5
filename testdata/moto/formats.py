"""Reads the formats that Sekisho writes for other programs with readers that know nothing of it.

    formats.py REPORT.json [FILE.asff.json] [FILE.csv] [FILE.xml] ...

REPORT.json is the JSON report of the same run. An ASFF file is checked with botocore's model of Security Hub, as the first thing that boto3 does
with a call of BatchImportFindings, and with the limits of its API reference that the model doesn't have; a CSV file is read with Python's
csv, and JUnit XML with its ElementTree. Each must tell every finding of the report, and nothing that is unknown as a success. Nothing is sent.
"""

import csv
import json
import pathlib
import sys
import xml.etree.ElementTree as ElementTree

import botocore.session
import botocore.validate

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
    told = [(f["ProductFields"]["sekisho/rule"], status[f["Compliance"]["Status"]]) for f in findings if f["Compliance"]["Status"] != "PASSED"]
    same(report, told, path)
    passed = sum(len(p["resources"]) for p in report["passed"].values())
    check(len(findings) - len(told) == passed, f"got {len(findings) - len(told)} that passed in {path.name}, want {passed}")


def table(report, path):
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, strict=True))
    for row in rows:
        for cell in row.values():
            check(not cell.lstrip().startswith(("=", "+", "-", "@")), f"got the formula {cell!r}")
    same(report, [(row["rule"], row["status"]) for row in rows], path)


def junit(report, path):
    root = ElementTree.parse(path).getroot()
    told = []
    for suite in root.iter("testsuite"):
        for case in suite.iter("testcase"):
            for tag, status in (("failure", "fail"), ("error", "unknown")):
                if case.find(tag) is not None:
                    told.append((suite.get("name"), status))
    same(report, told, path)
    check(int(root.get("errors")) == report["summary"]["unknown"], f"got {root.get('errors')} errors in {path.name}")


def same(report, told, path):
    want = sorted((f["rule"], f["status"]) for f in report["findings"])
    check(sorted(told) == want, f"got {len(told)} findings in {path.name}, want the {len(want)} of the report")
    print(f"formats.py: {path.name}: {len(told)} findings, as in the report")


def main(arguments):
    check(len(arguments) > 1, "want the JSON report and at least one file")
    report = json.loads(pathlib.Path(arguments[0]).read_text(encoding="utf-8"))
    for path in map(pathlib.Path, arguments[1:]):
        {".json": asff, ".csv": table, ".xml": junit}[path.suffix](report, path)


if __name__ == "__main__":
    main(sys.argv[1:])
