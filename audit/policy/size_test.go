package policy

import (
	"testing"
	"unsafe"
)

// The policies of a large account have tens of thousands of patterns, and more pieces of them.
func TestPatternsAreSmall(t *testing.T) {
	t.Parallel()
	const word = unsafe.Sizeof(uintptr(0))
	for what, sizes := range map[string][2]uintptr{
		"a piece":                {unsafe.Sizeof(token{}), 4 * word},
		"a pattern of resources": {unsafe.Sizeof(ResourcePattern{}), 6 * word},
	} {
		if sizes[0] > sizes[1] {
			t.Errorf("got %d bytes for %s, want at most %d", sizes[0], what, sizes[1])
		}
	}
	d, err := Parse("p", Identity, []byte(`{"Version":"2012-10-17","Statement":[
		{"Effect":"Allow","Action":["s3:Get*","s3:List*","s3:Put*"],"Resource":["arn:aws:s3:::a","arn:aws:s3:::b","arn:aws:s3:::c/${aws:username}/*"]},
		{"Effect":"Deny","Action":"*","Resource":"*"},{"Effect":"Deny","Action":"s3:*","Resource":"*"}]}`))
	if err != nil {
		t.Fatal(err)
	}
	st := &d.Statements[0]
	if cap(d.Statements) > 3 || cap(st.Actions) > 3 || cap(st.Resources) > 3 || cap(st.ResourcePatterns()[2].tokens) > 4 {
		t.Errorf("got room for %d statements, %d actions, %d resources and %d pieces, want none to spare",
			cap(d.Statements), cap(st.Actions), cap(st.Resources), cap(st.ResourcePatterns()[2].tokens))
	}
}
