package evidence

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/pem"
	"errors"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/hiddeco/sshsig"
	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/agent"
)

// The signatures of testdata are ssh-keygen's: ssh-keygen -Y sign -f KEY -n sekisho manifest.json.
func TestSignaturesOfSSHKeygenAreAccepted(t *testing.T) {
	t.Parallel()
	allowed := allowedSigners(t, content(t, "allowed_signers"))
	for _, kind := range []string{"ed25519", "rsa", "ecdsa"} {
		a := &Archive{manifest: []byte(content(t, "manifest.json")), Signature: []byte(content(t, kind+".sig"))}
		key, err := a.Signer()
		if err != nil {
			t.Fatalf("%s: %v", kind, err)
		}
		if who, err := allowed.Principals(key, taken, ""); err != nil || who != kind+"@example.com" {
			t.Errorf("%s: got %q and error %v, want %s@example.com", kind, who, err, kind)
		}
		a.manifest = append(a.manifest, '\n')
		if _, err := a.Signer(); err == nil || !strings.Contains(err.Error(), "is not of this manifest") {
			t.Errorf("%s: got %v of another manifest, want an error", kind, err)
		}
	}
}

func TestSignaturesThatAreRefused(t *testing.T) {
	t.Parallel()
	good := content(t, "ed25519.sig")
	for name, test := range map[string]struct{ signature, want string }{
		"none":              {"", "the manifest is not signed"},
		"another namespace": {content(t, "other-namespace.sig"), `got a signature of namespace "file", want "sekisho"`},
		"a weak key":        {content(t, "weak.sig"), "got an RSA key of 1024 bits, want 2048 at least"},
		"a certificate":     {content(t, "certificate.sig"), `got a key of type "ecdsa-sha2-nistp256-cert-v01@openssh.com"`},
		"no PEM":            {"signed", "no SSH SIGNATURE in PEM"},
		"more before it":    {"x\n" + good, "or not that alone"},
		"more behind it":    {good + "x\n", "or not that alone"},
		"another PEM":       {strings.ReplaceAll(good, "SSH SIGNATURE", "PGP SIGNATURE"), "no SSH SIGNATURE in PEM"},
		"torn":              {string(pem.EncodeToMemory(&pem.Block{Type: sshsig.PEMType, Bytes: []byte("SSHSIG")})), "reading the signature: "},
	} {
		a := &Archive{manifest: []byte(content(t, "manifest.json")), Signature: []byte(test.signature)}
		if _, err := a.Signer(); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: got %v, want an error with %q", name, err, test.want)
		}
	}
}

// keys makes a private key of each kind, in OpenSSH's format.
func keys(t *testing.T, passphrase string) map[string][]byte {
	t.Helper()
	_, ed, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	ec, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	r, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	files := map[string][]byte{}
	for kind, key := range map[string]crypto.PrivateKey{"ed25519": ed, "ecdsa": ec, "rsa": r} {
		block, err := ssh.MarshalPrivateKey(key, kind)
		if passphrase != "" {
			block, err = ssh.MarshalPrivateKeyWithPassphrase(key, kind, []byte(passphrase))
		}
		if err != nil {
			t.Fatal(err)
		}
		files[kind] = pem.EncodeToMemory(block)
	}
	return files
}

func TestEveryKindOfKeySigns(t *testing.T) {
	t.Parallel()
	for kind, file := range keys(t, "") {
		key, err := ParseKey(file, nil)
		if err != nil {
			t.Fatal(err)
		}
		a := archive(t)
		if err := a.Sign(key); err != nil {
			t.Fatal(err)
		}
		read, err := readBytes(bytesOf(t, a))
		if err != nil {
			t.Fatal(err)
		}
		by, err := read.Signer()
		if err != nil || Fingerprint(by) != Fingerprint(key.PublicKey()) {
			t.Errorf("%s: got a signature by %v and error %v, want by %s", kind, by, err, Fingerprint(key.PublicKey()))
		}
		block, _ := pem.Decode(a.Signature)
		signature, err := sshsig.ParseSignature(block.Bytes)
		if err != nil || signature.HashAlgorithm != sshsig.HashSHA512 || kind == "rsa" && signature.Signature.Format != ssh.KeyAlgoRSASHA512 {
			t.Errorf("%s: got %+v and error %v, want SHA-512", kind, signature, err)
		}
	}
}

func TestPassphrase(t *testing.T) {
	t.Parallel()
	file := keys(t, "open sesame")["ed25519"]
	say := func(text string, err error) func() ([]byte, error) {
		return func() ([]byte, error) { return []byte(text), err }
	}
	if key, err := ParseKey(file, say("open sesame", nil)); err != nil || key.PublicKey().Type() != ssh.KeyAlgoED25519 {
		t.Errorf("got %v, want the key", err)
	}
	for name, test := range map[string]struct {
		file []byte
		ask  func() ([]byte, error)
		want string
	}{
		"wrong":    {file, say("open", nil), "decryption password incorrect"},
		"refused":  {file, say("", errors.New("nobody is there")), "nobody is there"},
		"no asker": {file, nil, "nobody to ask for it"},
		"no key":   {[]byte("hello"), nil, "reading a private key: "},
	} {
		if _, err := ParseKey(test.file, test.ask); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: got %v, want an error with %q", name, err, test.want)
		}
	}
}

func TestAgentSigns(t *testing.T) {
	t.Parallel()
	ring := agent.NewKeyring()
	public := map[string]ssh.PublicKey{}
	connect := func() net.Conn {
		here, there := net.Pipe()
		go agent.ServeAgent(ring, there) // ends with the connection
		t.Cleanup(func() { here.Close() })
		return here
	}
	if _, err := AgentSigner(connect(), nil); err == nil || !strings.Contains(err.Error(), "got 0 that can sign") {
		t.Errorf("got %v of an empty agent, want an error", err)
	}
	for kind, file := range keys(t, "") {
		raw, err := ssh.ParseRawPrivateKey(file)
		if err != nil {
			t.Fatal(err)
		}
		signer, err := ssh.NewSignerFromKey(raw)
		if err != nil {
			t.Fatal(err)
		}
		public[kind] = signer.PublicKey()
		if err := ring.Add(agent.AddedKey{PrivateKey: raw, Comment: kind}); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := AgentSigner(connect(), nil); err == nil || !strings.Contains(err.Error(), "got 3 that can sign") {
		t.Errorf("got %v of an agent with several keys, want an error", err)
	}
	for kind, key := range public {
		text := ssh.MarshalAuthorizedKey(key)
		parsed, err := ParsePublicKey(text)
		if err != nil {
			t.Fatal(err)
		}
		signer, err := AgentSigner(connect(), parsed)
		if err != nil {
			t.Fatal(err)
		}
		a := archive(t)
		if err := a.Sign(signer); err != nil {
			t.Fatalf("%s: %v", kind, err)
		}
		if by, err := a.Signer(); err != nil || Fingerprint(by) != Fingerprint(key) {
			t.Errorf("%s: got %v and error %v, want it signed by %s", kind, by, err, Fingerprint(key))
		}
	}
	if _, err := AgentSigner(connect(), signer(t, 9).PublicKey()); err == nil || !strings.Contains(err.Error(), Fingerprint(signer(t, 9).PublicKey())) {
		t.Errorf("got %v for a key that the agent hasn't, want an error that names it", err)
	}
}

// The program whose format it is takes our signatures, and we take its own, of evidence as it is written.
func TestSSHKeygen(t *testing.T) {
	t.Parallel()
	program, err := exec.LookPath("ssh-keygen")
	if err != nil && os.Getenv("CI") != "" {
		t.Fatal(err)
	} else if err != nil {
		t.Skip("there is no ssh-keygen; install openssh-client")
	}
	for kind, file := range keys(t, "") {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			key, err := ParseKey(file, nil)
			if err != nil {
				t.Fatal(err)
			}
			a := archive(t)
			if err := a.Sign(key); err != nil {
				t.Fatal(err)
			}
			allowed := `alice@example.com namespaces="sekisho" ` + string(ssh.MarshalAuthorizedKey(key.PublicKey()))
			for name, data := range map[string][]byte{
				"key": file, ManifestName: a.manifest, SignatureName: a.Signature, "allowed_signers": []byte(allowed),
			} {
				if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
					t.Fatal(err)
				}
			}
			run := func(stdin []byte, args ...string) (string, error) {
				command := exec.Command(program, args...)
				command.Dir, command.Stdin = dir, bytes.NewReader(stdin)
				out, err := command.CombinedOutput()
				return string(out), err
			}
			verify := []string{"-Y", "verify", "-f", "allowed_signers", "-I", "alice@example.com", "-n", "sekisho", "-s", SignatureName}
			if out, err := run(a.manifest, verify...); err != nil {
				t.Errorf("got %v and %q, want ssh-keygen to take the signature", err, out)
			}
			if out, err := run(append(bytes.Clone(a.manifest), ' '), verify...); err == nil {
				t.Errorf("got %q of a changed manifest, want ssh-keygen to refuse it", out)
			}
			if err := os.Remove(filepath.Join(dir, SignatureName)); err != nil {
				t.Fatal(err)
			}
			if out, err := run(nil, "-Y", "sign", "-f", "key", "-n", "sekisho", ManifestName); err != nil {
				t.Fatalf("ssh-keygen -Y sign: %v: %s", err, out)
			}
			if a.Signature, err = os.ReadFile(filepath.Join(dir, SignatureName)); err != nil {
				t.Fatal(err)
			}
			read, err := readBytes(bytesOf(t, a))
			if err != nil {
				t.Fatal(err)
			}
			by, err := read.Signer()
			if err != nil {
				t.Fatalf("got %v of ssh-keygen's signature, want it taken", err)
			}
			if who, err := allowedSigners(t, allowed).Principals(by, taken, "alice@example.com"); err != nil || who != "alice@example.com" {
				t.Errorf("got %q and error %v, want alice@example.com", who, err)
			}
		})
	}
}

func TestAllowedSigners(t *testing.T) {
	t.Parallel()
	key, other := signer(t, 1).PublicKey(), signer(t, 2).PublicKey()
	text := func(key ssh.PublicKey) string { return strings.TrimSpace(string(ssh.MarshalAuthorizedKey(key))) }
	ours, theirs := text(key), text(other)
	for name, test := range map[string]struct {
		file, identity string
		want, err      string
	}{
		"plain":                      {"alice@example.com " + ours, "", "alice@example.com", ""},
		"comment at the end":         {"alice@example.com " + ours + " a comment", "", "alice@example.com", ""},
		"comments and empty lines":   {"# who\r\n\n \t\nalice@example.com\t" + ours + "\r\n", "", "alice@example.com", ""},
		"not the first line":         {"bob " + theirs + "\nalice " + ours, "", "alice", ""},
		"nobody":                     {"", "", "", "got the key SHA256:"},
		"another key":                {"bob " + theirs, "", "", "want one of allowed_signers"},
		"several principals":         {"alice,bob " + ours, "", "alice,bob", ""},
		"quoted principals":          {`"alice the first" ` + ours, "alice the first", "alice the first", ""},
		"identity":                   {"alice,*@example.com " + ours, "bob@example.com", "bob@example.com", ""},
		"another identity":           {"alice " + ours, "bob", "", "allowed_signers, line 1: the key is of alice, not of bob"},
		"identity excepted":          {"*,!bob " + ours, "bob", "", "not of bob"},
		"identity by question marks": {"?ob " + ours, "bob", "bob", ""},
		"identity in capitals":       {"Bob " + ours, "bob", "", "not of bob"},
		"a later line allows it":     {"alice " + ours + "\nbob " + ours, "bob", "bob", ""},
		"namespace":                  {`alice namespaces="git,sekisho" ` + ours, "", "alice", ""},
		"namespace by pattern":       {`alice NAMESPACES="seki*" ` + ours, "", "alice", ""},
		"another namespace":          {`alice namespaces="git" ` + ours, "", "", "signs in the namespaces git, not in sekisho"},
		"namespace excepted":         {`alice namespaces="*,!sekisho" ` + ours, "", "", "not in sekisho"},
		"within":                     {`alice valid-after="20261122Z",valid-before="20261123Z" ` + ours, "", "alice", ""},
		"at the very end":            {`alice valid-before="20261122050000Z" ` + ours, "", "alice", ""},
		"past the end":               {`alice valid-before="202611220459Z" ` + ours, "", "", "valid until 2026-11-22T04:59:00Z, and the evidence is of 2026-11-22T05:00:00Z"},
		"too early":                  {`alice valid-after="20261122050001Z" ` + ours, "", "", "valid from 2026-11-22T05:00:01Z on"},
		"local time":                 {`alice valid-after="202611221400" ` + ours, "", "alice", ""},
		"too early, local time":      {`alice valid-after="202611221401" ` + ours, "", "", "valid from 2026-11-22T05:01:00Z on"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := allowedSigners(t, test.file).Principals(key, taken, test.identity)
			if test.err == "" && err != nil || test.err != "" && (err == nil || !strings.Contains(err.Error(), test.err)) {
				t.Errorf("got error %v, want %q", err, test.err)
			}
			if got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
	for name, test := range map[string]struct{ line, want string }{
		"cert-authority":       {"*@example.com cert-authority " + ours, "got cert-authority, want a signer's own key"},
		"in capitals":          {"* namespaces=\"x\",CERT-AUTHORITY " + ours, "got cert-authority"},
		"no key":               {"alice", "got no principals"},
		"key alone":            {ours, "got no key that can be read"},
		"torn key":             {"alice " + ours[:40], "got no key that can be read"},
		"unknown option":       {"alice no-pty " + ours, `got option "no-pty"`},
		"option twice":         {`alice namespaces="a",namespaces="b" ` + ours, "each once"},
		"no quotes":            {"alice namespaces=git " + ours, "without quotes"},
		"no namespaces":        {`alice namespaces="" ` + ours, "each once"},
		"no time":              {`alice valid-after="tomorrow" ` + ours, `got the time "tomorrow"`},
		"no such day":          {`alice valid-after="20261131Z" ` + ours, `got the time "20261131Z"`},
		"ends before it began": {`alice valid-after="20270101Z",valid-before="20260101Z" ` + ours, "got valid-before at or before valid-after"},
		"no closing quote":     {`"alice ` + ours, "without a closing quote"},
	} {
		if _, err := ParseAllowedSigners(strings.NewReader("\n"+test.line), "f", time.UTC); err == nil ||
			!strings.HasPrefix(err.Error(), "reading the allowed signers: f, line 2: ") || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: got %v, want an error with %q", name, err, test.want)
		}
	}
}

func content(t *testing.T, name string) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func allowedSigners(t *testing.T, text string) *AllowedSigners {
	t.Helper()
	list, err := ParseAllowedSigners(strings.NewReader(text), "allowed_signers", time.FixedZone("JST", 9*60*60))
	if err != nil {
		t.Fatal(err)
	}
	return list
}
