package diff

import (
	"encoding/json"

	"sekisho/audit"
)

// differingSettings lists what differs in how two reports were made. The file that the settings came from is not among
// them: where it stands says nothing, and its sum only that something in it differs.
func differingSettings(old, new *audit.Report) []Setting {
	o, n := settingsOf(old), settingsOf(new)
	differing := []Setting{}
	for _, name := range eitherKeys(o, n) {
		if o[name] != n[name] {
			differing = append(differing, Setting{name, o[name], n[name]})
		}
	}
	return differing
}

// settingsOf flattens a report's settings into JSON by name; a threshold is "thresholds.NAME".
func settingsOf(r *audit.Report) map[string]string {
	flat := map[string]string{}
	configuration := fields(r.Configuration)
	delete(configuration, "source")
	delete(configuration, "sha256")
	for name, value := range configuration {
		if name != "thresholds" {
			flat[name] = string(value)
			continue
		}
		for name, value := range fields(r.Configuration.Thresholds) {
			flat["thresholds."+name] = string(value)
		}
	}
	for name, value := range map[string]string{"depth": string(r.Depth.Ran), "tool_version": r.Tool.Version} {
		flat[name] = compact(value)
	}
	for name, value := range flat {
		if value == "null" || value == "[]" { // a report of before the setting, and one without any
			delete(flat, name)
		}
	}
	return flat
}

// fields returns the members of a struct as JSON shows them.
func fields(v any) map[string]json.RawMessage {
	var members map[string]json.RawMessage
	data, err := json.Marshal(v)
	if err == nil {
		err = json.Unmarshal(data, &members)
	}
	if err != nil {
		panic("plain data must survive JSON: " + err.Error())
	}
	return members
}

// compact is a value as JSON on one line.
func compact(v any) string {
	data, err := json.Marshal(v)
	if err != nil {
		panic("plain data must survive JSON: " + err.Error())
	}
	return string(data)
}
