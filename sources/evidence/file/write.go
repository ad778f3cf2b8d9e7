package file

import (
	"archive/zip"
	"bufio"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"hash"
	"io"
	"time"

	"filippo.io/age"
	"github.com/klauspost/compress/zstd"

	"hybridaudit/sources/evidence"
)

// Options say how a file is written.
type Options struct {
	Tool       string          // name and version, for the manifest
	Recipients []age.Recipient // encrypt to these; none means no encryption
}

// Write writes a snapshot. An error leaves w with half a file: the caller writes aside and renames.
func Write(w io.Writer, s *evidence.Snapshot, o Options) (err error) {
	if len(o.Recipients) > 0 {
		sealed, err := age.Encrypt(w, o.Recipients...)
		if err != nil {
			return fmt.Errorf("encrypting evidence: %w", err)
		}
		if err := writeZip(sealed, s, o); err != nil {
			return err
		}
		return sealed.Close()
	}
	return writeZip(w, s, o)
}

func writeZip(w io.Writer, s *evidence.Snapshot, o Options) error {
	z := zip.NewWriter(w)
	m := manifest{Schema: SchemaVersion, Tool: o.Tool, Taken: s.Taken(), Coverage: s.Coverage()}
	for _, d := range evidence.Datasets() {
		t := s.Table(d)
		if t == nil {
			continue
		}
		entry, err := writeMember(z, d, t, s.Taken())
		if err != nil {
			return fmt.Errorf("writing %s: %w", d, err)
		}
		m.Members = append(m.Members, entry)
	}
	head, err := create(z, manifestName, s.Taken())
	if err != nil {
		return fmt.Errorf("writing the manifest: %w", err)
	}
	e := json.NewEncoder(head)
	e.SetIndent("", " ")
	if err := e.Encode(m); err != nil {
		return fmt.Errorf("writing the manifest: %w", err)
	}
	return z.Close()
}

// create adds a member without compression of its own and with the evidence's time, so that the same evidence gives the same bytes.
func create(z *zip.Writer, name string, at time.Time) (io.Writer, error) {
	return z.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Store, Modified: at})
}

func writeMember(z *zip.Writer, d evidence.Dataset, t *evidence.Table, at time.Time) (member, error) {
	m := member{Dataset: d, Rows: t.Rows()}
	stored, err := create(z, string(d)+memberSuffix, at)
	if err != nil {
		return m, err
	}
	sum := sha256.New()
	packer, err := zstd.NewWriter(io.MultiWriter(stored, sum), zstd.WithEncoderConcurrency(1), zstd.WithEncoderLevel(zstd.SpeedDefault))
	if err != nil {
		return m, err
	}
	buffered := bufio.NewWriterSize(packer, 1<<18)
	var line []byte
	for row := range t.Rows() {
		line = append(t.AppendJSON(line[:0], row), '\n')
		m.Size += int64(len(line))
		if _, err := buffered.Write(line); err != nil {
			return m, err
		}
	}
	if err := buffered.Flush(); err != nil {
		return m, err
	}
	if err := packer.Close(); err != nil {
		return m, err
	}
	m.SHA256 = digest(sum)
	return m, nil
}

func digest(h hash.Hash) string { return hex.EncodeToString(h.Sum(nil)) }
