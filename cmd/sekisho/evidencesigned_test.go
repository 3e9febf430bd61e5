package main

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"encoding/pem"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/agent"

	"sekisho/audit/evidence"
	"sekisho/report/files"
	"sekisho/report/saved"
)

// A key signs alike from its file and from an agent, whichever way it is named.
func TestSignedEvidence(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	private, public := alicesKey(t)
	block, err := ssh.MarshalPrivateKey(private, "")
	if err != nil {
		t.Fatal(err)
	}
	key := writeFile(t, dir, "key", string(pem.EncodeToMemory(block)))
	pub := writeFile(t, dir, "key.pub", string(ssh.MarshalAuthorizedKey(public)))
	ring := agent.NewKeyring()
	if err := ring.Add(agent.AddedKey{PrivateKey: private}); err != nil {
		t.Fatal(err)
	}
	socket := serveAgent(t, ring)
	sys := system{stdin: strings.NewReader(""), stderr: io.Discard, environ: []string{"SSH_AUTH_SOCK=" + socket}, files: new(files.Set)}
	var signed [][]byte
	for _, name := range []string{key, pub, agentKey} {
		signed = append(signed, signedBy(t, sys, name))
	}
	if !bytes.Equal(signed[0], signed[1]) || !bytes.Equal(signed[0], signed[2]) {
		t.Error("got other bytes from the agent than from the key's own file, want the same")
	}
	if status, out, errs := verify(t, signed[0]); status != statusClean || !strings.Contains(out, "note     signature  signed by ssh-ed25519 ") {
		t.Errorf("got status %d, %q and\n%s\nwant it signed", status, errs, out)
	}
}

// alicesKey is the key of alice@example.com.
func alicesKey(t *testing.T) (ed25519.PrivateKey, ssh.PublicKey) {
	t.Helper()
	private := ed25519.NewKeyFromSeed(bytes.Repeat([]byte{7}, ed25519.SeedSize))
	public, err := ssh.NewPublicKey(private.Public())
	if err != nil {
		t.Fatal(err)
	}
	return private, public
}

// signedBy is the evidence of the demo account, signed by the key of that name.
func signedBy(t *testing.T, sys system, name string) []byte {
	t.Helper()
	a := demoEvidence(t)
	sign, done, err := openSigner(context.Background(), sys, name)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	defer done()
	if err := sign(a); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return zipOf(t, a)
}

func writeFile(t *testing.T, dir, name, text string) string {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// Who signed is judged by the allowed signers.
func TestAllowedSigners(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	private, public := alicesKey(t)
	block, err := ssh.MarshalPrivateKey(private, "")
	if err != nil {
		t.Fatal(err)
	}
	file := signedBy(t, system{files: new(files.Set)}, writeFile(t, dir, "key", string(pem.EncodeToMemory(block))))
	allowed := writeFile(t, dir, "allowed", `alice@example.com namespaces="sekisho",valid-before="20270101Z" `+string(ssh.MarshalAuthorizedKey(public)))
	expired := writeFile(t, dir, "expired", `alice@example.com valid-before="20260101Z" `+string(ssh.MarshalAuthorizedKey(public)))
	nobody := writeFile(t, dir, "nobody", "")
	for name, test := range map[string]struct {
		args   []string
		status int
		want   string
	}{
		"nobody asked for": {nil, statusClean, "note     signature  signed by ssh-ed25519 " + evidence.Fingerprint(public) + ", not checked against allowed signers\n"},
		"allowed":          {[]string{"--allowed-signers", allowed}, statusClean, "ok       signature  signed by alice@example.com with ssh-ed25519 SHA256:"},
		"allowed, verdict": {[]string{"--allowed-signers", allowed}, statusClean, "ok       verdict    the evidence is whole, signed by alice@example.com, and its report follows from its snapshot\n"},
		"identity":         {[]string{"--allowed-signers", allowed, "--identity", "alice@example.com"}, statusClean, "signed by alice@example.com"},
		"another identity": {[]string{"--allowed-signers", allowed, "--identity", "bob"}, statusFailed, "WRONG    signature  " + allowed + ", line 1: the key is of alice@example.com, not of bob\n"},
		"expired":          {[]string{"--allowed-signers", expired}, statusFailed, "the key was valid until 2026-01-01T00:00:00Z"},
		"not among them":   {[]string{"--allowed-signers", nobody}, statusFailed, "WRONG    signature  got the key SHA256:"},
	} {
		if status, out, errs := verify(t, file, test.args...); status != test.status || !strings.Contains(out, test.want) {
			t.Errorf("%s: got status %d, %q and\n%s\nwant %d and %q", name, status, errs, out, test.status, test.want)
		}
	}
	if status, out, _ := verify(t, zipOf(t, demoEvidence(t)), "--allowed-signers", allowed); status != statusFailed ||
		!strings.Contains(out, "WRONG    signature  the manifest is not signed\n") {
		t.Errorf("got status %d and\n%s\nwant evidence refused that lost its signature", status, out)
	}
}

func TestKeysThatCannotSign(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	private := ed25519.NewKeyFromSeed(bytes.Repeat([]byte{8}, ed25519.SeedSize))
	block, err := ssh.MarshalPrivateKeyWithPassphrase(private, "", []byte("secret"))
	if err != nil {
		t.Fatal(err)
	}
	public, err := ssh.NewPublicKey(private.Public())
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"protected": string(pem.EncodeToMemory(block)), "key.pub": string(ssh.MarshalAuthorizedKey(public)), "text": "hello\n",
		"torn": "-----BEGIN OPENSSH PRIVATE KEY-----\n", "big": strings.Repeat("x", saved.KeyLimit+1),
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	empty := "SSH_AUTH_SOCK=" + serveAgent(t, agent.NewKeyring())
	for name, test := range map[string]struct {
		key     string
		environ []string
		status  int
		want    string
	}{
		"not there":        {"missing", nil, statusUsage, "--sign: open "},
		"no key":           {"text", []string{empty}, statusUsage, "reading a public key: "},
		"torn":             {"torn", nil, statusUsage, "reading a private key: "},
		"too big":          {"big", nil, statusUsage, "got more than 65,536 bytes, want that at most"},
		"no terminal":      {"protected", nil, statusUsage, "got a key with a passphrase and no terminal to ask for it"},
		"no agent":         {"key.pub", nil, statusUsage, "SSH_AUTH_SOCK is not set"},
		"agent gone":       {"key.pub", []string{"SSH_AUTH_SOCK=" + filepath.Join(dir, "gone")}, statusFailed, "calling the SSH agent"},
		"not in the agent": {"key.pub", []string{empty}, statusFailed, "want " + evidence.Fingerprint(public) + " among them"},
		"nothing in it":    {agentKey, []string{empty}, statusFailed, "got 0 that can sign"},
	} {
		key := test.key
		if key != agentKey {
			key = filepath.Join(dir, key)
		}
		_, done, err := openSigner(context.Background(), system{stdin: strings.NewReader(""), stderr: io.Discard, environ: test.environ, files: new(files.Set)}, key)
		done()
		var errs strings.Builder
		if status := exitStatus(t.Context(), err, &errs); status != test.status || !strings.Contains(errs.String(), test.want) {
			t.Errorf("%s: got status %d and %q, want %d and %q", name, status, errs.String(), test.status, test.want)
		}
	}
}

// serveAgent serves keys on a socket of its own. Its path is short, as the system wants it.
func serveAgent(t *testing.T, ring agent.Agent) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "s")
	if err != nil {
		t.Fatal(err)
	}
	socket := filepath.Join(dir, "agent")
	listener, err := net.Listen("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		listener.Close()
		os.RemoveAll(dir)
	})
	go func() {
		for {
			connection, err := listener.Accept()
			if err != nil {
				return
			}
			go agent.ServeAgent(ring, connection)
		}
	}()
	return socket
}
