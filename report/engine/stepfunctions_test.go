package engine_test

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"sekisho/report/engine"
)

// shard goes through the states of one shard as AWS Step Functions does, as far as they are used; each run of the task
// fails with the next of the causes, and is well where there is none. It returns how often the task ran, and the error.
func shard(t *testing.T, m map[string]any, input map[string]any, causes []string) (runs int, failed string) {
	t.Helper()
	states, name := m["States"].(map[string]any), m["StartAt"].(string)
	data := any(input)
	for range 100 {
		s := states[name].(map[string]any)
		next, _ := s["Next"].(string)
		switch s["Type"] {
		case "Task":
			if runs++; runs > len(causes) {
				return runs, ""
			}
			catch := s["Catch"].([]any)[0].(map[string]any)
			put(data, catch["ResultPath"].(string), map[string]any{"Error": "States.TaskFailed", "Cause": causes[runs-1]})
			next = catch["Next"].(string)
		case "Choice":
			next = s["Default"].(string)
			for _, c := range s["Choices"].([]any) {
				if c := c.(map[string]any); holds(t, data, c) {
					next = c["Next"].(string)
					break
				}
			}
		case "Pass":
			made := map[string]any{}
			for key, text := range s["Parameters"].(map[string]any) {
				made[strings.TrimSuffix(key, ".$")] = called(t, data, text.(string))
			}
			put(data, s["ResultPath"].(string), made)
		case "Fail":
			return runs, s["Error"].(string)
		}
		name = next
	}
	t.Fatal("got no end after 100 states")
	return runs, ""
}

var step = regexp.MustCompile(`\.([A-Za-z]+)|\[(\d+)\]`)

func at(data any, path string) (any, bool) {
	for _, m := range step.FindAllStringSubmatch(path, -1) {
		switch of := data.(type) {
		case map[string]any:
			var ok bool
			if data, ok = of[m[1]]; !ok {
				return nil, false
			}
		case []any:
			i, err := strconv.Atoi(m[2])
			if err != nil || i >= len(of) {
				return nil, false
			}
			data = of[i]
		default:
			return nil, false
		}
	}
	return data, true
}

func put(data any, path string, value any) {
	data.(map[string]any)[strings.TrimPrefix(path, "$.")] = value
}

// holds tells whether a choice is taken. A variable that isn't there ends an execution, unless it is asked whether it is.
func holds(t *testing.T, data any, c map[string]any) bool {
	t.Helper()
	if all, ok := c["And"].([]any); ok {
		for _, one := range all {
			if !holds(t, data, one.(map[string]any)) {
				return false
			}
		}
		return true
	}
	value, ok := at(data, c["Variable"].(string))
	if _, asked := c["IsPresent"]; asked {
		return ok
	}
	if !ok {
		t.Fatalf("got no %s in %v, which ends the execution", c["Variable"], data)
	}
	if n, ok := c["NumericEquals"]; ok {
		return value == n
	}
	if n, ok := c["NumericLessThan"]; ok {
		return value.(float64) < n.(float64)
	}
	begins, _ := strings.CutSuffix(c["StringMatches"].(string), "*")
	return strings.HasPrefix(value.(string), begins)
}

var function = regexp.MustCompile(`^States\.(StringToJson|MathAdd)\((\$[^,]*)(?:, (\d+))?\)$`)

func called(t *testing.T, data any, text string) any {
	t.Helper()
	m := function.FindStringSubmatch(text)
	if m == nil {
		t.Fatalf("got %q, want a function that the test knows", text)
	}
	value, _ := at(data, m[2])
	if m[1] == "MathAdd" {
		n, err := strconv.ParseFloat(m[3], 64)
		if err != nil {
			t.Fatal(err)
		}
		return value.(float64) + n
	}
	var parsed any
	if err := json.Unmarshal([]byte(value.(string)), &parsed); err != nil {
		t.Fatalf("got %v of %q, which ends the execution", err, value)
	}
	return parsed
}

// A shard is run three times, whatever became of it; but once where it was used wrongly.
func TestStepFunctionsAttempts(t *testing.T) {
	t.Parallel()
	var all struct {
		Machine map[string]any `json:"state_machine"`
	}
	text := written(t, engine.StepFunctions(), "json", values(engine.Values{"run": "States.Array()", "indexes": []int{0}, "of": "1"}))
	if err := json.Unmarshal(text, &all); err != nil {
		t.Fatal(err)
	}
	shards := all.Machine["States"].(map[string]any)["Shards"].(map[string]any)
	exit := func(status int) string {
		return fmt.Sprintf(`{"Containers":[{"ExitCode":%d,"LastStatus":"STOPPED","Name":"sekisho"}],"StopCode":"EssentialContainerExited"}`, status)
	}
	stopped := `{"Containers":[{"LastStatus":"STOPPED"}],"StopCode":"SpotInterruption"}`
	for _, test := range []struct {
		name   string
		causes []string
		runs   int
		failed string
	}{
		{"well", nil, 1, ""},
		{"well at last", []string{exit(1), exit(137)}, 3, ""},
		{"never well", []string{exit(1), exit(1), exit(1), exit(1)}, 3, "Sekisho.Shard"},
		{"wrong usage", []string{exit(2)}, 1, "Sekisho.Usage"},
		{"wrong usage at last", []string{exit(1), exit(2)}, 2, "Sekisho.Usage"},
		{"stopped before it ended", []string{stopped, `{"Containers":[]}`, `{}`}, 3, "Sekisho.Shard"},
		{"not begun", []string{"Capacity is unavailable at this time", ""}, 3, ""},
	} {
		input := map[string]any{"attempt": map[string]any{"number": shards["ItemSelector"].(map[string]any)["attempt"].(map[string]any)["number"]}}
		if runs, failed := shard(t, shards["ItemProcessor"].(map[string]any), input, test.causes); runs != test.runs || failed != test.failed {
			t.Errorf("%s: got %d runs and the error %q, want %d and %q", test.name, runs, failed, test.runs, test.failed)
		}
	}
}
