package account

import (
	"bytes"
	"encoding/json"
	"runtime"
	"strconv"
	"strings"
	"testing"
)

// What is handed out is what the library finds, and what it finds torn is refused.
func FuzzMembers(f *testing.F) {
	for _, object := range []string{
		`{}`, ` { } `, `{"a":1}`, "\n{\t\"a\" : [1, {\"b\": \"}\"}] ,\r\"c\\u0041\":\"\\\\\" , \"a\":null}\n", `{"a":{"b":[]},"":-1.5e+3,"d":true,"e":"\""}`,
		``, `null`, `[]`, `7`, `{`, `{"a"`, `{"a"}`, `{"a":}`, `{"a":1`, `{"a":1,}`, `{,}`, `{"a":1 "b":2}`, `{"a":1,,"b":2}`, `{7:1}`, `{null:1}`, `{a:1}`, `{"a":[1}`, `{"a":]}`,
		`{"a":tru}`, `{"a":"b}`, `{"a":"b\`, `{"a":1}}`, `{"a":1}{}`, `{"a" 1}`, `{"a":1:2}`, `{"a":tru"e"}`, "{\"a\":\"\n\"}", `{"a":[1,2}]`, `{"a":{"b"}}`,
	} {
		f.Add([]byte(object))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var want map[string]json.RawMessage
		wrong := json.Unmarshal(data, &want)
		got := map[string]json.RawMessage{}
		err := members(data, func(key string, value []byte) error {
			got[key] = bytes.Clone(value)
			return valid(value)
		})
		if wrong != nil || want == nil { // null is no object
			if err == nil {
				t.Fatalf("got %s of %q, want it refused: %v", got, data, wrong)
			}
			return
		}
		if err != nil || len(got) != len(want) {
			t.Fatalf("got %s and %v of %q, want %s", got, err, data, want)
		}
		for key, value := range want {
			if !bytes.Equal(got[key], value) {
				t.Fatalf("got %q for %q of %q, want %q", got[key], key, data, value)
			}
		}
	})
}

func TestAWrongTypeIsFoundOnItsLine(t *testing.T) {
	t.Parallel()
	s := full()
	var whole bytes.Buffer
	if err := s.Write(&whole); err != nil {
		t.Fatal(err)
	}
	for _, right := range []string{`"complete": true`, `"content": "user,arn`, `"total": 9`, `"path": "/"`} {
		before, after, found := strings.Cut(whole.String(), right)
		key, _, _ := strings.Cut(right, ":")
		line := 1 + strings.Count(before, "\n")
		_, err := Read(strings.NewReader(before+key+`: [{}], "was": `+strings.TrimPrefix(right, key+": ")+after), "s.json")
		if want := "line " + strconv.Itoa(line) + ", "; !found || err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want it on line %d", key, err, line)
		}
	}
}

// A text in an answer is copied out of the file, and no more often.
func TestReadingCopiesOnce(t *testing.T) {
	s := full()
	s.AuthorizationDetails.Value.Users[0].InlinePolicies = []InlinePolicy{{"long", strings.Repeat("x", 4<<20)}}
	var whole bytes.Buffer
	if err := s.Write(&whole); err != nil {
		t.Fatal(err)
	}
	size := uint64(whole.Len())
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	if _, err := Read(&whole, "s.json"); err != nil {
		t.Fatal(err)
	}
	runtime.ReadMemStats(&after)
	if took := after.TotalAlloc - before.TotalAlloc; took > 3*size {
		t.Errorf("got %d bytes allocated to read %d, want at most three times as many: to read a file, and one copy", took, size)
	}
}
