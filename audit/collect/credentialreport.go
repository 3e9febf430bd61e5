package collect

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"sekisho/audit/account"
)

const (
	firstLook  = 2 * time.Second
	latestLook = 10 * time.Second
)

// getAction and generateAction are the calls of the section.
var getAction, generateAction = account.CredentialReportAnswer.Actions[0], account.CredentialReportAnswer.Actions[1]

// credentialReport has AWS make the report, waits for it and fetches it. AWS answers COMPLETE at once within four hours
// of the last report and then serves those bytes. Where making it is refused an older report may still be there to
// fetch.
func credentialReport(ctx context.Context, r *run) error {
	a := answer[account.CredentialReport](r, getAction)
	deadline := r.session.now().Add(r.plan.ReportTimeout)
	pause := firstLook
	for {
		generateErr := r.generateReport(ctx)
		if generateErr != nil && !errors.Is(generateErr, errNotYet) {
			if _, _, abort := Classify(generateErr); abort != nil {
				return abort
			}
		}
		if !errors.Is(generateErr, errNotYet) {
			report, err := r.fetchReport(ctx)
			switch {
			case err == nil:
				keep(r, account.CredentialReportAnswer, a, report, true)
				return failed(generateAction, generateErr)
			case generateErr != nil:
				return failed(generateAction, generateErr)
			case !errors.Is(err, errNotYet):
				return failed(getAction, err)
			}
		}
		if !r.session.now().Add(pause).Before(deadline) {
			return failed(generateAction, fmt.Errorf("got no finished credential report within %s", r.plan.ReportTimeout))
		}
		if err := r.plan.Sleep(ctx, pause); err != nil {
			return err
		}
		pause = min(latestLook, pause*3/2)
	}
}

// errNotYet means that AWS is still at work on the report.
var errNotYet = errors.New("the credential report is not ready")

// generateReport asks for the report to be made; errNotYet while it is being made.
func (r *run) generateReport(ctx context.Context) error {
	out, err := r.session.IAM.GenerateCredentialReport(ctx, &iam.GenerateCredentialReportInput{})
	if err != nil {
		return err
	}
	switch out.State {
	case types.ReportStateTypeComplete:
		return nil
	case types.ReportStateTypeStarted, types.ReportStateTypeInprogress:
		return errNotYet
	}
	return fmt.Errorf("got the state %q, want STARTED, INPROGRESS or COMPLETE", out.State)
}

// fetchReport fetches the finished report and makes sure that it can be read.
func (r *run) fetchReport(ctx context.Context) (account.CredentialReport, error) {
	out, err := r.session.IAM.GetCredentialReport(ctx, &iam.GetCredentialReportInput{})
	if err != nil {
		// The SDK knows these as CredentialReport…Exception; on the wire they are Report….
		switch errorCode(err) {
		case "ReportInProgress", "ReportNotPresent", "ReportExpired",
			"CredentialReportNotReadyException", "CredentialReportNotPresentException", "CredentialReportExpiredException":
			return account.CredentialReport{}, errors.Join(errNotYet, err)
		}
		return account.CredentialReport{}, err
	}
	if out.ReportFormat != types.ReportFormatTypeTextCsv {
		return account.CredentialReport{}, fmt.Errorf("got a credential report of format %q, want %q", out.ReportFormat, types.ReportFormatTypeTextCsv)
	}
	report := account.CredentialReport{GeneratedAt: out.GeneratedTime.UTC(), Content: string(out.Content)}
	return report, account.ParseCredentialReport(report.Content)
}
