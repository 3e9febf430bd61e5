package message_test

import (
	"encoding/json"
	"errors"
	"math"
	"reflect"
	"strings"
	"testing"
	"time"

	"sekisho/audit/message"
)

var at = time.Date(2026, 11, 29, 21, 12, 33, 5, time.FixedZone("JST", 9*60*60))

type kind string

func TestEnglish(t *testing.T) {
	t.Parallel()
	names := []string{"alice", "bob", "carol", "dave"}
	for want, m := range map[string]message.Message{
		"":                       {},
		"plain text, 100% plain": message.New("plain text, 100%% plain"),
		"alice has 2 keys since 2026-11-29, 1.5%": message.New("%s has %s since %s, %.1f%%", "alice", message.Plural(2, "%d key", "%d keys"), at, 1.5),
		"1 key":                          message.New("%s", message.Plural(1, "%d key", "%d keys")),
		"1,234 keys":                     message.New("%s", message.Plural(1234, "%d key", "%d keys")),
		"one key":                        message.New("%s", message.Plural(1, "one key", "%d keys")),
		"158 days":                       message.New("%s", message.Days(158)),
		"1 day":                          message.New("%s", message.Days(1)),
		"1,234,567 and -123 and -1,234":  message.New("%d and %d and %d", 1234567, int64(-123), int32(-1234)),
		"last used 2026-11-29 12:12 UTC": message.New("last used %s", message.At(at)),
		"by alice, bob and 2 more":       message.New("by %s", message.Names(2, names)),
		"by alice, bob, carol, dave":     message.New("by %s", message.Names(0, names)),
		"by none":                        message.New("by %s", message.Names[string](2, nil)),
		"phone, passkey":                 message.New("%s", message.Parts(message.New("phone"), message.Message{}, message.New("passkey"))),
		"phone; passkey; token":          message.Joined("%s; %s", message.Message{}, message.New("phone"), message.New("passkey"), message.Message{}, message.New("token")),
		"by alice, bob, carol and dave":  message.New("by %s and dave", message.Some(2, 0, names[:3])),
		"by alice, bob and 3 more":       message.New("by %s", message.Some(2, 1, names)),
		"by alice, bob and 1 more":       message.New("by %s", message.Some(2, 1, names[:2])),
		"not read, as of 2026-11-29 12:12 UTC: 50%": message.New("%s, as of %s: %s", message.New("not %s", "read"), message.At(at), message.New("50%%")),
		`a file "x" that failed: broken (true)`:     message.New("a %s %q that failed: %s (%s)", kind("file"), []byte("x"), errors.New("broken"), true),
		"alice and %s":                              {Format: "%s and %s", Args: []any{"alice"}},
		"${aws:username} %s %":                      message.New("${aws:username} %s", "%s %"),
	} {
		if got := m.String(); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func TestSurvivesJSON(t *testing.T) {
	t.Parallel()
	for _, m := range []message.Message{
		{},
		message.New("nothing more"),
		message.New("%s %d %.1f %.1f %s", "<bob>", 3, 1.5, 2.0, true),
		message.New("%s %s %s", message.Plural(3, "%d key", "%d keys"), message.On(at), message.At(at)),
		message.New("%s, %s and %s", message.Names(1, []string{"a", "b"}), message.Names[string](1, nil), message.Parts(message.New("a %s", "b"))),
		message.New("%s: %s", message.New("%s", message.New("deep %d", 1)), message.New("flat")),
	} {
		data, err := json.Marshal(m)
		if err != nil {
			t.Fatal(err)
		}
		var back message.Message
		if err := json.Unmarshal(data, &back); err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(m, back) || back.String() != m.String() {
			t.Errorf("got %#v from %s, want %#v", back, data, m)
		}
	}
}

func TestJSONIsPlain(t *testing.T) {
	t.Parallel()
	m := message.New("%s %s %s %s %s %d", message.Days(2), message.Names(1, []string{"a", "b"}), at, message.At(at), message.New("x"), 7)
	const want = `{"format":"%s %s %s %s %s %d","args":[{"count":2,"one":"%d day","other":"%d days"},{"list":["a"],"more":1},` +
		`{"date":"2026-11-29"},{"minute":"2026-11-29T12:12:00Z"},{"format":"x","args":[]},7]}`
	if data, err := json.Marshal(m); err != nil || string(data) != want {
		t.Errorf("got %s and %v, want %s", data, err, want)
	}
}

// What a message has no place for in JSON, and JSON that is torn, are errors; null is no message.
func TestNumbersAndNullInJSON(t *testing.T) {
	t.Parallel()
	if data, err := json.Marshal(message.New("%s", math.Inf(1))); err == nil {
		t.Errorf("got %s for infinity, want an error", data)
	}
	if data, err := json.Marshal(message.New("%.1f %.1f", 2.0, 1e300)); err != nil || string(data) != `{"format":"%.1f %.1f","args":[2.0,1e+300]}` {
		t.Errorf("got %s and %v, want numbers with a point or an exponent", data, err)
	}
	m := message.New("x")
	if err := m.UnmarshalJSON([]byte("null")); err != nil || !m.Empty() {
		t.Errorf("got %v and %q from null, want no message", err, m)
	}
	for _, data := range []string{"", "{", "[]", "7"} {
		if err := m.UnmarshalJSON([]byte(data)); err == nil {
			t.Errorf("got no error from %q, want one", data)
		}
	}
	if err := m.UnmarshalJSON([]byte(`{"format":"%d %d %d","args":[7,7.0,7e0]}`)); err != nil || !reflect.DeepEqual(m.Args, []any{int64(7), 7.0, 7.0}) {
		t.Errorf("got %#v and %v, want one whole number", m.Args, err)
	}
}

func TestRefusesWhatNoMessageHas(t *testing.T) {
	t.Parallel()
	deep := strings.Repeat(`{"format":"%s","args":[`, 30) + `"x"` + strings.Repeat(`]}`, 30)
	for data, want := range map[string]string{
		`{"args":[]}`:                               "want an object with a format and args",
		`{"format":"x","args":"y"}`:                 "want an object with a format and args",
		`{"format":"%s","args":[null]}`:             "want a text, a number",
		`{"format":"%s","args":[{}]}`:               "want a message, a count",
		`{"format":"%s","args":[{"count":1}]}`:      "want a message, a count",
		`{"format":"%s","args":[{"date":"today"}]}`: `cannot parse "today"`,
		deep: "more than 16 deep",
	} {
		var m message.Message
		if err := json.Unmarshal([]byte(data), &m); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v for %.60s, want an error with %q", err, data, want)
		}
	}
}

func TestFormLeavesOutNamesAndNumbers(t *testing.T) {
	t.Parallel()
	m := message.New("%s, as of %s", message.New("%s is %d days old", "key", 3), message.At(at))
	if got, want := m.Form(), "%s is %d days old, as of %s"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestErrorsAreMessagesToo(t *testing.T) {
	t.Parallel()
	inner := errors.New("disk full")
	err := message.Errorf("writing %q: %s", "x.zip", inner)
	if !errors.Is(err, inner) || err.Error() != `writing "x.zip": disk full` {
		t.Errorf("got %v, want an error that wraps %v", err, inner)
	}
	for _, m := range []message.Message{message.New("%s", err), message.Of(err)} {
		if m.Form() != "writing %q: %s" {
			t.Errorf("got %#v, want the error's message", m)
		}
	}
	if got, want := message.Of(inner), message.New("disk full"); got.String() != want.String() {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestAMessageGoesBeforeATextOfItsOwn(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		m          message.Message
		text, want string
	}{
		{message.New("skipped"), "left out", "skipped"}, {message.Message{}, "100% left out", "100% left out"}, {message.Message{}, "", ""},
	} {
		if got := test.m.Or(test.text); got.String() != test.want || got.Empty() != (test.want == "") {
			t.Errorf("got %q, want %q", got, test.want)
		}
	}
}
