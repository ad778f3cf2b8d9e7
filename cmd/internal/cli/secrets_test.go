package cli

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/klauspost/compress/zstd"
)

// bearerToken is how the lab's access tokens look.
var bearerToken = regexp.MustCompile(`eyJ[0-9A-Za-z_-]{20,}\.eyJ[0-9A-Za-z_-]{20,}`)

// searched remembers which files were searched, by path and time of change.
type searched map[string]time.Time

// leaks looks for secrets in all files below dir but those of the configuration's own folders (*.d), packed files included. Files that have not changed since
// they were searched are passed over.
func (s searched) leaks(dir string, secrets []string) error {
	return filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		switch {
		case errors.Is(err, os.ErrNotExist): // a temporary file of a program in the background
			return nil
		case err != nil:
			return err
		case d.IsDir() && strings.HasSuffix(d.Name(), ".d"):
			return filepath.SkipDir
		case d.IsDir():
			return nil
		}
		data, err := os.ReadFile(path)
		if errors.Is(err, os.ErrNotExist) {
			return nil
		}
		if err != nil {
			return err
		}
		return leak(path, data, secrets)
	})
}

// leak looks for secrets and bearer tokens in a file or stream and, when it is packed, in what is packed.
func leak(name string, data []byte, secrets []string) error {
	texts, err := unpacked(name, data)
	if err != nil {
		return err
	}
	for _, text := range texts {
		for _, s := range secrets {
			if s != "" && bytes.Contains(text, []byte(s)) {
				return fmt.Errorf("%s holds the secret %s", name, s)
			}
		}
		if token := bearerToken.Find(text); token != nil {
			return fmt.Errorf("%s holds the token %s", name, token)
		}
	}
	return nil
}

// unpacked gives the bytes themselves and, of a zip with or without zstd inside, those of its members.
func unpacked(name string, data []byte) ([][]byte, error) {
	texts := [][]byte{data}
	if !bytes.HasPrefix(data, []byte("PK\x03\x04")) {
		return texts, nil
	}
	z, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		return texts, nil //nolint:nilerr // damaged on purpose
	}
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			return nil, fmt.Errorf("%s: %s: %w", name, f.Name, err)
		}
		var from io.Reader = r
		if strings.HasSuffix(f.Name, ".zst") {
			d, err := zstd.NewReader(r)
			if err != nil {
				return nil, fmt.Errorf("%s: %s: %w", name, f.Name, err)
			}
			defer d.Close()
			from = d
		}
		text, _ := io.ReadAll(from) // as far as it can be read: some are damaged on purpose
		texts = append(texts, text)
	}
	return texts, nil
}

// The search itself must find secrets, packed ones too, or the scripts prove nothing.
func TestLeakIsFound(t *testing.T) {
	const hidden = "c0rrect-horse"
	var packed bytes.Buffer
	w := zip.NewWriter(&packed)
	m, err := w.Create("ad.users.jsonl.zst")
	if err != nil {
		t.Fatal(err)
	}
	z, err := zstd.NewWriter(m)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(z, `{"mail":"`+hidden+`"}`); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	token := "eyJ0eXAi" + strings.Repeat("Ab-_", 16) + ".eyJhdWQi" + strings.Repeat("Ab-_", 16) + ".Ab-_"
	for name, data := range map[string]string{"text": "password " + hidden, "evidence": packed.String(), "token": "Bearer " + token} {
		if leak(name, []byte(data), []string{"other", hidden}) == nil {
			t.Errorf("nothing found in the %s", name)
		}
	}
	if err := leak("harmless", []byte("nothing here; eyJ0eXAi.example.com"), []string{"", hidden}); err != nil {
		t.Error(err)
	}
	dir := t.TempDir()
	for name, want := range map[string]bool{"report.xlsx": true, filepath.Join("c.yaml.d", "password"): false} {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), packed.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
		if got := (searched{}).leaks(dir, []string{hidden}) != nil; got != want {
			t.Errorf("%s: found %v, want %v", name, got, want)
		}
		if err := os.Remove(filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
}
