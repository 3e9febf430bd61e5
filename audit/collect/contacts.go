package collect

import (
	"context"
	"errors"

	accountapi "github.com/aws/aws-sdk-go-v2/service/account"
	"github.com/aws/aws-sdk-go-v2/service/account/types"

	"sekisho/audit/account"
	"sekisho/audit/convert"
)

const contactAction = "account:GetAlternateContact"

func securityContact(ctx context.Context, r *run) error {
	return alternateContact(ctx, r, types.AlternateContactTypeSecurity, &r.snapshot.SecurityContact)
}

func billingContact(ctx context.Context, r *run) error {
	return alternateContact(ctx, r, types.AlternateContactTypeBilling, &r.snapshot.BillingContact)
}

func operationsContact(ctx context.Context, r *run) error {
	return alternateContact(ctx, r, types.AlternateContactTypeOperations, &r.snapshot.OperationsContact)
}

// alternateContact reads one of the account's contacts. ResourceNotFoundException is an answer: none is registered.
func alternateContact(ctx context.Context, r *run, kind types.AlternateContactType, into **account.Answer[*account.AlternateContact]) error {
	a := answer[*account.AlternateContact](r, contactAction)
	out, err := r.session.Account.GetAlternateContact(ctx, &accountapi.GetAlternateContactInput{AlternateContactType: kind})
	if errorCode(err) == "ResourceNotFoundException" {
		return keep(r, into, a, nil, nil, true)
	}
	if err != nil {
		return failed(a.Action, err)
	}
	if out.AlternateContact == nil {
		return failed(a.Action, errors.New("got an answer without an AlternateContact"))
	}
	return keep(r, into, a, convert.AlternateContact(*out.AlternateContact), nil, true)
}
