package offboard

import (
	"bufio"
	"fmt"
	"io"
	"slices"
	"strings"

	"sekisho/audit/account"
	"sekisho/audit/offboard"
	"sekisho/report/sanitize"
)

// denyName is the inline policy that stops a user's sessions while he is taken apart.
const denyName = "sekisho-offboard-deny-all"

const denyAll = `{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"*","Resource":"*"}]}`

// Plan writes a POSIX shell script that removes the users of everybody in the report, in AWS's order (IAM User Guide, "Deleting an IAM
// user"): first everything is denied, so that sessions are of no more use, then keys are switched off, then all is removed. It does
// nothing unless called with --yes, and may be run again where it stopped.
//
// Whatever comes from the account is quoted where the shell reads it, and made harmless where a person does: a name may hold anything.
func Plan(w io.Writer, r *offboard.Report) error {
	p := &plan{out: bufio.NewWriter(w), r: r}
	p.preamble()
	planned := map[string]bool{}
	for i := range r.People {
		p.person(&r.People[i], planned)
	}
	p.line("")
	p.line("finish")
	if err := p.out.Flush(); err != nil {
		return fmt.Errorf("writing the plan: %w", err)
	}
	return nil
}

// Commands lists the commands that take a lost device from a user.
func Commands(d offboard.Device) []string {
	commands := []string{"aws iam deactivate-mfa-device --user-name " + quote(d.Name) + " --serial-number " + quote(d.Serial)}
	if account.KindOfMFA(d.Serial) == account.MFAVirtual {
		commands = append(commands, "aws iam delete-virtual-mfa-device --serial-number "+quote(d.Serial))
	}
	return commands
}

type plan struct {
	out *bufio.Writer
	r   *offboard.Report
}

func (p *plan) preamble() {
	p.line("#!/bin/sh")
	p.comment(0, "How to remove users of the AWS account "+p.r.Account.ID+", as it was on "+minute(p.r.TakenAt)+".")
	p.comment(0, "Called without --yes it prints what it would do, and does nothing. Called with --yes it does it: what is deleted can't be brought back. "+
		"It stops at the first failure and may be called again: what is gone already is no failure.")
	p.comment(0, "Names are quoted as they are: nothing in them is meant for the shell.")
	p.line("# shellcheck disable=SC1003,SC2016")
	p.line("set -eu")
	p.line("export AWS_PAGER=''")
	p.line("")
	p.line("account=" + quote(p.r.Account.ID))
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

# is_user NAME ID is true for a user who is there and is the one who was looked at; a namesake ends the script.
is_user() {
  if [ "$yes" -eq 0 ]; then return 0; fi
  if ! found=$(aws iam get-user --user-name="$1" --query User.UserId --output text 2>&1); then
    case $found in
      *'An error occurred (NoSuchEntity) when calling '*) printf '  (gone already)\n'; return 1 ;;
    esac
    printf '%s\n' "$found" >&2
    exit 1
  fi
  found=${found##*"$line_end"} # the aws command may have warned of something first
  if [ "$found" = "$2" ]; then return 0; fi
  printf 'got a user with the unique ID %s, want %s: he is another user by that name; nothing was done to him\n' "$found" "$2" >&2
  exit 1
}

finish() {
  if [ "$yes" -eq 0 ]; then printf 'Nothing was done: call it with --yes.\n'; fi
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

func (p *plan) person(person *offboard.PersonResult, planned map[string]bool) {
	p.line("")
	p.comment(0, person.Query+": "+person.Verdict.String()+". "+sentence(person.Summary.String()))
	for _, g := range person.Gaps {
		p.comment(0, fmt.Sprintf("NOT READ: %s %s (%s). Look at it before you go on: what it would have told is missing below.", g.Section, g.Resource, g.Code))
	}
	for i := range person.Accounts {
		u := &person.Accounts[i]
		switch {
		case planned[u.ARN]:
			p.comment(0, u.ARN+" is dealt with above.")
		case u.Namesake:
			p.tell(u.ARN + " is left alone: it is another user than the one who left, by the same name. Name it without --since to plan its removal.")
		case u.OtherOwner != "":
			p.tell(u.ARN + " is left alone: by its tags it is of " + u.OtherOwner + " too. Name the user itself to plan its removal.")
		case u.Machine:
			p.tell(u.ARN + " is left alone: it is a machine's by the configuration. Give it new keys, for he may know the old ones.")
		default:
			planned[u.ARN] = true
			p.user(person, u)
		}
	}
	p.byHand(person)
}

// user takes one user apart.
func (p *plan) user(person *offboard.PersonResult, u *offboard.UserFacts) {
	var entries []offboard.Entry
	for _, list := range [][]offboard.Entry{person.WaysIn, person.LeftOver} {
		for _, e := range list {
			if e.User == u.ARN {
				entries = append(entries, e)
			}
		}
	}
	of := func(kind offboard.Kind, do func(offboard.Entry)) {
		for _, e := range entries {
			if e.Kind == kind {
				do(e)
			}
		}
	}
	call := func(why, operation string, arguments ...string) {
		p.step(why, operation, append([]string{"--user-name", u.Name}, arguments...)...)
	}

	p.line("")
	p.line("printf '%s\\n' " + quote(sanitize.Terminal("User "+u.ARN+" ("+u.ID+")")))
	p.line("if is_user " + quote(u.Name) + " " + quote(u.ID) + "; then")
	p.comment(2, "Deny everything first: his sessions are judged by his policies of the moment, so that those which live on are of no more use.")
	call("deny everything", "put-user-policy", "--policy-name", denyName, "--policy-document", denyAll)

	switchOff := map[offboard.Kind][3]string{ // the operation, its flag and what people call it
		offboard.KindAccessKey:         {"update-access-key", "--access-key-id", "access key"},
		offboard.KindSSHKey:            {"update-ssh-public-key", "--ssh-public-key-id", "SSH public key"},
		offboard.KindServiceCredential: {"update-service-specific-credential", "--service-specific-credential-id", "service-specific credential"},
		offboard.KindCertificate:       {"update-signing-certificate", "--certificate-id", "signing certificate"},
	}
	explained := false
	for _, e := range entries {
		how, can := switchOff[e.Kind]
		if !can || e.Status != "active" {
			continue
		}
		if !explained {
			p.comment(2, "Switch off what he signs requests with. This much can be undone.")
			explained = true
		}
		call("deactivate the "+how[2]+" "+e.ID, how[0], how[1], e.ID, "--status", "Inactive")
	}

	p.comment(2, "Remove it all, for AWS deletes no user who has any of it. From here on nothing can be undone.")
	of(offboard.KindPassword, func(offboard.Entry) { call("delete the password", "delete-login-profile") })
	of(offboard.KindAccessKey, func(e offboard.Entry) {
		call("delete the access key "+e.ID, "delete-access-key", "--access-key-id", e.ID)
	})
	of(offboard.KindCertificate, func(e offboard.Entry) {
		call("delete the signing certificate "+e.ID, "delete-signing-certificate", "--certificate-id", e.ID)
	})
	of(offboard.KindSSHKey, func(e offboard.Entry) {
		call("delete the SSH public key "+e.ID, "delete-ssh-public-key", "--ssh-public-key-id", e.ID)
	})
	of(offboard.KindServiceCredential, func(e offboard.Entry) {
		call("delete the service-specific credential "+e.ID, "delete-service-specific-credential", "--service-specific-credential-id", e.ID)
	})
	of(offboard.KindMFADevice, func(e offboard.Entry) {
		call("deactivate the MFA device "+e.ID, "deactivate-mfa-device", "--serial-number", e.ID)
		if e.Device == string(account.MFAVirtual) {
			p.step("delete the virtual MFA device "+e.ID, "delete-virtual-mfa-device", "--serial-number", e.ID)
		}
	})
	for _, policy := range u.Policies {
		if policy.ARN == "" && policy.Name != denyName {
			call("delete the inline policy "+policy.Name, "delete-user-policy", "--policy-name", policy.Name)
		}
	}
	for _, policy := range u.Policies {
		if policy.ARN != "" {
			call("detach the policy "+policy.Name, "detach-user-policy", "--policy-arn", policy.ARN)
		}
	}
	for _, group := range u.Groups {
		call("take him out of the group "+group.Name, "remove-user-from-group", "--group-name", group.Name)
	}
	p.comment(2, "The denial goes last, just before the user, for until then sessions of his may live. His permissions boundary goes with him.")
	call("delete the denial", "delete-user-policy", "--policy-name", denyName)
	call("delete the user", "delete-user")
	p.line("fi")
}

// byHand lists what a script can't know how to mend, and removes the unassigned devices that bear the person's name.
func (p *plan) byHand(person *offboard.PersonResult) {
	for _, e := range person.WaysIn {
		if e.Kind == offboard.KindRoleTrust {
			p.tell("take him out of the trust policy of " + e.ID + " (aws iam get-role, aws iam update-assume-role-policy)")
		}
	}
	for _, m := range person.Mentions {
		switch {
		case m.Kind != offboard.MentionDevice:
			p.tell(strings.TrimSpace(m.Resource+" "+m.Item) + ": " + m.Detail.String())
		case m.Item != "" || slices.ContainsFunc(person.Accounts, func(u offboard.UserFacts) bool { return u.Namesake || u.OtherOwner != "" }):
			p.tell(m.Resource + ": " + m.Detail.String()) // it may be another user's
		default:
			p.step("delete the unassigned virtual MFA device "+m.Resource+", which bears his name", "delete-virtual-mfa-device", "--serial-number", m.Resource)
		}
	}
}

// tell has the script say what it can't do.
func (p *plan) tell(s string) {
	p.line("printf '%s\\n' " + quote(sanitize.Terminal("BY HAND: "+s)))
}

// step writes a call of step: its explanation for people, and the command for the shell. The arguments are flags, each with its value.
func (p *plan) step(why, operation string, arguments ...string) {
	command := "aws iam " + operation
	for i := 0; i < len(arguments); i += 2 {
		flag, value := arguments[i], arguments[i+1]
		if readsElsewhere(value) {
			p.tell(why + ": the aws command can't be given that name")
			return
		}
		between := " "
		if strings.HasPrefix(value, "-") {
			between = "=" // else the aws command would take the value for a flag
		}
		command += " " + flag + between + quote(value)
	}
	p.line("  step " + quote(sanitize.Terminal("- "+why)) + ` \`)
	p.line("    " + command)
}

// readsElsewhere reports whether the aws command would take a value for the place where the value is: a file, or with version 1 of the
// command a web page. No name of AWS's begins like this.
func readsElsewhere(value string) bool {
	return slices.ContainsFunc([]string{"file://", "fileb://", "http://", "https://"}, func(scheme string) bool { return strings.HasPrefix(value, scheme) })
}

// comment writes text as comment lines. No line end of the text's remains, so none can end the comment.
func (p *plan) comment(indent int, s string) {
	prefix := strings.Repeat(" ", indent) + "#"
	line := prefix
	for word := range strings.FieldsSeq(sanitize.Terminal(s)) {
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

// quote makes one word of a string for a POSIX shell: nothing is special between single quotes but the single quote itself. A
// shell's word can't hold a NUL, nor can any name of AWS's.
func quote(s string) string {
	return "'" + strings.ReplaceAll(strings.ReplaceAll(s, "\x00", ""), "'", `'\''`) + "'"
}
