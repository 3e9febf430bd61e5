package rules

import (
	"strings"

	"sekisho/audit"
)

const (
	fsbp = "fsbp" // AWS Foundational Security Best Practices, the standard of Security Hub
	cis7 = "cis-7.0"
	cis6 = "cis-6.0"
	cis5 = "cis-5.0"
)

// cisOlder are the versions of the CIS AWS Foundations Benchmark that give a rule of this catalogue one and the same number.
var cisOlder = []string{"cis-4.0", "cis-3.0", "cis-2.0", "cis-1.5", "cis-1.4"}

// controls expands the numbers that a recommendation has in CIS 7.0, 6.0, 5.0 and in the older versions ("2.10/2.9/1.9/1.10"), where
// "-" is a version without it and "" a rule without any, and names the controls of Security Hub.
func controls(cis string, securityHub ...string) []audit.Control {
	var list []audit.Control
	add := func(id string, frameworks ...string) {
		if id == "-" {
			return
		}
		for _, framework := range frameworks {
			list = append(list, audit.Control{Framework: framework, ID: id})
		}
	}
	if cis != "" {
		numbers := strings.Split(cis, "/")
		if len(numbers) != 4 {
			panic("got CIS numbers " + cis + ", want four: 7.0/6.0/5.0/older")
		}
		add(numbers[0], cis7)
		add(numbers[1], cis6)
		add(numbers[2], cis5)
		add(numbers[3], cisOlder...)
	}
	for _, id := range securityHub {
		add(id, fsbp)
	}
	return list
}
