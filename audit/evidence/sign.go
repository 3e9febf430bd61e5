package evidence

import (
	"bytes"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/hiddeco/sshsig"
	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/agent"

	"sekisho/audit/message"
)

// Namespace is the domain of the signatures: one that was made for another purpose, or by another program, is none of a
// manifest.
const Namespace = "sekisho"

// keyTypes are the keys that sign: those of OpenSSH without DSA, which it gave up. The sk keys are in hardware and sign
// through the agent.
var keyTypes = []string{
	ssh.KeyAlgoED25519, ssh.KeyAlgoRSA, ssh.KeyAlgoECDSA256, ssh.KeyAlgoECDSA384, ssh.KeyAlgoECDSA521,
	ssh.KeyAlgoSKED25519, ssh.KeyAlgoSKECDSA256,
}

// leastRSABits is what NIST SP 800-131A asks of an RSA key.
const leastRSABits = 2048

// Sign signs the manifest as ssh-keygen -Y sign does, in place of any signature that is there.
func (a *Archive) Sign(signer ssh.Signer) error {
	if err := checkKey(signer.PublicKey()); err != nil {
		return fmt.Errorf("signing the manifest: %w", err)
	}
	signature, err := sshsig.Sign(bytes.NewReader(a.manifest), signer, sshsig.HashSHA512, Namespace)
	if err != nil {
		return fmt.Errorf("signing the manifest: %w", err)
	}
	a.Signature = armored(signature)
	return nil
}

// armored writes a signature in its one form, that of ssh-keygen -Y sign.
func armored(signature *sshsig.Signature) []byte {
	const columns = 70
	text := []byte("-----BEGIN " + sshsig.PEMType + "-----\n")
	for line := range slices.Chunk([]byte(base64.StdEncoding.EncodeToString(signature.Marshal())), columns) {
		text = append(append(text, line...), '\n')
	}
	return append(text, "-----END "+sshsig.PEMType+"-----\n"...)
}

// sameForm finds the first line by which a signature differs from the one form of what it says.
func sameForm(got, want []byte) error {
	was, is := bytes.SplitAfter(got, []byte("\n")), bytes.SplitAfter(want, []byte("\n"))
	for i := range max(len(was), len(is)) {
		var x, y []byte
		if i < len(was) {
			x = was[i]
		}
		if i < len(is) {
			y = is[i]
		}
		if !bytes.Equal(x, y) {
			return message.Errorf("got %q in line %d of the signature, want %q as ssh-keygen -Y sign writes it", x, i+1, y)
		}
	}
	return nil
}

// ErrNotSigned is that of an archive without a signature.
var ErrNotSigned = message.Errorf("the manifest is not signed")

// Signer checks the signature and returns the key that made it. Whose key that is, and whether it may sign, is for
// [AllowedSigners] to say.
func (a *Archive) Signer() (ssh.PublicKey, error) {
	if len(a.Signature) == 0 {
		return nil, ErrNotSigned
	}
	block, _ := pem.Decode(a.Signature)
	if block == nil || block.Type != sshsig.PEMType {
		return nil, message.Errorf("got a signature that is no %s as ssh-keygen -Y sign writes it", sshsig.PEMType)
	}
	signature, err := sshsig.ParseSignature(block.Bytes)
	if err == nil {
		err = checkKey(signature.PublicKey)
	}
	if err == nil {
		err = sameForm(a.Signature, armored(signature))
	}
	if err != nil {
		return nil, message.Errorf("reading the signature: %s", err)
	}
	if signature.Namespace != Namespace {
		return nil, message.Errorf("got a signature of namespace %q, want %q", signature.Namespace, Namespace)
	}
	if err := sshsig.Verify(bytes.NewReader(a.manifest), signature, signature.PublicKey, signature.HashAlgorithm, Namespace); err != nil {
		return nil, message.Errorf("got a signature by %s that is not of this manifest: %s", Fingerprint(signature.PublicKey), err)
	}
	return signature.PublicKey, nil
}

// Fingerprint names a key as ssh-keygen -l does.
func Fingerprint(key ssh.PublicKey) string { return ssh.FingerprintSHA256(key) }

// ParseKey reads a private key in OpenSSH's own format, or in PEM. Passphrase is asked for that of a key that is
// protected by one; it may be nil.
func ParseKey(content []byte, passphrase func() ([]byte, error)) (ssh.Signer, error) {
	signer, err := privateKey(content, passphrase)
	if err == nil {
		err = checkKey(signer.PublicKey())
	}
	if err != nil {
		return nil, fmt.Errorf("reading a private key: %w", err)
	}
	return signer, nil
}

func privateKey(content []byte, passphrase func() ([]byte, error)) (ssh.Signer, error) {
	signer, err := ssh.ParsePrivateKey(content)
	if missing := (*ssh.PassphraseMissingError)(nil); !errors.As(err, &missing) {
		return signer, err
	}
	if passphrase == nil {
		return nil, errors.New("got one with a passphrase, and nobody to ask for it")
	}
	secret, err := passphrase()
	if err != nil {
		return nil, err
	}
	defer clear(secret)
	return ssh.ParsePrivateKeyWithPassphrase(content, secret)
}

// ParsePublicKey reads a public key as in a file that ends with .pub.
func ParsePublicKey(content []byte) (ssh.PublicKey, error) {
	key, _, _, _, err := ssh.ParseAuthorizedKey(content)
	if err == nil {
		err = checkKey(key)
	}
	if err != nil {
		return nil, fmt.Errorf("reading a public key: %w", err)
	}
	return key, nil
}

// AgentSigner signs with a key that the agent at the other end of a connection holds; key nil stands for the only one.
func AgentSigner(connection io.ReadWriter, key ssh.PublicKey) (ssh.Signer, error) {
	signers, err := agent.NewClient(connection).Signers()
	if err != nil {
		return nil, fmt.Errorf("asking the SSH agent for its keys: %w", err)
	}
	if key == nil {
		signers = slices.DeleteFunc(signers, func(s ssh.Signer) bool { return checkKey(s.PublicKey()) != nil })
		if len(signers) != 1 {
			return nil, fmt.Errorf("asking the SSH agent for its keys: got %d that can sign, want the file of the public key to choose one", len(signers))
		}
		return signers[0], nil
	}
	for _, s := range signers {
		if bytes.Equal(s.PublicKey().Marshal(), key.Marshal()) {
			return s, nil
		}
	}
	return nil, fmt.Errorf("asking the SSH agent for its keys: got %d, want %s among them", len(signers), Fingerprint(key))
}

// checkKey refuses keys that are too weak, and certificates.
func checkKey(key ssh.PublicKey) error {
	if !slices.Contains(keyTypes, key.Type()) {
		return message.Errorf("got a key of type %q, want Ed25519, ECDSA or RSA, and no certificate", key.Type())
	}
	if plain, ok := key.(ssh.CryptoPublicKey); ok && key.Type() == ssh.KeyAlgoRSA {
		if k, ok := plain.CryptoPublicKey().(interface{ Size() int }); ok && k.Size()*8 < leastRSABits {
			return message.Errorf("got an RSA key of %d bits, want %d at least", k.Size()*8, leastRSABits)
		}
	}
	return nil
}
