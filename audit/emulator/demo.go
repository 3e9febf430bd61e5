package emulator

import (
	"bytes"
	"embed"
	"encoding/json"
	"regexp"
	"strings"
	"sync"
	"time"

	"sekisho/audit/account"
)

// policyFiles are the documents of the managed policies of the demo account and of Company. Those that have the names
// of AWS's own are written for this program and simpler than AWS's.
//
//go:embed policies/*.json
var policyFiles embed.FS

// document is an embedded policy document, or what is one itself.
func document(name string) string {
	if strings.HasPrefix(name, "{") {
		return name
	}
	text, err := policyFiles.ReadFile("policies/" + name + ".json")
	if err != nil {
		panic(err) // embedded at build time
	}
	return string(text)
}

// trust is a role's trust policy: an embedded one, or that for an AWS service.
func trust(name string) string {
	if !strings.HasSuffix(name, ".amazonaws.com") {
		return document(name)
	}
	return `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"` + name + `"},"Action":"sts:AssumeRole"}]}`
}

// demoFile writes Hakone Trading down, in JSON with lines of comments: what each user is there to show.
//
//go:embed demo.jsonc
var demoFile []byte

var hakone = sync.OnceValue(func() []byte { return regexp.MustCompile(`(?m)^\s*//.*$`).ReplaceAll(demoFile, nil) })

// Demo is the embedded demo account as it is at a time: Hakone Trading, a small company whose account an agency opened.
// Three of the five points of the Security Status are complete, and each rule about users, groups, devices, keys,
// passwords, policies and roles holds for some of them and not for others. The snapshot also holds live answers about
// every user, which a run asks for only where it needs them.
func Demo(now time.Time) *account.Snapshot {
	var company blueprint
	in := json.NewDecoder(bytes.NewReader(hakone()))
	in.DisallowUnknownFields()
	if err := in.Decode(&company); err != nil {
		panic(err) // embedded at build time
	}
	s := company.snapshot(now)
	s.Origin = "demo"
	return s
}
