package framework

import (
	"slices"

	"sekisho/audit/message"
)

// definitions are all frameworks, the newest benchmark first.
var definitions = slices.Concat(cisBenchmarks(), []definition{securityHub})

// cisColumns are the versions of the CIS AWS Foundations Benchmark by the column of cisTable that has their numbers.
var cisColumns = [][]string{{"7.0"}, {"6.0"}, {"5.0"}, {"4.0", "3.0", "2.0"}, {"1.5", "1.4"}}

var (
	cisOrganizations = decision{reason: message.New("it needs answers of AWS Organizations that Sekisho does not ask for")}
	cisContact       = decision{reason: message.New("people must say whether contact details are current")}
	cisQuestions     = decision{reason: message.New("AWS has removed security questions: there is nothing left to look at")}
	cisInstances     = decision{reason: message.New("it needs the EC2 instances of every region, which Sekisho does not read")}
	cisResources     = decision{reason: message.New("it needs the policies of buckets, queues, keys and other resources, which Sekisho does not read")}
)

// cisTable has every recommendation of the benchmark's IAM section, with its number in each column ("" where a version
// lacks it) and the rules that decide it. The order is that of every version.
var cisTable = []struct {
	title   string
	numbers [5]string
	decision
}{
	{"Root of the member accounts is managed centrally, through AWS Organizations", [5]string{"2.1.1"}, by("root-centralized")},
	{"Guardrails of the organization limit what accounts may do", [5]string{"2.1.2"}, cisOrganizations},
	{"No workload runs in the organization's management account", [5]string{"2.1.3"}, cisOrganizations},
	{"Organizational units separate environments", [5]string{"2.1.4"}, cisOrganizations},
	{"The policies of the organization are managed by a delegated administrator", [5]string{"2.1.5"}, cisOrganizations},
	{"Services that work across the organization have delegated administrators", [5]string{"2.1.6"}, cisOrganizations},
	{"The contact details of the account are current", [5]string{"2.2", "2.1", "1.1", "1.1", "1.1"}, cisContact},
	{"A security contact is registered", [5]string{"2.3", "2.2", "1.2", "1.2", "1.2"}, by("security-contact")},
	{"Security questions are registered", [5]string{"", "", "", "1.3", "1.3"}, cisQuestions},
	{"Root has no access key", [5]string{"2.4", "2.3", "1.3", "1.4", "1.4"}, by("root-no-access-keys")},
	{"Root signs in with MFA", [5]string{"2.5", "2.4", "1.4", "1.5", "1.5"}, by("root-mfa")},
	{"Root's MFA device is a piece of hardware", [5]string{"2.6", "2.5", "1.5", "1.6", "1.6"}, by("root-hardware-mfa")},
	{"Nobody works as root from day to day", [5]string{"2.7", "2.6", "1.6", "1.7", "1.7"}, by("root-not-used")},
	{"Passwords have 14 characters or more", [5]string{"2.8", "2.7", "1.7", "1.8", "1.8"}, by("password-min-length")},
	{"Old passwords cannot be used again", [5]string{"2.9", "2.8", "1.8", "1.9", "1.9"}, by("password-reuse")},
	{"Users with a console password have MFA", [5]string{"2.10", "2.9", "1.9", "1.10", "1.10"}, by("console-mfa")},
	{"Users with a console password get no access key along with it", [5]string{"", "2.10", "1.10", "1.11", "1.11"}, by("access-key-at-setup")},
	{"Credentials that were not used for 45 days are deactivated", [5]string{"2.11", "2.11", "1.11", "1.12", "1.12"}, by("access-key-unused", "password-unused")},
	{"A user has one active access key at most", [5]string{"", "2.12", "1.12", "1.13", "1.13"}, by("access-key-single")},
	{"Access keys are replaced every 90 days", [5]string{"2.12", "2.13", "1.13", "1.14", "1.14"}, by("access-key-rotation")},
	{"Users get their permissions through groups alone", [5]string{"2.13", "2.14", "1.14", "1.15", "1.15"}, by("user-permissions-through-groups")},
	{"No policy that allows everything is attached", [5]string{"2.14", "2.15", "1.15", "1.16", "1.16"}, by("admin-policy-attached")},
	{"A role is there to work with AWS Support", [5]string{"2.15", "2.16", "1.16", "1.17", "1.17"}, by("support-role")},
	{"Instances reach AWS by roles, not by keys", [5]string{"2.16", "2.17", "1.17", "1.18", "1.18"}, cisInstances},
	{"No expired server certificate is kept in IAM", [5]string{"2.17", "2.18", "1.18", "1.19", "1.19"}, by("server-certificate-expired")},
	{"Access Analyzer looks for external access in every region", [5]string{"2.18", "2.19", "1.19", "1.20", "1.20"}, by("access-analyzer")},
	{"People are managed in one place, by federation or AWS Organizations", [5]string{"2.19", "2.20", "1.20", "1.21", "1.21"}, by("identity-federation")},
	{"Full access to CloudShell is not granted", [5]string{"2.20", "2.21", "1.21", "1.22", ""}, by("cloudshell-full-access")},
	{"No resource policy allows access to everybody", [5]string{"2.21"}, cisResources},
}

func cisBenchmarks() []definition {
	var all []definition
	for column, versions := range cisColumns {
		for _, version := range versions {
			d := definition{id: "cis-" + version, title: "CIS AWS Foundations Benchmark " + version + ", IAM"}
			for _, row := range cisTable {
				if number := row.numbers[column]; number != "" {
					d.list = append(d.list, recommendation{number, row.title, row.decision})
				}
			}
			all = append(all, d)
		}
	}
	return all
}
