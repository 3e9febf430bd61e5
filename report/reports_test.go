package report_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"sekisho/audit"
	"sekisho/report"
	"sekisho/report/format"
)

var update = flag.Bool("update", false, "rewrite the golden files of testdata/report")

var folder = filepath.Join("..", "testdata", "report")

// TestGolden compares each report in every format but HTML with its files. All but the JSON are rendered from what was
// read back.
func TestGolden(t *testing.T) {
	t.Parallel()
	for name, fixture := range fixtures() {
		t.Run(name, func(t *testing.T) {
			written := render(t, report.JSON, fixture)
			golden(t, name+".json", written)
			r, err := report.ReadJSON(bytes.NewReader(written))
			if err != nil {
				t.Fatal(err)
			}
			if !reflect.DeepEqual(r, fixture) {
				t.Errorf("got another report back:\n%+v\nwant\n%+v", r, fixture)
			}
			golden(t, name+".80.txt", table(t, r, format.Options{Width: 80}))
			golden(t, name+".200.txt", table(t, r, format.Options{Width: 200}))
			golden(t, name+".verbose.txt", table(t, r, format.Options{Width: 100, Verbose: true}))
			golden(t, name+".color.txt", table(t, r, format.Options{Width: 80, Color: true}))
			golden(t, name+".csv", render(t, report.CSV, r))
			golden(t, name+".md", markdown(t, r, format.Options{}))
			golden(t, name+".verbose.md", markdown(t, r, format.Options{Verbose: true}))
			golden(t, name+".sarif", render(t, report.SARIF, r))
			golden(t, name+".junit.xml", render(t, report.JUnit, r))
			golden(t, name+".ocsf.json", render(t, report.OCSF, r))
			golden(t, name+".asff.json", render(t, report.ASFF, r))
		})
	}
	// A file that no report makes any more would be compared with nothing.
	files, err := filepath.Glob(filepath.Join(folder, "*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		if name, _, _ := strings.Cut(filepath.Base(file), "."); fixtures()[name] == nil {
			t.Errorf("got %s, which no fixture makes", file)
		}
	}
}

// TestSchema validates every report against the published schema, which allows keys it doesn't describe, and against a
// strict one, which shows that it describes every key that is written.
func TestSchema(t *testing.T) {
	t.Parallel()
	var document any
	if err := json.Unmarshal(report.Schema, &document); err != nil {
		t.Fatal(err)
	}
	tolerant := compile(t, document)
	strict := compile(t, strictly(document))
	for name, fixture := range fixtures() {
		instance, err := jsonschema.UnmarshalJSON(bytes.NewReader(render(t, report.JSON, fixture)))
		if err != nil {
			t.Fatal(err)
		}
		if err := tolerant.Validate(instance); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if err := strict.Validate(instance); err != nil {
			t.Errorf("%s, strictly: %v", name, err)
		}
		instance.(map[string]any)["added_later"] = true
		if err := tolerant.Validate(instance); err != nil {
			t.Errorf("%s with an added key: %v", name, err)
		}
		if strict.Validate(instance) == nil {
			t.Errorf("%s with an added key: got no error of the strict schema", name)
		}
		delete(instance.(map[string]any), "findings")
		if tolerant.Validate(instance) == nil {
			t.Errorf("%s without findings: got no error", name)
		}
	}
}

func compile(t *testing.T, document any) *jsonschema.Schema {
	t.Helper()
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	if err := c.AddResource("urn:sekisho:report:v1", document); err != nil {
		t.Fatal(err)
	}
	schema, err := c.Compile("urn:sekisho:report:v1")
	if err != nil {
		t.Fatal(err)
	}
	return schema
}

// strictly returns a copy of a schema whose objects have no keys but those that are described.
func strictly(document any) any {
	switch d := document.(type) {
	case map[string]any:
		strict := make(map[string]any, len(d)+1)
		for key, value := range d {
			strict[key] = strictly(value)
		}
		if d["type"] == "object" && d["properties"] != nil {
			strict["additionalProperties"] = false
		}
		return strict
	case []any:
		strict := make([]any, len(d))
		for i, value := range d {
			strict[i] = strictly(value)
		}
		return strict
	}
	return document
}

func render(t *testing.T, how func(io.Writer, *audit.Report) error, r *audit.Report) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := how(&b, r); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func table(t *testing.T, r *audit.Report, o format.Options) []byte {
	t.Helper()
	return render(t, func(w io.Writer, r *audit.Report) error { return report.Table(w, r, o) }, r)
}

func markdown(t *testing.T, r *audit.Report, o format.Options) []byte {
	t.Helper()
	return render(t, func(w io.Writer, r *audit.Report) error { return report.Markdown(w, r, o) }, r)
}

func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	file := filepath.Join(folder, name)
	if *update {
		if err := os.MkdirAll(folder, 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, got, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s differs (go test ./report -update rewrites it); got:\n%s", name, got)
	}
}
