package rules

import (
	"cmp"
	"slices"

	"sekisho/audit"
	"sekisho/audit/framework"
)

//go:generate go run ../../cmd/sekisho/internal/rulesdoc -o RULES.md
//go:generate go run ../../cmd/sekisho/internal/rulesdoc -lang ja -o RULES.ja.md

// catalogue holds every rule in the order of the report. Their controls come from the frameworks' tables, which are the
// one place where a framework's number meets a rule; so rules imports framework, which knows rules by their IDs alone.
var catalogue = withChanges(withControls(
	rootNoAccessKeys,
	rootMFA,
	rootHardwareMFA,
	rootNotUsed,
	rootNoSigningCertificates,
	rootCentralized,

	individualUsers,
	groupsGrantPermissions,
	userPermissionsThroughGroups,
	userInGroup,
	groupNotEmpty,
	groupHasPolicy,
	userActive,
	accountAlias,
	identityFederation,
	userTags,

	passwordPolicy,
	passwordMinLength,
	passwordReuse,
	passwordUppercase,
	passwordLowercase,
	passwordSymbol,
	passwordNumber,
	passwordExpiry,
	passwordSelfChange,
	passwordHardExpiry,

	consoleMFA,
	userMFA,
	machineUserMFA,
	adminPhishingResistantMFA,
	adminSpareMFA,
	mfaOrphanDevice,
	mfaSMS,

	mfaEnforcedConsole,
	mfaEnforcedAccessKey,
	mfaUnclaimed,
	mfaEnrolmentPossible,
	mfaFirstSignIn,
	mfaPolicyOperator,
	mfaPolicyCovers,
	mfaPolicyExceptions,
	mfaSelfServiceScope,
	mfaPasskeyCLI,
	roleTrustMFA,

	accessKeyRotation,
	accessKeyUnused,
	accessKeySingle,
	accessKeyInactive,
	accessKeyWithPassword,
	accessKeyAtSetup,
	accessKeyQuarantined,

	passwordUnused,
	passwordUnclaimed,

	sshKeyAge,
	gitCredentialAge,
	apiKeyExpiry,
	apiKeyPhantomUser,
	signingCertificate,
	serverCertificateExpired,

	adminPolicyAttached,
	adminPolicyInline,
	adminPolicyUnattached,
	adminCount,
	serviceWildcard,
	notActionAllow,
	privilegeEscalation,
	passRoleAny,
	assumeRoleAny,
	cloudTrailFullAccess,
	kmsFullAccess,
	marketplaceSubscribe,
	cloudshellFullAccess,
	policyUnused,
	inlinePolicy,
	policyUnknownAction,
	dataReadWide,
	resourceExposure,
	credentialsExposure,

	roleTrustPublic,
	roleTrustExternal,
	roleTrustFederated,
	roleTrustDeleted,
	roleUnused,
	roleAdmin,
	roleConfusedDeputy,
	supportRole,
	readonlyCrossAccount,
	roleTags,

	securityContact,
	contactsDiffer,
	accessAnalyzer,
	analyzerTags,
))

func withControls(rules ...*audit.Rule) []*audit.Rule {
	for _, r := range rules {
		r.Controls = framework.Controls(r.ID)
	}
	return rules
}

// Catalogue lists all rules in the order of the report. The slice is the caller's; the rules are not to be changed.
func Catalogue() []*audit.Rule { return slices.Clone(catalogue) }

// Points lists the five rules of the console's Security Status, in its order.
func Points() []*audit.Rule {
	points := slices.DeleteFunc(Catalogue(), func(r *audit.Rule) bool { return r.Point == 0 })
	slices.SortFunc(points, func(x, y *audit.Rule) int { return cmp.Compare(x.Point, y.Point) })
	return points
}
