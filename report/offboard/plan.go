package offboard

import (
	"bufio"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"sekisho/audit/account"
	"sekisho/audit/message"
	"sekisho/audit/offboard"
	"sekisho/report/sanitize"
	"sekisho/report/shell"
)

// denyName is the inline policy that stops a user's sessions while the user is taken apart.
const denyName = "sekisho-offboard-deny-all"

const denyAll = `{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"*","Resource":"*"}]}`

// Plan writes a POSIX shell script that removes the users of everybody in the report. First it shuts them all out:
// everything is denied, so that sessions are of no more use, keys are switched off and passwords deleted. Then it
// removes one after the other, in AWS's order (IAM User Guide, "Deleting an IAM user"). What fails for one keeps no
// other from being shut out and removed. It does nothing unless called with --yes, and may be run again.
//
// Whatever comes from the account is quoted where the shell reads it, and made harmless where a person does: a name may
// hold anything. A name with something in it that nobody sees is given to no command, so that those who read the script
// see what it runs: such work is told to be done by hand. AWS lets nobody take such a name.
func Plan(w io.Writer, r *offboard.Report) error {
	p := &plan{out: bufio.NewWriter(w), r: r}
	p.preamble()
	planned := map[string]bool{}
	users := make([][]removal, len(r.People))
	for i := range r.People {
		users[i] = p.planned(&r.People[i], planned)
		for _, u := range users[i] {
			p.shutOut(u)
		}
	}
	p.line("")
	p.comment(0, message.New("From here on nothing can be undone. AWS deletes no user who has anything left."))
	for i := range r.People {
		for _, u := range users[i] {
			p.remove(u)
		}
		p.byHand(&r.People[i])
	}
	p.line("")
	p.line("finish")
	if err := p.out.Flush(); err != nil {
		return fmt.Errorf("writing the plan: %w", err)
	}
	return nil
}

type plan struct {
	out   *bufio.Writer
	r     *offboard.Report
	users int // planned so far
}

// removal is a user who is to go, and all that is known to be theirs. The script knows them by a number.
type removal struct {
	*offboard.UserFacts
	number  string
	entries []offboard.Entry
}

// each calls do for what the user has of a kind.
func (u removal) each(kind offboard.Kind, do func(offboard.Entry)) {
	for _, e := range u.entries {
		if e.Kind == kind {
			do(e)
		}
	}
}

// credential is something to sign requests with, and how the aws command names it.
type credential struct {
	kind       offboard.Kind
	noun, flag string
}

var credentials = []credential{
	{offboard.KindAccessKey, "access-key", "--access-key-id"},
	{offboard.KindCertificate, "signing-certificate", "--certificate-id"},
	{offboard.KindSSHKey, "ssh-public-key", "--ssh-public-key-id"},
	{offboard.KindServiceCredential, "service-specific-credential", "--service-specific-credential-id"},
}

func (p *plan) preamble() {
	p.line("#!/bin/sh")
	p.comment(0, message.New("How to remove users of the AWS account %s, as it was on %s.", p.r.Account.ID, message.At(p.r.TakenAt)))
	for _, remark := range remarks(p.r) {
		p.comment(0, remark)
	}
	p.comment(0, message.New("Called without --yes it prints what it would do, and does nothing. Called with --yes it does it: what is deleted can't be brought back. "+
		"First it shuts out everybody, then it removes one after the other. Who could not be shut out or removed is listed at the end, with exit status 1. "+
		"It may be called again: what is gone already is no failure."))
	p.comment(0, message.New("Names are quoted as they are: nothing in them is meant for the shell."))
	p.line("# shellcheck disable=SC1003,SC2016")
	p.line("set -eu")
	p.line("export AWS_PAGER=''")
	p.line("")
	p.line("account=" + shell.Quote(p.r.Account.ID))
	p.text(`line_end='
'
yes=0
case ${1-} in
  --yes) yes=1 ;;
  '') ;;
  *) printf 'usage: sh FILE [--yes]\n' >&2; exit 2 ;;
esac

# step TEXT COMMAND... says what is done, and with --yes does it. What is gone is told by a sentence of the aws command: no name of
# AWS's holds a blank, so none can spell it.
step() {
  printf '%s\n' "$1"
  shift
  if [ "$yes" -eq 0 ]; then return 0; fi
  if output=$("$@" 2>&1); then return 0; fi
  case $output in
    *'An error occurred (NoSuchEntity) when calling '*) printf '  (gone already)\n'; return 0 ;;
  esac
  printf '%s\n' "$output" >&2
  return 1
}

# closed is true as long as all ways in of the user at hand could be closed.
shut=1
closed() { [ "$shut" -eq 1 ]; }

# undenied tells what a denial that failed means. A user's inline policies together have a limit, and there may be no room for it.
undenied() {
  case $output in
    *'An error occurred (LimitExceeded) when calling '*)
      printf '  (the inline policies leave no room for the denial: sessions of the user live on until the user is removed)\n' >&2 ;;
    *) shut=0 ;;
  esac
}

# sure is true as long as nobody was found to be a namesake, or might be one: a device that has a user's name may be the namesake's.
unsure=0
sure() { [ "$unsure" -eq 0 ]; }

# is_user NAME ID is true for a user who is there and is the one who was looked at. One who is gone is done with.
is_user() {
  if [ "$yes" -eq 0 ]; then return 0; fi
  if ! found=$(aws iam get-user --user-name="$1" --query User.UserId --output text 2>&1); then
    case $found in
      *'An error occurred (NoSuchEntity) when calling '*) printf '  (gone already)\n'; return 1 ;;
    esac
    printf '%s\n' "$found" >&2
    unsure=1
    unfinished "user $1"
    return 1
  fi
  found=${found##*"$line_end"} # the aws command may have warned of something first
  if [ "$found" = "$2" ]; then return 0; fi
  printf 'got a user with the unique ID %s, want %s: this is another user by that name; nothing was done to it\n' "$found" "$2" >&2
  unsure=1
  unfinished "user $1"
  return 1
}

# unfinished TEXT notes what is not done.
left=''
unfinished() {
  left=$left"  $1$line_end"
}

finish() {
  if [ "$yes" -eq 0 ]; then printf 'Nothing was done: call it with --yes.\n'; fi
  if [ -z "$left" ]; then return 0; fi
  printf 'NOT FINISHED, see above why:\n%s' "$left" >&2
  exit 1
}

if [ "$yes" -eq 1 ]; then
  found=$(aws sts get-caller-identity --query Account --output text)
  if [ "$found" != "$account" ]; then
    printf 'signed in to the account %s, want %s\n' "$found" "$account" >&2
    exit 1
  fi
fi
`)
}

// planned says who of a person's users stay and why, and returns the others.
func (p *plan) planned(person *offboard.PersonResult, planned map[string]bool) (users []removal) {
	p.line("")
	p.comment(0, message.New("%s: %s. %s", person.Query, person.Verdict, sentence(person.Summary.String())))
	for _, g := range person.Gaps {
		p.comment(0, message.New("NOT READ: %s %s (%s). Look at it before you go on: what it would have told is missing below.", g.Section, g.Resource, g.Code))
	}
	for i := range person.Accounts {
		u := &person.Accounts[i]
		switch {
		case planned[u.ARN]:
			p.comment(0, message.New("%s is dealt with above.", u.ARN))
		case u.Namesake:
			p.tell(message.New("%s is left alone: it is another user than the one who left, by the same name. Name it without --since to plan its removal.", u.ARN))
		case u.OtherOwner != "":
			p.tell(message.New("%s is left alone: by its tags it is of %s too. Name the user itself to plan its removal.", u.ARN, u.OtherOwner))
		case u.Machine:
			p.tell(message.New("%s is left alone: it is a machine's by the configuration. Give it new keys, for the person may know the old ones.", u.ARN))
		case !shell.Fit(u.Name):
			p.tell(message.New("delete the user %s: a command with that name can't be written here", u.ARN))
		default:
			planned[u.ARN] = true
			p.users++
			one := removal{UserFacts: u, number: strconv.Itoa(p.users)}
			for _, list := range [][]offboard.Entry{person.WaysIn, person.LeftOver} {
				for _, e := range list {
					if e.User == u.ARN {
						one.entries = append(one.entries, e)
					}
				}
			}
			users = append(users, one)
		}
	}
	return users
}

// shutOut closes all ways in of a user, as many as can be closed.
func (p *plan) shutOut(u removal) {
	call := func(otherwise string, why message.Message, operation string, arguments ...string) {
		p.step(otherwise, why, operation, append([]string{"--user-name", u.Name}, arguments...)...)
	}
	p.line("")
	p.line("ready_" + u.number + "=0")
	p.line("shut=1")
	p.line(saying(message.New("Shut out the user %s (%s)", u.ARN, u.ID)))
	p.line("if is_user " + shell.Quote(u.Name) + " " + shell.Quote(u.ID) + "; then")
	p.comment(2, message.New("Deny everything first: sessions are judged by the policies that the user has at that moment, so that those which live on are of no use."))
	call("|| undenied", message.New("deny everything"), "put-user-policy", "--policy-name", denyName, "--policy-document", denyAll)
	explained := false
	for _, e := range u.entries {
		i := slices.IndexFunc(credentials, func(c credential) bool { return c.kind == e.Kind })
		if i < 0 || e.Status != "active" {
			continue
		}
		if !explained {
			p.comment(2, message.New("Switch off what the user signs requests with. This much can be undone."))
			explained = true
		}
		call("|| shut=0", message.New("deactivate the %s", thing(&e)), "update-"+credentials[i].noun, credentials[i].flag, e.ID, "--status", "Inactive")
	}
	u.each(offboard.KindPassword, func(offboard.Entry) {
		p.comment(2, message.New("A password can't be switched off."))
		call("|| shut=0", message.New("delete the password"), "delete-login-profile")
	})
	p.line("  if closed; then ready_" + u.number + "=1; else " + unfinished(message.New("not shut out, and so not removed: %s", u.ARN)) + "; fi")
	p.line("fi")
}

// remove takes a user apart who was shut out, up to the first failure: AWS deletes no user who has anything left.
func (p *plan) remove(u removal) {
	call := func(why message.Message, operation string, arguments ...string) {
		p.step("|| return 1", why, operation, append([]string{"--user-name", u.Name}, arguments...)...)
	}
	p.line("")
	p.line("remove_" + u.number + "() {")
	for _, c := range credentials {
		u.each(c.kind, func(e offboard.Entry) { call(message.New("delete the %s", thing(&e)), "delete-"+c.noun, c.flag, e.ID) })
	}
	u.each(offboard.KindMFADevice, func(e offboard.Entry) {
		call(message.New("deactivate the %s", thing(&e)), "deactivate-mfa-device", "--serial-number", e.ID)
		if e.Device == string(account.MFAVirtual) {
			p.step("|| return 1", message.New("delete the virtual MFA device %s", e.ID), "delete-virtual-mfa-device", "--serial-number", e.ID)
		}
	})
	for _, policy := range u.Policies {
		if policy.ARN == "" && policy.Name != denyName {
			call(message.New("delete the inline policy %s", policy.Name), "delete-user-policy", "--policy-name", policy.Name)
		}
	}
	for _, policy := range u.Policies {
		if policy.ARN != "" {
			call(message.New("detach the policy %s", policy.Name), "detach-user-policy", "--policy-arn", policy.ARN)
		}
	}
	for _, group := range u.Groups {
		call(message.New("remove the user from the group %s", group.Name), "remove-user-from-group", "--group-name", group.Name)
	}
	p.comment(2, message.New("The denial goes last, just before the user, for until then sessions may live; it comes back where the user cannot be deleted. "+
		"The permissions boundary goes with the user."))
	call(message.New("delete the denial"), "delete-user-policy", "--policy-name", denyName)
	p.step("&& return 0", message.New("delete the user"), "delete-user", "--user-name", u.Name)
	p.step("|| true", message.New("put the denial back"), "put-user-policy", "--user-name", u.Name, "--policy-name", denyName, "--policy-document", denyAll)
	p.line("  return 1")
	p.line("}")
	p.line(`if [ "$ready_` + u.number + `" -eq 1 ]; then`)
	p.line("  " + saying(message.New("Remove the user %s (%s)", u.ARN, u.ID)))
	p.line("  if is_user " + shell.Quote(u.Name) + " " + shell.Quote(u.ID) + "; then")
	p.line("    remove_" + u.number + " || " + unfinished(message.New("shut out, and not removed: %s", u.ARN)))
	p.line("  fi")
	p.line("fi")
}

// byHand lists what a script can't know how to fix, and removes the unassigned devices that have the person's name.
func (p *plan) byHand(person *offboard.PersonResult) {
	for _, e := range person.WaysIn {
		if e.Kind == offboard.KindRoleTrust {
			p.tell(message.New("remove the user from the trust policy of %s (aws iam get-role, aws iam update-assume-role-policy)", e.ID))
		}
	}
	others := slices.ContainsFunc(person.Accounts, func(u offboard.UserFacts) bool { return u.Namesake || u.OtherOwner != "" })
	for i := range person.Mentions {
		m := &person.Mentions[i]
		if m.Kind != offboard.MentionDevice || m.Item != "" || others { // a device may be another user's
			p.tell(mention(m))
			continue
		}
		left := unfinished(message.New("the unassigned device %s", m.Resource))
		p.line("if sure; then")
		p.step("|| "+left, message.New("delete the unassigned virtual MFA device %s, which has the user's name", m.Resource),
			"delete-virtual-mfa-device", "--serial-number", m.Resource)
		p.line("else " + left + "; fi")
	}
}

// tell has the script say what it can't do.
func (p *plan) tell(m message.Message) { p.line(saying(message.New("BY HAND: %s", m))) }

// saying is the command that prints something for people.
func saying(m message.Message) string { return "printf '%s\\n' " + said(m) }

// unfinished is the command that notes what is not done.
func unfinished(m message.Message) string { return "unfinished " + said(m) }

// said is a message as a word of the shell.
func said(m message.Message) string { return shell.Quote(sanitize.Message(m)) }

// step writes a call of step: what becomes of its status, its explanation for people, and the command for the shell.
// The arguments are flags, each with its value.
func (p *plan) step(status string, why message.Message, operation string, arguments ...string) {
	call, ok := command(operation, arguments...)
	if !ok {
		p.tell(message.New("%s: a command with that name can't be written here", why))
		return
	}
	p.line("  step " + said(message.New("- %s", why)) + ` \`)
	p.line("    " + call + " " + status)
}

// comment writes a message as comment lines. No line end of a name's remains, so none can end the comment.
func (p *plan) comment(indent int, m message.Message) {
	prefix := strings.Repeat(" ", indent) + "#"
	line := prefix
	for word := range strings.FieldsSeq(string(sanitize.Message(m))) {
		if len(line)+1+len(word) > 120 && line != prefix {
			p.line(line)
			line = prefix
		}
		line += " " + word
	}
	p.line(line)
}

func (p *plan) line(s string) { p.text(s + "\n") }

func (p *plan) text(s string) {
	_, _ = p.out.WriteString(s) // the first error stays, and Flush returns it
}
