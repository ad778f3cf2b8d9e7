package config

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/zalando/go-keyring"
)

// Secret is a reference to a secret, never the secret itself: env:NAME, file:PATH or keyring:SERVICE/ACCOUNT. It prints as what it refers to.
type Secret struct {
	reference string
	dir       string // what a relative path is relative to
}

// errLiteral is the answer to a secret that stands in the configuration itself.
var errLiteral = errors.New("a secret does not belong into the configuration: write a reference to it, env:NAME, file:PATH or keyring:SERVICE/ACCOUNT, " +
	"for example env:HYBRIDAUDIT_SECRET with the secret in that environment variable")

// ParseSecret checks a reference. dir is the folder that a relative file: path is relative to. The error never repeats the text.
func ParseSecret(text, dir string) (Secret, error) {
	scheme, rest, ok := strings.Cut(text, ":")
	switch {
	case text == "":
		return Secret{}, nil
	case !ok, scheme != "env" && scheme != "file" && scheme != "keyring":
		return Secret{}, errLiteral
	case rest == "":
		return Secret{}, fmt.Errorf("%s: names nothing", scheme)
	case scheme == "keyring" && !strings.Contains(rest, "/"):
		return Secret{}, errors.New("keyring: wants SERVICE/ACCOUNT")
	}
	return Secret{text, dir}, nil
}

// IsZero says that there is no reference.
func (s Secret) IsZero() bool { return s.reference == "" }

// String shows the reference, which is no secret.
func (s Secret) String() string { return s.reference }

// Resolve fetches the secret. One line end behind the content of a file is cut.
func (s Secret) Resolve() (string, error) {
	scheme, rest, _ := strings.Cut(s.reference, ":")
	switch scheme {
	case "env":
		v, ok := os.LookupEnv(rest)
		if !ok || v == "" {
			return "", fmt.Errorf("the environment variable %s that %s refers to is not set", rest, s)
		}
		return v, nil
	case "file":
		path := rest
		if !filepath.IsAbs(path) {
			path = filepath.Join(s.dir, path)
		}
		b, err := os.ReadFile(path) //nolint:gosec // the administrator names the file
		if err != nil {
			return "", fmt.Errorf("the secret %s: %w", s, err)
		}
		v := strings.TrimSuffix(strings.TrimSuffix(string(b), "\n"), "\r")
		if v == "" {
			return "", fmt.Errorf("the secret %s is empty", s)
		}
		return v, nil
	case "keyring":
		service, account, _ := strings.Cut(rest, "/")
		v, err := keyring.Get(service, account)
		if err != nil {
			return "", fmt.Errorf("the secret %s: %w", s, err)
		}
		return v, nil
	}
	return "", errors.New("no secret is configured")
}
