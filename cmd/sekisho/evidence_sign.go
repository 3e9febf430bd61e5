package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"

	"golang.org/x/term"

	"sekisho/audit/evidence"
	"sekisho/report/sanitize"
	"sekisho/report/saved"
)

// agentKey is what names the only key of the SSH agent in place of a file.
const agentKey = "agent"

// openSigner gets the key ready that --sign names, so that one that can't be used is an error before AWS is asked
// anything: the file of a private key, that of a public key which the SSH agent holds, or "agent" for the agent's only
// one; nothing is signed where it names none. Call done in any case.
func openSigner(ctx context.Context, sys system, key string) (sign func(*evidence.Archive) error, done func(), err error) {
	done = func() {}
	if key == "" {
		return func(*evidence.Archive) error { return nil }, done, nil
	}
	var content []byte
	if key != agentKey {
		if content, err = saved.Bytes(ctx, sys.files.Input("--sign", key), saved.KeyLimit); err != nil {
			return nil, done, usagef("--sign wants the file of an OpenSSH key, private or public, or the word agent", "--sign: %w", err)
		}
	}
	if bytes.Contains(content, []byte("PRIVATE KEY-----")) {
		if public, err := sys.files.Input("--sign", key+".pub").Open(); err == nil { // no output may take its place either
			public.Close()
		}
		signer, err := evidence.ParseKey(content, func() ([]byte, error) { return sys.passphrase(ctx, key) })
		switch {
		case ctx.Err() != nil:
			return nil, done, errors.New("asking for a passphrase: interrupted; nothing was written")
		case err != nil:
			return nil, done, usagef("", "--sign: %s: %w", key, err)
		}
		return func(a *evidence.Archive) error { return a.Sign(signer) }, done, nil
	}
	socket := sys.variable("SSH_AUTH_SOCK")
	if socket == "" {
		return nil, done, usagef("start ssh-agent and add the key with ssh-add, or give the file of the private key",
			"--sign: got no SSH agent: SSH_AUTH_SOCK is not set")
	}
	connection, err := new(net.Dialer).DialContext(ctx, "unix", socket)
	if err != nil {
		return nil, done, fmt.Errorf("--sign: calling the SSH agent: %w", err)
	}
	stop := context.AfterFunc(ctx, func() { connection.Close() }) // an agent may wait for a person, or for ever
	done = func() { stop(); connection.Close() }
	defer func() {
		if err != nil {
			done()
		}
	}()
	if key == agentKey {
		signer, err := evidence.AgentSigner(connection, nil)
		if err != nil {
			return nil, done, fmt.Errorf("--sign: %w", err)
		}
		return func(a *evidence.Archive) error { return a.Sign(signer) }, done, nil
	}
	public, err := evidence.ParsePublicKey(content)
	if err != nil {
		return nil, done, usagef("", "--sign: %s: %w", key, err)
	}
	signer, err := evidence.AgentSigner(connection, public)
	if err != nil {
		return nil, done, fmt.Errorf("--sign: %w", err)
	}
	return func(a *evidence.Archive) error { return a.Sign(signer) }, done, nil
}

// passphrase asks a person for that of a key, on a terminal that doesn't show it. A read can't be interrupted, so it is
// left behind when the context ends, and the terminal is set right.
func (s system) passphrase(ctx context.Context, path string) ([]byte, error) {
	keyboard := terminal(s.stdin)
	if keyboard == nil && terminal(s.stderr) != nil {
		if tty, err := openTerminal(); err == nil {
			defer tty.Close()
			keyboard = tty
		}
	}
	if keyboard == nil || terminal(s.stderr) == nil {
		return nil, errors.New("got a key with a passphrase and no terminal to ask for it; let ssh-agent hold the key and give its .pub file")
	}
	fd := int(keyboard.Fd())
	before, err := term.GetState(fd)
	if err != nil {
		return nil, fmt.Errorf("asking for a passphrase: %w", err)
	}
	fmt.Fprintf(s.stderr, "Passphrase of %s: ", sanitize.Terminal(path))
	defer fmt.Fprintln(s.stderr)
	type answer struct {
		secret []byte
		err    error
	}
	answers := make(chan answer, 1)
	go func() {
		secret, err := term.ReadPassword(fd)
		answers <- answer{secret, err}
	}()
	select {
	case <-ctx.Done():
		return nil, errors.Join(ctx.Err(), term.Restore(fd, before))
	case a := <-answers:
		return a.secret, a.err
	}
}
