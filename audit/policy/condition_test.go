package policy

import (
	"strings"
	"testing"
)

// condition parses one operator, key "aws:k" and values as JSON.
func condition(t testing.TB, operator, values string) *Condition {
	t.Helper()
	d := mustParse(t, Identity, `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"`+operator+`":{"aws:K":`+values+`}}}}`)
	return &d.Statements[0].Conditions[0]
}

func TestOperators(t *testing.T) {
	t.Parallel()
	// yes and no are single values of the key that the positive operator matches, or doesn't; the negated twin must
	// say the opposite. Never are values that can't be compared: neither matches them.
	tests := []struct {
		operator, negated, values string
		yes, no, never            []string
	}{
		{"StringEquals", "StringNotEquals", `["alice","b*","${aws:username}"]`, []string{"alice", "b*", "carol"}, []string{"Alice", "bob", "", "*"}, nil},
		{"StringEqualsIgnoreCase", "StringNotEqualsIgnoreCase", `["Alice","B?","x${aws:username}"]`, []string{"aLICE", "b?", "XCarol"}, []string{"bo", "carol", "alic"}, nil},
		{"StringLike", "StringNotLike", `["a*","?b","${aws:username}-*","${*}"]`, []string{"a", "abc", "bb", "carol-1", "*"}, []string{"Abc", "b", "carol", "x"}, nil},
		{"NumericEquals", "NumericNotEquals", `[10,"2.50"]`, []string{"10", "10.0", "1e1", "2.5"}, []string{"11", "-10", "0"}, []string{"ten", "", "0x0a", "1_0", "Inf"}},
		{"NumericLessThan", "", `10`, []string{"9", "-1e9", "9.999"}, []string{"10", "11"}, []string{"x"}},
		{"NumericLessThanEquals", "", `[10]`, []string{"10", "9"}, []string{"10.01"}, []string{"x"}},
		{"NumericGreaterThan", "", `["10"]`, []string{"10.5", "11"}, []string{"10", "-11"}, []string{"x"}},
		{"NumericGreaterThanEquals", "", `["10","99"]`, []string{"10", "11"}, []string{"9"}, []string{"x"}},
		{
			"DateEquals", "DateNotEquals", `["2026-11-22T05:00:00Z","1700000000"]`,
			[]string{"2026-11-22T14:00:00+09:00", "2026-11-22T05:00Z", "1795323600", "2023-11-14T22:13:20Z", "2026-11-22T05:00:00.000Z"},
			[]string{"2026-11-22", "0"}, []string{"yesterday", "2026-13-01", ""},
		},
		{"DateLessThan", "", `"2026-11-22"`, []string{"2026-11-21T23:59:59Z", "2026-01", "0"}, []string{"2026-11-22T00:00:00Z", "2027-01-01"}, []string{"x"}},
		{"DateLessThanEquals", "", `"2026-11-22"`, []string{"2026-11-22T00:00:00Z"}, []string{"2026-11-22T00:00:01Z"}, []string{"x"}},
		{"DateGreaterThan", "", `"2026-11-22T00:00:00Z"`, []string{"2026-11-22T00:00:01Z"}, []string{"2026-11-22"}, []string{"x"}},
		{"DateGreaterThanEquals", "", `"2026-11-22T00:00:00Z"`, []string{"2026-11-22"}, []string{"2026-11-21"}, []string{"x"}},
		{"Bool", "", `"TRUE"`, []string{"true", "True"}, []string{"false"}, []string{"yes", "1", ""}},
		{"Bool", "", `[true,false]`, []string{"true", "false"}, nil, []string{"maybe"}},
		{"BinaryEquals", "", `"QmluYXJ5"`, []string{"QmluYXJ5"}, []string{"qmluYXJ5", "Binary", ""}, nil},
		{
			"IpAddress", "NotIpAddress", `["203.0.113.0/24","192.0.2.1","2001:db8::/32","2001:db9::1"]`,
			[]string{"203.0.113.255", "192.0.2.1", "2001:DB8:1::5", "2001:db9:0:0::1"}, []string{"203.0.114.0", "192.0.2.2", "2001:db9::2", "::1"}, []string{"203.0.113", "x", ""},
		},
		{"IpAddress", "NotIpAddress", `"0.0.0.0/0"`, []string{"1.2.3.4"}, []string{"::1"}, nil},
		{"IpAddress", "NotIpAddress", `"10.9.9.9/8"`, []string{"10.1.2.3"}, []string{"11.1.2.3"}, nil},
		{
			"ArnLike", "ArnNotLike", `["arn:aws:sns:*:111122223333:t*","arn:aws:iam::*:user/${aws:username}"]`,
			[]string{"arn:aws:sns:eu-west-1:111122223333:t", "arn:aws:sns::111122223333:t:a:b", "arn:aws:iam::1:user/carol"},
			[]string{"arn:aws:sns:eu:x:111122223333:t", "arn:aws:iam::1:user/bob", "arn:AWS:sns:e:111122223333:t"}, []string{"alice", "", "arn:aws:sns:x"},
		},
		{"ArnEquals", "ArnNotEquals", `"arn:aws:s3:::b?/*"`, []string{"arn:aws:s3:::bb/x/y:z"}, []string{"arn:aws:s3:::b/x"}, []string{"b"}},
	}
	ctx := NewContext(Absent)
	ctx.Set("aws:username", "carol")
	for _, test := range tests {
		check := func(operator, value string, want Truth) {
			t.Helper()
			ctx := ctx.Clone()
			ctx.Set("AWS:k", value)
			for _, form := range []string{operator, operator + "IfExists", "ForAllValues:" + operator, strings.ToLower("ForAnyValue:" + operator)} {
				want := want
				if value == "" { // for the set operators it is no value at all
					switch {
					case strings.HasPrefix(form, "ForAll"):
						want = Yes
					case strings.HasPrefix(form, "forany"):
						want = No
					}
				}
				if got := condition(t, form, test.values).Match(ctx); got != want {
					t.Errorf("%s %s on %q: %s, want %s", form, test.values, value, got, want)
				}
			}
			ctx.SetList("aws:k", value)
			if got := condition(t, operator, test.values).Match(ctx); got != No {
				t.Errorf("%s %s on the list [%q]: %s, want no", operator, test.values, value, got)
			}
		}
		for _, v := range test.yes {
			check(test.operator, v, Yes)
		}
		for _, v := range test.no {
			check(test.operator, v, No)
		}
		for _, v := range test.never {
			check(test.operator, v, No)
		}
		if test.negated == "" {
			continue
		}
		for _, v := range test.yes {
			check(test.negated, v, No)
		}
		for _, v := range test.no {
			check(test.negated, v, Yes)
		}
		for _, v := range test.never {
			check(test.negated, v, No)
		}
	}
}

func TestMissingAndUnknownKeys(t *testing.T) {
	t.Parallel()
	tests := []struct {
		operator, values string
		absent, unknown  Truth
	}{
		{"StringEquals", `"a"`, No, Maybe},
		{"StringNotEquals", `"a"`, Yes, Maybe},
		{"StringEqualsIfExists", `"a"`, Yes, Maybe},
		{"StringNotEqualsIfExists", `"a"`, Yes, Maybe},
		{"NumericLessThan", `1`, No, Maybe},
		{"NumericNotEquals", `1`, Yes, Maybe},
		{"DateNotEquals", `"2026"`, Yes, Maybe},
		{"NotIpAddress", `"::/0"`, Yes, Maybe},
		{"ArnNotLike", `"arn:aws:s3:::b"`, Yes, Maybe},
		{"Bool", `true`, No, Maybe},
		{"BinaryEquals", `"YQ=="`, No, Maybe},
		{"ForAllValues:StringEquals", `"a"`, Yes, Maybe},
		{"ForAllValues:StringNotEquals", `"a"`, Yes, Maybe},
		{"ForAnyValue:StringEquals", `"a"`, No, Maybe},
		{"ForAnyValue:StringNotEquals", `"a"`, No, Maybe},
		{"ForAnyValue:StringEqualsIfExists", `"a"`, No, Maybe},
		{"Null", `true`, Yes, Maybe},
		{"Null", `"False"`, No, Maybe},
		{"ForAnyValue:Null", `true`, Yes, Maybe},
		// what is the same whatever the key is
		{"Null", `[true,false]`, Yes, Yes},
		{"Null", `"x"`, No, No},
		{"Null", `[]`, No, No},
		{"StringEquals", `[]`, No, No},
		{"StringNotEquals", `[]`, Yes, Maybe}, // a list fails it
		{"StringLike", `"*"`, No, Maybe},
		{"StringLikeIfExists", `"*"`, Yes, Maybe}, // a list fails it
		{"ForAllValues:StringLike", `["x","**"]`, Yes, Yes},
		{"ForAnyValue:StringNotLike", `"*"`, No, No},
		{"ForAllValues:StringNotEquals", `[]`, Yes, Yes},
		{"ForAnyValue:StringNotEquals", `[]`, No, Maybe},
		{"NumericEquals", `"many"`, No, No},
		{"NumericEqualsIfExists", `"many"`, Yes, Maybe},
		{"NumericNotEquals", `"many"`, Yes, Maybe},
		{"ArnLike", `"*"`, No, No},
		{"StringEquals", `"${aws:absent}"`, No, No},
		{"StringEquals", `["a","${aws:absent}"]`, No, Maybe},
		{"StringEquals", `"${aws:absent, 'a'}"`, No, Maybe},
	}
	for _, test := range tests {
		c := condition(t, test.operator, test.values)
		ctx := NewContext(Absent)
		if got := c.Match(ctx); got != test.absent {
			t.Errorf("%s %s, absent key: %s, want %s", test.operator, test.values, got, test.absent)
		}
		ctx.SetUnknown("aws:k")
		if got := c.Match(ctx); got != test.unknown {
			t.Errorf("%s %s, unknown key: %s, want %s", test.operator, test.values, got, test.unknown)
		}
	}
	if got := condition(t, "Bool", "true").Match(nil); got != Maybe {
		t.Errorf("no context at all: %s, want maybe", got)
	}
}

func TestMultivaluedKeys(t *testing.T) {
	t.Parallel()
	tests := []struct {
		operator, values string
		key              []string
		want             Truth
	}{
		{"ForAllValues:StringEquals", `["a","b"]`, []string{"a", "b", "a"}, Yes},
		{"ForAllValues:StringEquals", `["a","b"]`, []string{"a", "c"}, No},
		{"ForAllValues:StringEquals", `["a"]`, nil, Yes},
		{"ForAllValues:StringEquals", `["a"]`, []string{""}, Yes},
		{"ForAllValues:StringEquals", `["a"]`, []string{"", "a"}, No},
		{"ForAllValues:StringNotLike", `["a*"]`, []string{"b", "c"}, Yes},
		{"ForAllValues:StringNotLike", `["a*","c"]`, []string{"b", "c"}, No},
		{"ForAnyValue:StringLike", `["a*"]`, []string{"b", "ax"}, Yes},
		{"ForAnyValue:StringLike", `["a*"]`, []string{"b"}, No},
		{"ForAnyValue:StringLike", `["*"]`, nil, No},
		{"ForAnyValue:StringNotEquals", `["a","b"]`, []string{"a", "c"}, Yes},
		{"ForAnyValue:StringNotEquals", `["a","b"]`, []string{"a", "b"}, No},
		{"ForAllValues:Bool", `true`, []string{"true", "false"}, No},
		{"ForAnyValue:NumericGreaterThan", `10`, []string{"x", "11"}, Yes},
		{"StringEquals", `["a"]`, []string{"a"}, No},
		{"StringNotEquals", `["a"]`, []string{"b", "c"}, No},
		{"StringEqualsIfExists", `["a"]`, []string{"a", "b"}, No},
		{"Null", `false`, []string{"a", "b"}, Yes},
		{"Null", `false`, nil, Yes},
	}
	for _, test := range tests {
		ctx := NewContext(Absent)
		ctx.SetList("aws:k", test.key...)
		if got := condition(t, test.operator, test.values).Match(ctx); got != test.want {
			t.Errorf("%s %s on %q: %s, want %s", test.operator, test.values, test.key, got, test.want)
		}
	}
}

func TestVariablesInConditions(t *testing.T) {
	t.Parallel()
	ctx := NewContext(Absent)
	ctx.Set("aws:username", "alice")
	ctx.SetUnknown("aws:x")
	tests := []struct {
		operator, values, key string
		want                  Truth
	}{
		{"StringEquals", `"${aws:absent}"`, "", No},
		{"StringNotEquals", `"${aws:absent}"`, "a", No},
		{"StringNotEquals", `["a","${aws:absent}"]`, "b", No},
		{"StringNotEquals", `"${aws:absent, 'b'}"`, "a", Yes},
		{"StringEquals", `"${aws:absent, 'b'}"`, "b", Yes},
		{"StringEquals", `"${aws:absent,'b'}"`, "b", No}, // the space belongs to it
		{"StringEquals", `"p-${aws:x}"`, "p-1", Maybe},
		{"StringEquals", `"p-${aws:x}"`, "q-1", No},
		{"StringEquals", `["p-${aws:x}","p-1"]`, "p-1", Yes},
		{"StringNotEquals", `"p-${aws:x}"`, "p-1", Maybe},
		{"StringNotEquals", `"p-${aws:x}"`, "q-1", Maybe}, // without a value it fails
		{"StringNotEquals", `"p-${aws:x, 'd'}"`, "q-1", Yes},
		{"StringEqualsIgnoreCase", `"P-${aws:x}"`, "p-1", Maybe},
		{"StringEqualsIgnoreCase", `"P-${aws:x, 'd'}"`, "p-1", Maybe},
		{"StringEqualsIgnoreCase", `"P-${aws:x}"`, "q-1", No},
		{"StringNotEqualsIgnoreCase", `"${aws:absent}"`, "q-1", No},
		{"ArnLike", `"arn:aws:iam::1:user/${aws:x}"`, "arn:aws:iam::1:user/a", Maybe},
		{"ArnLike", `"arn:aws:iam::1:user/${aws:x}"`, "arn:aws:iam::2:user/a", No},
		{"ArnLike", `"arn:aws:iam::1:user/${aws:absent}"`, "arn:aws:iam::1:user/a", No},
		{"ArnNotLike", `"arn:aws:iam::1:user/${aws:absent}"`, "arn:aws:iam::1:user/a", No},
		{"ArnNotLike", `"arn:aws:iam::1:user/${aws:x, 'b'}"`, "arn:aws:iam::2:user/a", Yes},
		{"ArnLike", `"${aws:username}"`, "alice", No},
		{"Bool", `"${aws:username}"`, "true", No}, // no variables here
		{"BinaryEquals", `"${aws:username}"`, "alice", No},
		{"NumericEquals", `"${aws:x}"`, "1", No},
	}
	for _, test := range tests {
		ctx := ctx.Clone()
		ctx.Set("aws:k", test.key)
		if got := condition(t, test.operator, test.values).Match(ctx); got != test.want {
			t.Errorf("%s %s on %q: %s, want %s", test.operator, test.values, test.key, got, test.want)
		}
	}
}

// TestMFAKeys is the truth table of the MFA keys: a long-term key carries neither, a session without MFA says false
// and has no age, one with MFA says true and has one.
func TestMFAKeys(t *testing.T) {
	t.Parallel()
	longTerm := NewContext(Absent)
	plain := NewContext(Absent)
	plain.Set("aws:MultiFactorAuthPresent", "false")
	fresh := NewContext(Absent)
	fresh.Set("aws:MultiFactorAuthPresent", "true")
	fresh.Set("aws:MultiFactorAuthAge", "10")
	stale := fresh.Clone()
	stale.Set("aws:MultiFactorAuthAge", "7200")
	const present, age = `"aws:MultiFactorAuthPresent"`, `"aws:multifactorauthage"`
	tests := []struct {
		condition                     string
		longTerm, plain, fresh, stale Truth
	}{
		{`"Bool":{` + present + `:"false"}`, No, Yes, No, No},
		{`"BoolIfExists":{` + present + `:"false"}`, Yes, Yes, No, No},
		{`"Bool":{` + present + `:"true"}`, No, No, Yes, Yes},
		{`"BoolIfExists":{` + present + `:"true"}`, Yes, No, Yes, Yes},
		{`"Bool":{` + present + `:[true,false]}`, No, Yes, Yes, Yes},
		{`"Null":{` + present + `:"true"}`, Yes, No, No, No},
		{`"Null":{` + present + `:"false"}`, No, Yes, Yes, Yes},
		{`"StringEquals":{` + present + `:"true"}`, No, No, Yes, Yes},
		{`"StringEqualsIfExists":{` + present + `:"false"}`, Yes, Yes, No, No},
		{`"StringNotEquals":{` + present + `:"true"}`, Yes, Yes, No, No},
		{`"NumericGreaterThan":{` + age + `:"3600"}`, No, No, No, Yes},
		{`"NumericGreaterThanIfExists":{` + age + `:"3600"}`, Yes, Yes, No, Yes},
		{`"NumericLessThan":{` + age + `:"3600"}`, No, No, Yes, No},
		{`"NumericLessThanIfExists":{` + age + `:3600}`, Yes, Yes, Yes, No},
		{`"Bool":{` + present + `:"false"},"Null":{` + present + `:"true"}`, No, No, No, No},
		{`"BoolIfExists":{` + present + `:"false"},"Null":{` + age + `:"true"}`, Yes, Yes, No, No},
	}
	for _, test := range tests {
		d := mustParse(t, Identity, `{"Version":"2012-10-17","Statement":{"Effect":"Deny","Action":"*","Resource":"*","Condition":{`+test.condition+`}}}`)
		s := &d.Statements[0]
		got := [4]Truth{s.MatchConditions(longTerm), s.MatchConditions(plain), s.MatchConditions(fresh), s.MatchConditions(stale)}
		if want := [4]Truth{test.longTerm, test.plain, test.fresh, test.stale}; got != want {
			t.Errorf("%s: %v, want %v", test.condition, got, want)
		}
	}
}

func TestStatementsBuiltByHandMatchToo(t *testing.T) {
	t.Parallel()
	s := Statement{
		Effect: Allow, Actions: []string{"s3:Get*"}, Resources: []string{"arn:aws:s3:::b/${aws:username}"},
		Conditions: []Condition{{Operator: "Bool", Key: "aws:SecureTransport", Values: []string{"true"}}},
	}
	ctx := NewContext(Absent)
	ctx.Set("aws:username", "alice")
	ctx.Set("aws:securetransport", "true")
	if got := s.Match("s3:GetObject", "arn:aws:s3:::b/alice", ctx); got != Yes {
		t.Errorf("got %s, want yes", got)
	}
}
