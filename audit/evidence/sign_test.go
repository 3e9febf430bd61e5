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
		"a weak key":        {content(t, "weak.sig"), "got an RSA key of 1,024 bits, want 2,048 at least"},
		"a certificate":     {content(t, "certificate.sig"), `got a key of type "ecdsa-sha2-nistp256-cert-v01@openssh.com"`},
		"no PEM":            {"signed", "no SSH SIGNATURE as ssh-keygen -Y sign writes it"},
		"more before it":    {"x\n" + good, `got "x\n" in line 1`},
		"more behind it":    {good + "x\n", `got "x\n" in line 7 of the signature, want ""`},
		"a line end more":   {good + "\n", `got "\n" in line 7 of the signature, want ""`},
		"a NUL behind it":   {good + "\x00", `got "\x00" in line 7`},
		"it twice":          {good + good, "in line 7"},
		"no line end":       {strings.TrimSuffix(good, "\n"), `got "-----END SSH SIGNATURE-----" in line 6 of the signature, want "-----END SSH SIGNATURE-----\n"`},
		"CRLF":              {strings.ReplaceAll(good, "\n", "\r\n"), `got "-----BEGIN SSH SIGNATURE-----\r\n" in line 1`},
		"one CRLF":          {strings.Replace(good, "\nEX5", "\r\nEX5", 1), `Yw\r\n" in line 2`},
		"a blank":           {strings.Replace(good, "U1NI", "U1N I", 1), `got "U1N IU0`},
		"a tab at the end":  {strings.Replace(good, "Yw\n", "Yw\t\n", 1), `Yw\t\n" in line 2`},
		"an empty line":     {strings.Replace(good, "\nEX5", "\n\nEX5", 1), `got "\n" in line 3`},
		"headers":           {strings.Replace(good, "\n", "\nComment: x\n\n", 1), `got "Comment: x\n" in line 2`},
		"other columns":     {reflowed(good), "in line 2 of the signature, want "},
		"other bits":        {strings.Replace(good, "Rc0I\n", "Rc0J\n", 1), "that is not of this manifest"},
		"another PEM":       {strings.ReplaceAll(good, "SSH SIGNATURE", "PGP SIGNATURE"), "no SSH SIGNATURE as ssh-keygen"},
		"torn":              {string(pem.EncodeToMemory(&pem.Block{Type: sshsig.PEMType, Bytes: []byte("SSHSIG")})), "reading the signature: "},
	} {
		a := &Archive{manifest: []byte(content(t, "manifest.json")), Signature: []byte(test.signature)}
		if _, err := a.Signer(); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: got %v, want an error with %q", name, err, test.want)
		}
	}
}

// reflowed is a signature in PEM, whose lines are of 64 columns.
func reflowed(signature string) string {
	block, _ := pem.Decode([]byte(signature))
	return string(pem.EncodeToMemory(block))
}

// No byte of a signature can be another, be left out or be there twice: its file has one form.
func TestEveryOtherByteOfASignatureIsFound(t *testing.T) {
	t.Parallel()
	good := content(t, "ed25519.sig")
	for at := range good {
		for what, changed := range map[string]string{
			"changed": good[:at] + string(good[at]^1) + good[at+1:], "made a blank": good[:at] + " " + good[at+1:],
			"left out": good[:at] + good[at+1:], "cut off": good[:at], "before it a blank": good[:at] + " " + good[at:],
		} {
			a := &Archive{manifest: []byte(content(t, "manifest.json")), Signature: []byte(changed)}
			if key, err := a.Signer(); err == nil && changed != good {
				t.Errorf("byte %d %s: got it signed by %s, want an error", at, what, Fingerprint(key))
			}
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
			for _, test := range signersOf[kind] {
				line := strings.TrimSpace(string(ssh.MarshalAuthorizedKey(key.PublicKey())))
				if err := os.WriteFile(filepath.Join(dir, "others"), []byte(test.principals+" "+line+"\n"), 0o600); err != nil {
					t.Fatal(err)
				}
				args := []string{"-Y", "verify", "-f", "others", "-I", test.identity, "-n", "sekisho", "-s", SignatureName}
				_, theirs := run(a.manifest, args...)
				_, ours := allowedSigners(t, test.principals+" "+line).Principals(key.PublicKey(), taken, test.identity)
				if (ours == nil) != (theirs == nil) {
					t.Errorf("%s as %s: got %v, want what ssh-keygen says: %v", test.principals, test.identity, ours, theirs)
				}
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
