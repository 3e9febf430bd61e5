// Package permissions writes what "sekisho permissions" tells: the policy that an audit needs, and the commands that
// save AWS's answers for it.
package permissions

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"sekisho/audit/account"
	"sekisho/audit/clifiles"
)

// The script keeps what AWS refuses as well: that no password policy is set is an answer, and any other error says why
// something is unknown. Above it stands the command, for an error often tells neither the user nor the region.
const (
	scriptHead = `#!/bin/sh
# Saves what AWS answers about an account, for: sekisho audit --from DIR
# Usage: sh FILE DIR, with the aws command signed in. DIR must be new, so that it holds one account at one time. Nothing is changed in
# the account, and no secret is saved; but the answers list what is weak in it.
set -eu
umask 077
dir=${1:?want the name of a new folder}
export AWS_PAGER=''
mkdir -- "$dir"

# ask NAME COMMAND... saves an answer, or the error in its place.
ask() {
  name=$1
  shift
  printf 'aws %s\n' "$*" >"$dir/$name.error"
  if aws "$@" --output 'json' >"$dir/$name.json" 2>>"$dir/$name.error"; then
    rm -- "$dir/$name.error"
  else
    rm -- "$dir/$name.json"
    echo 'kept what AWS said:' >&2
    cat -- "$dir/$name.error" >&2
  fi
}

aws 'sts' 'get-caller-identity' --output 'json' >"$dir/caller-identity.json"
`
	scriptReport = `
# AWS makes the credential report within seconds, or serves that of the last four hours.
tries=0
state=STARTED
while [ "$state" != 'COMPLETE' ] && [ "$tries" -lt 60 ]; do
  if [ "$tries" -gt 0 ]; then sleep 2; fi
  tries=$((tries + 1))
  state=$(aws 'iam' 'generate-credential-report' --query 'State' --output 'text') || break
done
`
	// What list-regions is refused is kept above.
	scriptRegions = `
# Each region that the account uses.
regions=$(aws 'account' 'list-regions' --region-opt-status-contains 'ENABLED' 'ENABLED_BY_DEFAULT' --query 'Regions[].RegionName' --output 'text' 2>/dev/null) || regions=''
for region in $regions; do
%sdone
`
	scriptUsers = `
# Each user.
set -- $(aws 'iam' 'list-users' --query 'Users[].UserName' --output 'text')
%sfor user in "$@"; do
%sdone
`
	scriptMostUsers = `if [ "$#" -gt %d ]; then
  echo "left out what takes calls for each of $# users; sekisho permissions --commands --depth deep prints commands that make them" >&2
  set --
fi
`
)

// SweptSections are what a deep run asks about each user. The rest of what can be asked about one user, the credential
// report tells of all.
var SweptSections = []account.Section{account.MFADevicesSection, account.SSHPublicKeysSection, account.SigningCertificatesSection}

// Needs are what an audit may read.
type Needs struct {
	Sections []account.Section
	// Swept are those that it reads of each user, where there are MostUsers at most; 0 is no limit.
	Swept     []account.Section
	MostUsers int
}

// Commands writes a script for the sections of the whole account, and for what is looked at user by user and region by
// region.
func Commands(w io.Writer, n Needs) error {
	var out, regions, users strings.Builder
	out.WriteString(scriptHead)
	for _, section := range n.Sections {
		for _, c := range clifiles.CommandsFor(section) {
			switch c.Each {
			case clifiles.EachAccount:
				if section == account.CredentialReportSection {
					out.WriteString(scriptReport)
				}
				fmt.Fprintf(&out, "ask %s\n", call(c, string(section), ""))
			case clifiles.EachRegion:
				fmt.Fprintf(&regions, "  ask %s\n", call(c, string(section), "region"))
			case clifiles.EachUser:
				if slices.Contains(n.Swept, section) {
					fmt.Fprintf(&users, "  ask %s\n", call(c, string(section), "user"))
				}
			}
		}
	}
	if regions.Len() > 0 {
		fmt.Fprintf(&out, scriptRegions, regions.String())
	}
	if users.Len() > 0 {
		limit := ""
		if n.MostUsers > 0 {
			limit = fmt.Sprintf(scriptMostUsers, n.MostUsers)
		}
		fmt.Fprintf(&out, scriptUsers, limit, users.String())
	}
	_, err := io.WriteString(w, out.String())
	return err
}

// call writes what ask is called with: the name of the file and the command, for the user or region that a variable
// holds. No name of one has a character that a shell or a query would take for its own.
func call(c clifiles.Command, name, variable string) string {
	words := []string{quote(name)}
	if variable != "" {
		words[0] = `"` + name + "-$" + variable + `"`
	}
	for _, arg := range c.Args {
		words = append(words, quote(arg))
	}
	if variable != "" {
		words = append(words, c.Each.Option(), `"$`+variable+`"`)
	}
	switch {
	case c.Query != "" && variable != "":
		words = append(words, "--query", `"`+fmt.Sprintf(c.Query, "$"+variable)+`"`)
	case c.Query != "":
		words = append(words, "--query", quote(c.Query))
	}
	return strings.Join(words, " ")
}

// quote makes one word of a text for the shell.
func quote(text string) string { return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'" }
