package account

import (
	"strings"
	"time"
)

// MFAKind is the kind of an MFA device, told by its serial number.
type MFAKind string

// The kinds that a serial number tells apart. A synced passkey and a hardware security key have the same form.
const (
	MFAVirtual  MFAKind = "virtual"  // an authenticator app
	MFAFIDO     MFAKind = "fido"     // a passkey or a FIDO security key
	MFAHardware MFAKind = "hardware" // a hardware TOTP token: its serial is no ARN
	MFASMS      MFAKind = "sms"      // text messages, which AWS no longer supports
	MFAOther    MFAKind = "other"    // an ARN of a form that is not known
)

// MFADevice is an MFA device of a user or of root. EnabledSince is zero where AWS didn't say.
type MFADevice struct {
	Serial       string
	Kind         MFAKind
	EnabledSince time.Time
}

// KindOfMFA tells a device's kind from its serial number: arn:…:mfa/NAME is virtual, :u2f/ is FIDO, :sms-mfa/ is SMS,
// and what is no ARN is the number printed on a hardware token (IAM User Guide, "MFA in IAM"; serials seen in public
// reports).
func KindOfMFA(serial string) MFAKind {
	if !strings.HasPrefix(serial, "arn:") {
		return MFAHardware
	}
	kind, _, _ := strings.Cut(ShortARN(serial), "/")
	switch kind {
	case "mfa":
		return MFAVirtual
	case "u2f":
		return MFAFIDO
	case "sms-mfa":
		return MFASMS
	}
	return MFAOther
}

// PhishingResistant reports whether a look-alike sign-in page can't use what the device gives away, or, for a hardware
// token, whether the secret at least can't leave the device.
func (k MFAKind) PhishingResistant() bool { return k == MFAFIDO || k == MFAHardware }
