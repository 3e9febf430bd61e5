package html_test

import (
	"sekisho/audit"
	messages "sekisho/audit/message"
)

// sampleWays has somebody who can become an administrator, two who possibly can, and one of whom it isn't known.
func sampleWays() *audit.AccessPaths {
	const boss, ci = "arn:aws:iam::111122223333:role/boss", "arn:aws:iam::111122223333:role/ci"
	step := func(from, to, how, on string) audit.AccessStep {
		s := audit.AccessStep{ID: "assume-role", From: from, To: to, How: how, Text: messages.New("%s", how), Actions: []string{"sts:AssumeRole"},
			By: []string{"way#" + how}, Sure: on == "", HangsOn: on}
		if on != "" {
			s.HangsOnText = messages.New("%s", on)
		}
		return s
	}
	return &audit.AccessPaths{
		Counts: map[string]int{"can": 2, "possible": 2, "unknown": 1, "administrator": 1, "cannot": 3},
		Paths: []audit.AccessPath{
			{Principal: ci, Status: "can", To: boss, Steps: []audit.AccessStep{step(ci, boss, "assumes role/boss", "")}},
			{Principal: user("deploy"), Status: "can", To: boss, Steps: []audit.AccessStep{step(user("deploy"), ci, "assumes role/ci", ""), step(ci, boss, "assumes role/boss", "")}},
			{Principal: user("kenji"), Status: "possible", To: boss, Steps: []audit.AccessStep{step(user("kenji"), boss, "runs code as role/boss", "a function that has it")}},
			{Principal: user("taro"), Status: "possible", To: boss, Steps: []audit.AccessStep{step(user("taro"), boss, "runs code as role/boss", "a function that has it")}},
			{Principal: user("yuki"), Status: "unknown", Reason: "its policy is not read", Text: messages.New("its policy is not read")},
		},
		Outside: []audit.AccessPath{
			{Principal: "anybody", Who: messages.New("anybody"), Status: "can", To: boss, Steps: []audit.AccessStep{step("anybody", boss, "assumes role/boss", "")}},
		},
		Gaps: []messages.Message{messages.New("the list of roles is not complete")},
	}
}
