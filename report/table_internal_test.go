package report

import "testing"

func TestNextStep(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"Console: IAM, Users. Command: aws iam list-users": "Next, in the console: IAM, Users.",
		"Sign in as root.\nThen go on.":                    "Next: Sign in as root.",
	} {
		if got := nextStep(in); string(got) != want {
			t.Errorf("%q: got %q, want %q", in, got, want)
		}
	}
}
