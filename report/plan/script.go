package plan

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"sekisho/audit/change"
	"sekisho/audit/lists"
	"sekisho/audit/message"
	"sekisho/audit/plan"
	"sekisho/report/sanitize"
	"sekisho/report/shell"
)

// Script writes a POSIX shell script that carries a plan out, step by step. It does nothing unless called with --yes or
// --yes-all, stops at the first error, and may be run again.
//
// As in the scripts of offboarding, names are quoted where the shell reads them and made harmless where a person does,
// and what has something in it that nobody sees is given to no command: it is told to be done by hand.
func Script(w io.Writer, p *plan.Plan) error {
	s := &script{out: bufio.NewWriter(w), byHand: map[string][]int{}}
	s.preamble(p)
	for i := range p.Steps {
		s.step(&p.Steps[i])
	}
	for _, wait := range p.Waits {
		s.line("")
		s.line("say " + said(message.New("No step, for time alone clears it: %s", wait.Text)))
	}
	s.line("")
	s.line("finish")
	if err := s.out.Flush(); err != nil {
		return fmt.Errorf("writing the script: %w", err)
	}
	return nil
}

type script struct {
	out    *bufio.Writer
	byHand map[string][]int // the steps that a person does, by who they are about
}

func (s *script) preamble(p *plan.Plan) {
	s.line("#!/bin/sh")
	s.comment(message.New("What clears the findings of the AWS account %s, as it was on %s: %s.", p.Account.ID, message.At(p.TakenAt), summary(p)))
	for _, remark := range remarks(p) {
		s.comment(remark)
	}
	s.comment(message.New("Called without an argument it prints what it would do, and does nothing. With --yes it does it, and on a terminal asks before a step of high risk, before what hangs on a " +
		"step that a person does, and before it deletes what was deactivated before; without a terminal it leaves these out. With --yes-all it asks nothing, as if that were done and over. It stops at the first error, with " +
		"exit status 1, and leaves out what can't be deleted while something uses it. Where something was left out, or is for a person to do, the exit status is 4. It may be called again: " +
		"what is done already is no error."))
	s.comment(message.New("Names are quoted as they are: nothing in them is meant for the shell."))
	s.line("# shellcheck disable=SC1003,SC2016,SC2034,SC2317,SC2329")
	s.line("set -eu")
	s.line("export AWS_PAGER=''")
	s.line("")
	s.line("account=" + shell.Quote(p.Account.ID))
	s.text(preamble)
}

// preamble are the functions that the steps call.
const preamble = `line_end='
'
mode=show
case ${1-} in
  --yes) mode=ask ;;
  --yes-all) mode=all ;;
  '') ;;
  *) printf 'usage: sh FILE [--yes | --yes-all]\n' >&2; exit 2 ;;
esac

say() { printf '%s\n' "$1"; }

# left is 1 where something was left out or is for a person to do.
left=0
by_hand() {
  left=1
  printf 'BY HAND: %s\n' "$1"
}

# agreed QUESTION asks whether to go on with something.
agreed() {
  if [ "$mode" != ask ]; then return 0; fi
  if [ ! -t 0 ]; then
    left=1
    printf 'LEFT OUT, for nobody can be asked: %s\n' "$1"
    return 1
  fi
  printf '%s [y/N] ' "$1"
  read -r answer || answer=
  case $answer in
    [yY] | [yY][eE][sS]) return 0 ;;
  esac
  left=1
  return 1
}

gone='An error occurred (NoSuchEntity) when calling '

# call TEXT COMMAND... says what is done and does it. What is gone or there already is told by a sentence of the aws command: no name of
# AWS's holds a blank, so none can spell it.
call() {
  printf '%s\n' "$1"
  shift
  if [ "$mode" = show ]; then return 0; fi
  if output=$("$@" 2>&1); then return 0; fi
  case $3,$output in
    delete-*,*"$gone"* | detach-*,*"$gone"* | remove-*,*"$gone"* | deactivate-*,*"$gone"* | update-*,*"$gone"*) printf '  (gone already)\n'; return 0 ;;
    *'An error occurred (EntityAlreadyExists) when calling '* | *'An error occurred (ConflictException) when calling '*)
      printf '  (there already)\n'; return 0 ;;
    *'An error occurred (DeleteConflict) when calling '*)
      left=1
      printf '  (LEFT OUT: something still uses it)\n'
      return 0 ;;
  esac
  printf '%s\n' "$output" >&2
  printf 'STOPPED: nothing behind this was done. Call it again when that is solved.\n' >&2
  exit 1
}

# answer COMMAND... takes what AWS answers into found; it is false for what is gone.
answer() {
  if found=$("$@" 2>&1); then
    found=${found##*"$line_end"} # the aws command may have warned of something first
    return 0
  fi
  case $found in
    *"$gone"*) printf '  (gone already)\n'; return 1 ;;
  esac
  printf '%s\n' "$found" >&2
  exit 1
}

# is_user NAME ID is true for a user who is there and is the one who was looked at.
is_user() {
  if [ "$mode" = show ]; then return 0; fi
  if ! answer aws iam get-user --user-name="$1" --query User.UserId --output text; then return 1; fi
  if [ "$found" = "$2" ]; then return 0; fi
  left=1
  printf 'LEFT OUT: the user %s has the unique ID %s, want %s: this is another user by that name\n' "$1" "$found" "$2" >&2
  return 1
}

# is_version ARN VERSION is true for a policy whose default version is still the one that was looked at.
is_version() {
  if [ "$mode" = show ]; then return 0; fi
  if ! answer aws iam get-policy --policy-arn="$1" --query Policy.DefaultVersionId --output text; then return 1; fi
  if [ "$found" = "$2" ]; then return 0; fi
  printf '  (the default version is %s and no more %s: done already, or changed by somebody since)\n' "$found" "$2"
  return 1
}

finish() {
  if [ "$mode" = show ]; then
    printf 'Nothing was done: call it with --yes.\n'
  elif [ "$left" -eq 1 ]; then
    printf 'Something is left to do, see above.\n'
    exit 4
  fi
}

if [ "$mode" != show ]; then
  found=$(aws sts get-caller-identity --query Account --output text)
  if [ "$found" != "$account" ]; then
    printf 'signed in to the account %s, want %s\n' "$found" "$account" >&2
    exit 1
  fi
fi
`

// step writes a step: what only a person can do as text, else its calls.
func (s *script) step(step *plan.Step) {
	s.line("")
	s.line("say " + said(message.New("%d. %s", step.Number, step.Text)))
	s.line("say " + said(message.New("   %s; %s", levels[step.Risk.Level](step.Risk.Text), clears(step.Clears))))
	if step.Kind != plan.ByCommand {
		s.person(step)
		return
	}
	questions := lists.Filter([]message.Message{s.waitsFor(step), highRisk(step)}, func(m message.Message) bool { return !m.Empty() })
	for i, question := range questions {
		s.line(map[bool]string{true: "if ", false: "  && "}[i == 0] + "agreed " + said(question) + map[bool]string{true: "; then", false: " \\"}[i == len(questions)-1])
	}
	for i := range step.Work {
		s.work(&step.Work[i])
	}
	if len(questions) > 0 {
		s.line("fi")
	}
}

func highRisk(step *plan.Step) message.Message {
	if step.Risk.Level != plan.High {
		return message.Message{}
	}
	return message.New("The step %d has a high risk: %s. Take it?", step.Number, step.Risk.Text)
}

// waitsFor asks whether the steps of a person are done that a step comes after, and that are about the same, or about
// what it deletes.
func (s *script) waitsFor(step *plan.Step) message.Message {
	var numbers []string
	after := about(step)
	for _, w := range step.Work {
		for _, c := range w.Changes {
			if c.Action == "iam:DeletePolicy" || c.Action == "iam:DeleteGroup" {
				after = append(after, holds(c)...)
			}
		}
	}
	for _, about := range after {
		for _, n := range s.byHand[about] {
			if text := strconv.Itoa(n); !slices.Contains(numbers, text) {
				numbers = append(numbers, text)
			}
		}
	}
	if len(numbers) == 0 {
		return message.Message{}
	}
	return message.New("The step %d comes after what a person does in the steps %s. Is that done?", step.Number, message.Names(0, numbers))
}

// about are the ARNs that a step is about.
func about(step *plan.Step) []string {
	all := slices.Clone(step.Touches)
	for _, w := range step.Work {
		all = append(all, w.Resource)
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// holds are the policy and the group of a change, which can't be deleted while somebody has them.
func holds(c plan.Change) (things []string) {
	for _, name := range []string{"PolicyArn", "GroupName"} {
		if value := text(c, name); value != "" {
			things = append(things, name+" "+value)
		}
	}
	return things
}

// person has the script say what it can't do.
func (s *script) person(step *plan.Step) {
	things := about(step)
	for _, w := range step.Work {
		for _, c := range w.Changes {
			things = append(things, holds(c)...)
		}
	}
	for _, thing := range things {
		s.byHand[thing] = append(s.byHand[thing], step.Number)
	}
	for _, w := range step.Work {
		for _, c := range w.Changes {
			s.line("by_hand " + said(c.Words()))
		}
	}
	if step.Kind == plan.Decision {
		s.line("by_hand " + said(message.New("decide about %s", message.Names(0, lists.Map(step.Clears, subject)))))
	}
}

// work writes the calls about one thing. A user is seen to be the one who was looked at.
func (s *script) work(w *plan.Work) {
	indent := "  "
	if guarded := strings.HasPrefix(w.ResourceID, "AIDA"); guarded && shell.Fit(w.Name) {
		s.line("  if is_user " + shell.Quote(w.Name) + " " + shell.Quote(w.ResourceID) + "; then")
		indent = "    "
		defer s.line("  fi")
	}
	asked, first := false, []plan.Change(nil)
	over := func() {
		if asked {
			s.line(indent + "fi")
		}
		asked = false
	}
	for i, c := range w.Changes {
		if stage := c.Stage; stage != "" && stage != change.Delete { // of another thing, or a wait of its own
			over()
		}
		switch _, ok := command(c); {
		case c.Needed && ok:
			first = append(first, c)
			continue
		case c.Stage == change.Wait && i+1 < len(w.Changes):
			s.line(indent + "if agreed " + said(message.New("%s. Is that over, to go on: %s?", c.Words(), w.Changes[i+1].Words())) + "; then :")
			asked = true
		case !ok:
			s.line(indent + "by_hand " + said(c.Words()))
		case c.Action == "iam:CreatePolicyVersion" && len(c.Back) > 0 && c.Back[0].Action == "iam:SetDefaultPolicyVersion":
			s.line(indent + "if is_version " + shell.Quote(text(c, "PolicyArn")) + " " + shell.Quote(text(plan.Change{Step: change.Step{Change: c.Back[0]}}, "VersionId")) + "; then")
			s.calls(indent+"  ", append(first, c))
			s.line(indent + "fi")
		default:
			s.calls(indent, append(first, c))
		}
		first = nil
	}
	over()
}

func text(c plan.Change, name string) string {
	value, _ := c.With[name].(string)
	return value
}

func (s *script) calls(indent string, changes []plan.Change) {
	for _, c := range changes {
		line, _ := command(c)
		s.line(indent + "call " + said(message.New("- %s", c.Words())) + " \\")
		s.line(indent + "  " + line)
	}
}

// command is the call of a change as a line of the shell, with documents in it in place of files.
func command(c plan.Change) (string, bool) {
	cmd, ok := c.Command()
	if !ok {
		return "", false
	}
	cmd.Flags = lists.Map(cmd.Flags, func(f change.Flag) change.Flag {
		var compact bytes.Buffer
		if f.File != nil && json.Compact(&compact, []byte(*f.File)) == nil {
			f.Value, f.File = compact.String(), nil
		}
		return f
	})
	return shell.Line(cmd)
}

// said is a message as a word of the shell.
func said(m message.Message) string { return shell.Quote(sanitize.Message(m)) }

// comment writes a message as comment lines. No line end of a name's remains, so none can end the comment.
func (s *script) comment(m message.Message) {
	line := "#"
	for word := range strings.FieldsSeq(string(sanitize.Message(m))) {
		if len(line)+1+len(word) > 120 && line != "#" {
			s.line(line)
			line = "#"
		}
		line += " " + word
	}
	s.line(line)
}

func (s *script) line(text string) { s.text(text + "\n") }

func (s *script) text(text string) {
	_, _ = s.out.WriteString(text) // the first error stays, and Flush returns it
}
