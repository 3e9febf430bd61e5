package emulator

import (
	"crypto/ed25519"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"time"
)

// SigningCertificate is a self-signed X.509 certificate of a name, in PEM, that is valid from one time to another. It
// is the same for the same arguments: its key is made from the name, and nobody should sign anything with it.
func SigningCertificate(name string, from, until time.Time) string {
	seed := sha256.Sum256([]byte("signing certificate of " + name))
	key := ed25519.NewKeyFromSeed(seed[:])
	template := &x509.Certificate{
		SerialNumber: new(big.Int).SetBytes(seed[:8]),
		Subject:      pkix.Name{CommonName: name},
		NotBefore:    from,
		NotAfter:     until,
		KeyUsage:     x509.KeyUsageDigitalSignature,
	}
	der, err := x509.CreateCertificate(nil, template, template, key.Public(), key) // Ed25519 signs without randomness
	if err != nil {
		panic(fmt.Sprintf("making the signing certificate of %s: %v", name, err)) // of times that X.509 can't write
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
}
