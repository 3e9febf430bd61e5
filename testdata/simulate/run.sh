#!/usr/bin/env bash
# Compares N decisions about random policies under random trees of service control policies, the FIRST to begin with, with those of another
# evaluator. Differences that are known are named and counted; any other fails.
set -euo pipefail
cd "$(dirname "$0")/../.."

modules=$(testdata/npm.sh simulate)
go test -count=1 -v -timeout 30m -run TestAgreesWithSimulator ./audit/orgpolicy -args -simulator "$modules" -simulations "${1:-50000}" -first "${2:-1}"
