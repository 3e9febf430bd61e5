package sanitize

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"math"
	"strings"
	"testing"
	"time"
)

type entry struct {
	Name string   `json:"name"`
	Tags []string `json:"tags"`
	None struct{} `json:"none"`
}

type named []entry

func (n named) MarshalJSON() ([]byte, error) { return json.Marshal(len(n)) }

type embedding struct {
	entry
	List []entry `json:"list"`
}

type document struct {
	Left    string             `json:"left,omitempty"`
	Zero    time.Time          `json:"zero,omitzero"`
	At      time.Time          `json:"at"`
	Hidden  []entry            `json:"-"`
	Unnamed []entry            // as the library names it
	Entries []entry            `json:"entries"`
	Absent  []entry            `json:"absent,omitempty"`
	Null    []entry            `json:"null"`
	Empty   []entry            `json:"empty"`
	Own     named              `json:"own"`
	Map     map[string]entry   `json:"map,omitempty"`
	Numbers map[string]float64 `json:"numbers"`
	Keys    map[int]string     `json:"keys"`
	Bytes   []byte             `json:"bytes"`
	Any     any                `json:"any"`
	private int
}

// What is written piece by piece is what the library writes in one.
func TestJSONIsThatOfTheLibrary(t *testing.T) {
	t.Parallel()
	entries := []entry{{Name: `a"b\`, Tags: []string{"<x>", "[{"}}, {}, {Name: "関所\u202e", Tags: []string{}}}
	for _, v := range []any{
		document{}, &document{}, (*document)(nil), nil, entries, &entries[0], named(entries), &embedding{entries[0], entries}, time.Unix(0, 0).UTC(), 7,
		&document{
			Left: "l", Zero: time.Unix(1, 0).UTC(), Hidden: entries, Unnamed: entries, Entries: entries, Empty: []entry{}, Own: entries,
			Map: map[string]entry{"b": entries[0], "a<\"": entries[1]}, Numbers: map[string]float64{"z": 1.5, "y": 2}, Keys: map[int]string{2: "b", 10: "a"},
			Bytes: []byte("text"), Any: entries, private: 1,
		},
	} {
		var whole, got bytes.Buffer
		encoder := json.NewEncoder(&whole)
		encoder.SetEscapeHTML(false)
		encoder.SetIndent("", "  ")
		if err := encoder.Encode(v); err != nil {
			t.Fatal(err)
		}
		if err := WriteJSON(&got, "it", v); err != nil || got.String() != string(JSON(whole.Bytes())) {
			t.Errorf("got %s and %v, want %s", got.String(), err, JSON(whole.Bytes()))
		}
	}
}

func TestLinesBeginAsDeepAsTheyAreToldTo(t *testing.T) {
	t.Parallel()
	v := struct {
		Flat []entry `json:"flat"`
		Deep []entry `json:"deep"`
	}{[]entry{{Name: "<a>", Tags: []string{"b", "c"}}}, []entry{{}}}
	const want = `{
  "flat": [
    {"name": "\u003ca\u003e", "tags": ["b", "c"], "none": {}}
  ],
  "deep": [
    {
      "name": "",
      "tags": null,
      "none": {}
    }
  ]
}
`
	var got strings.Builder
	err := WriteJSONLines(&got, "it", &v, func(key string) int {
		if key == "flat" {
			return 2
		}
		return 3
	})
	if err != nil || got.String() != want {
		t.Errorf("got %s and %v, want %s", got.String(), err, want)
	}
}

// pieces notes the largest piece that is written.
type pieces struct{ count, largest int }

func (p *pieces) Write(text []byte) (int, error) {
	p.count, p.largest = p.count+1, max(p.largest, len(text))
	return len(text), nil
}

func TestALongListIsWrittenInPieces(t *testing.T) {
	t.Parallel()
	long := struct {
		Entries []entry          `json:"entries"`
		Map     map[string]entry `json:"map"`
	}{make([]entry, 20000), map[string]entry{}}
	for i := range 5000 {
		long.Map[strings.Repeat("x", i%97)+time.Unix(int64(i), 0).String()] = entry{}
	}
	var p pieces
	if err := WriteJSON(&p, "it", &long); err != nil || p.count < 10 || p.largest > 100_000 {
		t.Errorf("got %d pieces, the largest of %d bytes, and %v, want many small ones", p.count, p.largest, err)
	}
}

func TestWhatCannotBeWrittenIsSaid(t *testing.T) {
	t.Parallel()
	const want = "writing the list as JSON: "
	for _, v := range []any{math.NaN(), document{Numbers: map[string]float64{"x": math.Inf(1)}}} {
		if err := WriteJSON(io.Discard, "the list", v); err == nil || !strings.HasPrefix(err.Error(), want+"json: unsupported value") {
			t.Errorf("got %v, want it to begin with %q", err, want)
		}
	}
	if err := WriteJSON(shut{}, "the list", document{}); err == nil || err.Error() != want+"shut" {
		t.Errorf("got %v, want %q", err, want+"shut")
	}
}

type shut struct{}

func (shut) Write([]byte) (int, error) { return 0, errors.New("shut") }
