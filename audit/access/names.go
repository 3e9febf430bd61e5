package access

import (
	"slices"
	"strings"

	"sekisho/audit/lists"
	"sekisho/audit/policy"
)

// choices are what a caller may set as they like: nil is what is known anyway. Conditions say what is worth trying.
func choices(statements []*policy.Statement, mine func(key string) bool) []func(*policy.Context) {
	if !slices.ContainsFunc(statements, func(st *policy.Statement) bool { return len(st.Conditions) > 0 }) {
		return noChoice
	}
	out := noChoice
	values := map[string][]string{}
	var keys []string
	for _, st := range statements {
		for j := range st.Conditions {
			if key := strings.ToLower(st.Conditions[j].Key); mine(key) {
				keys = appendNew(keys, key)
				values[key] = appendAll(values[key], lists.Map(st.Conditions[j].Values, example))
			}
		}
	}
	for _, key := range keys {
		var more []func(*policy.Context)
		for _, before := range out {
			try := func(set func(*policy.Context)) {
				more = append(more, func(ctx *policy.Context) {
					if before != nil {
						before(ctx)
					}
					set(ctx)
				})
			}
			for _, v := range values[key] {
				if key == "aws:tagkeys" {
					try(func(ctx *policy.Context) { ctx.SetList(key, v) })
				} else {
					try(func(ctx *policy.Context) { ctx.Set(key, v) })
				}
			}
			try(func(ctx *policy.Context) { ctx.SetAbsent(key) })
			try(func(ctx *policy.Context) { ctx.Set(key, anyName) })
		}
		if len(more) > maxCombinations {
			break
		}
		out = more
	}
	return out
}

// choicesOf are those of an action.
func choicesOf(action string, statements []*policy.Statement) []func(*policy.Context) {
	return choices(statements, func(key string) bool { return chosen(key, action) })
}

// noChoice is to take the request as it is.
var noChoice = []func(*policy.Context){nil}

// maxCombinations bounds how many combinations of values are tried.
const maxCombinations = 64

// anyName is a name that nothing has.
const anyName = "sekisho"

// example is a text that a pattern of a condition matches.
func example(pattern string) string {
	return exampleOf.Replace(pattern)
}

var exampleOf = strings.NewReplacer("*", anyName, "?", "s", "<", anyName)

// chosen reports whether a caller chooses the value of a condition key of an action: what they send along, and where.
func chosen(key, action string) bool {
	service, _, _ := strings.Cut(strings.ToLower(action), ":")
	switch {
	case tagging(action) && (key == "aws:tagkeys" || strings.HasPrefix(key, keyRequestTagPrefix)):
		return false // it is asked for one tag at a time
	case strings.HasPrefix(key, keyRequestTagPrefix), key == "aws:tagkeys", key == "sts:rolesessionname", key == "sts:sourceidentity":
		return true
	case key == "aws:requestedregion":
		return service != "iam" && service != "sts"
	case service == "iam" || service == "sts":
		return key == "iam:associatedresourcearn"
	}
	return strings.HasPrefix(key, service+":") && !strings.Contains(key, "resourcetag/") && !namesRole(key)
}

// namesRole reports whether a condition key of a service says which role is brought along, by itself or in an instance
// profile (Service Authorization Reference).
func namesRole(key string) bool {
	switch key {
	case "cloudformation:rolearn", "codebuild:servicerole", "codebuild:buildbatchconfig.servicerole", "ec2:instanceprofile", "ec2:newinstanceprofile",
		"emr-containers:executionrolearn", "elasticmapreduce:executionrolearn":
		return true
	}
	return false
}

// named is the value of such a key for a role.
func (w *Principal) named(key string) string {
	switch {
	case !strings.HasSuffix(key, "profile"):
		return w.ARN
	case len(w.Role.InstanceProfiles) > 0:
		return w.Role.InstanceProfiles[0].ARN
	}
	return strings.Join(strings.Split(w.ARN, ":")[:5], ":") + ":instance-profile/" + anyName
}

// doAll finds how surely all the actions of a group can be done on one thing, whose name the persona may choose.
func (p *persona) doAll(actions []string, o *object) (policy.Truth, []string) {
	flat := true
	for _, action := range actions {
		if !p.may(action) {
			return policy.No, nil
		}
		flat = flat && p.question(action).flat
	}
	best, at := policy.No, ""
	try := func(names []string) {
		for _, name := range names {
			all := policy.Yes
			for _, action := range actions {
				if all > best {
					t, _ := p.doOn(action, name, o)
					all = all.And(t)
				}
			}
			if all > best {
				best, at = all, name
			}
		}
	}
	if flat {
		try([]string{"*"})
	} else if try(p.names(actions)); best != policy.Yes && len(actions) > 1 {
		try(p.crossings(actions))
	}
	var by []string
	if best != policy.No {
		for _, action := range actions {
			_, more := p.doOn(action, at, o)
			by = joinNew(by, more)
		}
	}
	return best, by
}

// joinNew appends what isn't in a list to a copy of it.
func joinNew(list, more []string) []string { return appendAll(slices.Clone(list), more) }

// doOn asks for an action on a resource, or on * where the action takes none of its form.
func (p *persona) doOn(action, resource string, o *object) (policy.Truth, []string) {
	if !p.graph.takes(action, resource) {
		resource = "*"
		if formats := p.graph.formatsOf(action); len(formats) > 0 {
			resource = formats[0]
		}
	}
	return p.can(action, resource, o)
}

// names are resources that the actions may act on, of those that the policies have in mind and of any name.
func (p *persona) names(actions []string) (out []string) {
	add := func(name string) {
		if name != "" && len(out) < maxCombinations {
			out = appendNew(out, name)
		}
	}
	for _, r := range p.patterns(actions) {
		add(p.exampleARN(r))
	}
	for _, action := range actions {
		for _, name := range p.graph.formatsOf(action) {
			add(name)
		}
	}
	if len(out) == 0 {
		return []string{"*"}
	}
	return out
}

// patterns are those of ARNs that the policies name about the actions.
func (p *persona) patterns(actions []string) (list []string) {
	for _, action := range actions {
		for _, st := range p.question(action).statements {
			for _, r := range st.Resources {
				if strings.HasPrefix(r, "arn:") {
					list = appendNew(list, r)
				}
			}
		}
	}
	return list
}

// crossings are names that two patterns are about: of dev-* and *-x, dev-sekisho-x.
func (p *persona) crossings(actions []string) []string {
	patterns := p.patterns(actions)
	return p.cross(patterns, patterns)
}

func (p *persona) cross(heads, tails []string) (out []string) {
	for _, a := range heads {
		for _, b := range tails {
			from, to := strings.SplitN(a, ":", 6), strings.SplitN(b, ":", 6)
			if a == b || len(from) < 6 || len(to) < 6 || len(out) >= maxCombinations {
				continue
			}
			head, _, ok := strings.Cut(from[5], "*")
			if i := strings.LastIndexByte(to[5], '*'); ok && i >= 0 {
				for k := range from[:5] {
					if from[k] == "*" {
						from[k] = to[k]
					}
				}
				from[5] = head + anyName + to[5][i+1:]
				if name := p.exampleARN(strings.Join(from, ":")); name != "" {
					out = appendNew(out, name)
				}
			}
		}
	}
	return out
}

// wanted are names by which conditions tell apart who asks, and those of them that the persona's own policies have in mind, too.
func (p *persona) wanted(actions []string) (out []string) {
	for _, pattern := range p.graph.askers {
		if name := p.exampleARN(pattern); name != "" {
			out = appendNew(out, name)
		}
	}
	mine := p.patterns(actions)
	return appendAll(out, append(p.cross(mine, p.graph.askers), p.cross(p.graph.askers, mine)...))
}

// exampleARN is an ARN that a resource pattern matches, "" where it says too little.
func (p *persona) exampleARN(pattern string) string {
	if arn, ok := p.graph.examples[pattern]; ok {
		return arn
	}
	fields := strings.SplitN(pattern, ":", 6)
	if len(fields) < 6 {
		return ""
	}
	for i, usual := range []string{"arn", p.graph.space.partition, "", "us-east-1", p.graph.Account.ID} {
		if fields[i] == "*" && usual != "" {
			fields[i] = usual
		}
	}
	text := strings.Join(fields, ":")
	if strings.Contains(text, "${") {
		if text = strings.ReplaceAll(text, "${aws:username}", p.Name); strings.Contains(text, "${") {
			return ""
		}
		return example(text)
	}
	arn := example(text)
	p.graph.examples[pattern] = arn
	return arn
}
