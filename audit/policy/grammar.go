package policy

import "strings"

const alphanumeric = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"

// checkAction refuses what isn't service:Action. The service takes no wildcards (IAM: "Action vendors (e.g., aws, ec2,
// etc.) must not contain wildcards"), but *:*, which is met in the wild, stands for *.
func checkAction(s string) string {
	if s != "" && strings.Trim(s, "*") == "" {
		return ""
	}
	service, action, ok := strings.Cut(s, ":")
	switch {
	case !ok || service == "":
		return `has no service prefix, want "service:Action" or "*"`
	case strings.Contains(action, ":"):
		return "has more than one colon"
	case service == "*" && action != "" && strings.Trim(action, "*") == "":
		return ""
	case strings.ContainsAny(service, "*?"):
		return "has a wildcard in its service prefix"
	case strings.Trim(service, alphanumeric+"-.") != "":
		return "has a bad service prefix, want letters, digits and hyphens"
	case action == "":
		return "names no action"
	case strings.Trim(action, alphanumeric+"*?-_., ") != "":
		return "has a bad action name, want letters, digits and wildcards"
	}
	return ""
}

// checkResource refuses what is neither * nor begins as an ARN does (IAM: `must be in ARN format or "*"`, "Partition …
// is not valid", "Resource vendor must be fully qualified"). API Gateway's policies may write execute-api:/….
func (p *parser) checkResource(s string) string {
	if s != "" && strings.Trim(s, "*") == "" || p.kind == Resource && strings.HasPrefix(s, "execute-api:/") {
		return ""
	}
	rest, ok := strings.CutPrefix(s, "arn:")
	if !ok {
		return `is neither an ARN nor "*"`
	}
	partition, service, ok := strings.Cut(rest, ":")
	wild := strings.ContainsAny(partition, "*?")
	switch {
	case !wild && partition != "aws" && (!strings.HasPrefix(partition, "aws-") || strings.Trim(partition, "abcdefghijklmnopqrstuvwxyz-") != ""):
		return "has a bad partition, want aws, aws-cn, aws-us-gov or the like"
	case !ok && !wild, ok && (service == "" || service[0] == ':'):
		return "names no service"
	}
	return ""
}

// readOperator takes the name of an operator apart. IfExists goes with all but Null (Guide,
// reference_policies_elements_condition_operators).
func readOperator(name string) (c Condition, fault string) {
	base := strings.ToLower(name)
	for _, q := range []Quantifier{ForAllValues, ForAnyValue} {
		if rest, ok := strings.CutPrefix(base, strings.ToLower(q.String())+":"); ok {
			base, c.Quantifier = rest, q
			break
		}
	}
	base, c.IfExists = strings.CutSuffix(base, "ifexists")
	op := operatorByName[base]
	switch {
	case op == nil:
		return c, "unknown operator " + quote(name)
	case op.compare == compareNull && c.IfExists:
		return c, "unknown operator " + quote(name) + ": Null takes no IfExists"
	}
	c.Operator = op.name
	return c, ""
}
