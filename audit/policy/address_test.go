package policy

import "testing"

// Conditions on an address of which is known only that it is an IPv4 one, where its caller likes: an Allow that all of
// them meet is met, a Deny that none meets is evaded, and all else is open.
func TestAnyIPv4Address(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		condition   string
		allow, deny Truth
	}{
		{`"IpAddress":{"aws:SourceIp":"0.0.0.0/0"}`, Yes, Maybe},
		{`"IpAddress":{"aws:SourceIp":["0.0.0.0/0","::/0"]}`, Yes, Maybe}, // or it is absent
		{`"IpAddressIfExists":{"aws:SourceIp":"0.0.0.0/0"}`, Yes, Maybe},
		{`"ForAnyValue:IpAddress":{"aws:SourceIp":"9.9.9.9/0"}`, Yes, Maybe},
		{`"IpAddress":{"aws:SourceIp":["128.0.0.0/1","0.0.0.0/2","64.0.0.0/3","96.0.0.0/3"]}`, Yes, Maybe},
		{`"IpAddress":{"aws:SourceIp":["128.0.0.0/1","0.0.0.0/2","64.0.0.0/3"]}`, Maybe, Maybe},
		{`"IpAddress":{"aws:SourceIp":"0.0.0.0/1"}`, Maybe, Maybe},
		{`"IpAddress":{"aws:SourceIp":"::/0"}`, Maybe, No},
		{`"IpAddress":{"aws:SourceIp":"somewhere"}`, No, No},
		{`"NotIpAddress":{"aws:SourceIp":"0.0.0.0/0"}`, Maybe, No},
		{`"NotIpAddress":{"aws:SourceIp":["0.0.0.0/1","128.0.0.0/1"]}`, Maybe, No},
		{`"NotIpAddress":{"aws:SourceIp":"::/0"}`, Yes, Maybe},
		{`"NotIpAddress":{"aws:SourceIp":"somewhere"}`, Maybe, No}, // what can't be compared fails
		{`"NotIpAddress":{"aws:SourceIp":"192.0.2.0/24"}`, Maybe, Maybe},
		{`"Null":{"aws:SourceIp":"false"}`, Yes, Maybe},
		{`"Null":{"aws:SourceIp":"true"}`, Maybe, No},
		{`"StringLike":{"aws:SourceIp":"*"}`, Yes, Maybe},
		{`"StringNotLike":{"aws:SourceIp":"*"}`, Maybe, No},
		{`"StringLike":{"aws:SourceIp":"192.*"}`, Maybe, Maybe},
	} {
		ctx := NewContext(Absent)
		ctx.SetAnyIPv4("aws:SourceIp")
		for effect, want := range map[string]Truth{"Allow": test.allow, "Deny": test.deny} {
			d := mustParse(t, Identity, `{"Version":"2012-10-17","Statement":{"Effect":"`+effect+`","Action":"*","Resource":"*","Condition":{`+test.condition+`}}}`)
			if got := d.Statements[0].MatchConditions(ctx); got != want {
				t.Errorf("%s if %s: got %s, want %s", effect, test.condition, got, want)
			}
		}
	}
}
