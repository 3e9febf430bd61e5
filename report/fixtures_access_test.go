package report_test

import (
	"sekisho/audit"
	messages "sekisho/audit/message"
)

// way adds a way of two steps to the role boss, of which the second is sure where the status is "can"; of whom it isn't
// known it adds that.
func way(arn, status string, names ...string) option {
	name := append(names, "boss")[0]
	boss := "arn:aws:iam::" + accountID + ":role/" + name
	how, on := messages.New("assumes %s", "role/"+name), messages.New("a function that has %s", "role/"+name)
	path := audit.AccessPath{Principal: arn, Status: status, Steps: []audit.AccessStep{}}
	switch why := messages.New("the policy %s could not be read", name); status {
	case "unknown":
		path.Text, path.Reason = why, why.String()
	default:
		first := audit.AccessStep{
			ID: "assume-role", From: arn, To: boss, How: how.String(), Text: how, Actions: []string{"sts:AssumeRole"}, By: []string{name + "#1"}, Sure: true,
		}
		second := first
		second.From = boss
		if second.Sure = status == "can"; !second.Sure {
			second.HangsOn, second.HangsOnText = on.String(), on
		}
		path.To, path.Steps = boss, append(path.Steps, first, second)
	}
	return func(r *audit.Report) {
		if r.AccessPaths == nil {
			r.AccessPaths = &audit.AccessPaths{Counts: map[string]int{}, Outside: []audit.AccessPath{}, Gaps: []messages.Message{}}
		}
		r.AccessPaths.Counts[status]++
		r.AccessPaths.Paths = append(r.AccessPaths.Paths, path)
	}
}

// hostileWay has a string in every field of a way that holds one.
func hostileWay(s string) option {
	return func(r *audit.Report) {
		way(user(s), "possible", s)(r)
		way(user(s), "unknown", s)(r)
		last := &r.AccessPaths.Paths[len(r.AccessPaths.Paths)-2]
		outside := *last
		outside.Principal, outside.Who = s, messages.New("somebody at %s", s)
		r.AccessPaths.Outside = append(r.AccessPaths.Outside, outside)
		r.AccessPaths.Gaps = append(r.AccessPaths.Gaps, messages.New("%s is not complete", s))
	}
}
