package audit_test

import (
	"strings"
	"testing"

	"sekisho/audit"
	"sekisho/audit/policy"
)

func TestUnknownActionsAreSaidOnce(t *testing.T) {
	t.Parallel()
	objekt, gett := policy.UnknownAction{Action: "s3:GetObjekt", Meant: "s3:GetObject"}, policy.UnknownAction{Action: "s3:Gett*", Meant: "s3:Get*"}
	beam, dock := policy.UnknownAction{Action: "teleport:Beam", Service: "teleport"}, policy.UnknownAction{Action: "teleport:Dock", Service: "teleport"}
	for _, test := range []struct {
		list      []policy.UnknownAction
		text, fix string
	}{
		{[]policy.UnknownAction{gett, beam, objekt, gett}, "actions of DATE: s3:GetObjekt, s3:Gett* and 1 more", "write s3:GetObject for s3:GetObjekt, s3:Get* for s3:Gett*"},
		{[]policy.UnknownAction{dock, beam}, "services of DATE: teleport", ""},
		{[]policy.UnknownAction{objekt}, "actions of DATE: s3:GetObjekt", "write s3:GetObject for s3:GetObjekt"},
	} {
		text, fix := audit.UnknownActions(test.list, 2)
		want := "not among AWS's " + strings.ReplaceAll(test.text, "DATE", policy.CatalogueDate())
		if text.String() != want || fix.String() != test.fix {
			t.Errorf("got  %q, to fix: %q\nwant %q, to fix: %q", text, fix, want, test.fix)
		}
	}
}
