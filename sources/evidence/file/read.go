package file

import (
	"archive/zip"
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"runtime"
	"slices"
	"strings"

	"filippo.io/age"
	"github.com/klauspost/compress/zstd"
	"golang.org/x/sync/errgroup"

	"hybridaudit/sources/evidence"
)

// ErrNoIdentity says that the file is encrypted and no identity was given.
var ErrNoIdentity = errors.New("it is encrypted: give the age identity file that it was encrypted to")

const agePrefix = "age-encryption.org/"

// Read reads a snapshot of size bytes. Errors are a [DamagedError], a [NewerError], [ErrNoIdentity] or one of reading r.
func Read(r io.ReaderAt, size int64, identities []age.Identity, l Limits) (*evidence.Snapshot, error) {
	if l == (Limits{}) {
		l = DefaultLimits()
	}
	if size > maxPacked {
		return nil, damaged("it has %d bytes, more than the %d that an evidence file may have", size, int64(maxPacked))
	}
	head := make([]byte, len(agePrefix))
	if n, err := r.ReadAt(head, 0); err != nil && n < len(head) && !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("reading: %w", err)
	}
	if string(head) == agePrefix {
		clear, err := decrypt(io.NewSectionReader(r, 0, size), identities)
		if err != nil {
			return nil, err
		}
		r, size = bytes.NewReader(clear), int64(len(clear))
	}
	z, err := zip.NewReader(r, size)
	if err != nil {
		return nil, damaged("it is no evidence file, or its end is missing (%v)", err)
	}
	return readZip(z, l)
}

// decrypt holds the packed file in memory: its clear text never touches a disk.
func decrypt(r io.Reader, identities []age.Identity) ([]byte, error) {
	if len(identities) == 0 {
		return nil, ErrNoIdentity
	}
	clear, err := age.Decrypt(r, identities...)
	if err != nil {
		return nil, fmt.Errorf("decrypting: %w", err)
	}
	data, err := io.ReadAll(clear)
	if err != nil {
		return nil, damaged("its encrypted content is damaged or cut off (%v)", err)
	}
	return data, nil
}

func readZip(z *zip.Reader, l Limits) (*evidence.Snapshot, error) {
	files := map[string]*zip.File{}
	for _, f := range z.File {
		if len(files) > len(evidence.Datasets()) || files[f.Name] != nil || !knownName(f.Name) {
			return nil, damaged("it holds a member %.60q that no evidence file has", f.Name)
		}
		files[f.Name] = f
	}
	m, err := readManifest(files[manifestName])
	if err != nil {
		return nil, err
	}
	if len(files) != len(m.Members)+1 {
		return nil, damaged("its manifest lists %d members and it holds %d", len(m.Members), len(files)-1)
	}
	var total int64
	for _, e := range m.Members {
		if e.Size < 0 || e.Rows < 0 || e.Size > l.Unpacked-total {
			return nil, damaged("it unpacks to more than the limit of %d bytes", l.Unpacked)
		}
		total += e.Size
	}
	b := evidence.NewBuilder(m.Taken)
	var g errgroup.Group
	g.SetLimit(runtime.GOMAXPROCS(0))
	for _, e := range m.Members {
		f := files[string(e.Dataset)+memberSuffix]
		if f == nil {
			return nil, damaged("its member for %s is missing", e.Dataset)
		}
		t := b.Table(e.Dataset)
		g.Go(func() error { return readMember(f, e, t, l) })
	}
	if err := g.Wait(); err != nil {
		return nil, err
	}
	for _, c := range m.Coverage {
		b.Cover(c)
	}
	return b.Seal(), nil
}

func knownName(name string) bool {
	dataset, ok := strings.CutSuffix(name, memberSuffix)
	return name == manifestName || ok && evidence.Dataset(dataset).Known()
}

func readManifest(f *zip.File) (manifest, error) {
	var m manifest
	if f == nil {
		return m, damaged("it is no evidence file: it has no manifest")
	}
	r, err := f.Open()
	if err != nil {
		return m, damaged("its manifest cannot be read (%v)", err)
	}
	defer func() { _ = r.Close() }() // only read
	data, err := io.ReadAll(io.LimitReader(r, maxManifest+1))
	if err != nil || len(data) > maxManifest {
		return m, damaged("its manifest is damaged or too large")
	}
	var version struct {
		Schema int    `json:"schemaVersion"`
		Tool   string `json:"tool"`
	}
	if err := json.Unmarshal(data, &version); err != nil || version.Schema < 1 {
		return m, damaged("its manifest is not one of hybridaudit")
	}
	if version.Schema > SchemaVersion {
		return m, &NewerError{version.Schema, version.Tool}
	}
	if err := json.Unmarshal(data, &m); err != nil {
		return m, damaged("its manifest is damaged (%v)", err)
	}
	seen := map[evidence.Dataset]bool{}
	for _, e := range m.Members {
		if seen[e.Dataset] {
			return m, damaged("its manifest lists %.60q twice", e.Dataset)
		}
		seen[e.Dataset] = true
	}
	if slices.ContainsFunc(m.Coverage, func(c evidence.Coverage) bool { return !c.Dataset.Known() }) {
		return m, damaged("its coverage names a dataset that does not exist")
	}
	return m, nil
}

func readMember(f *zip.File, want member, t *evidence.Table, l Limits) error {
	if f.Method != zip.Store {
		return damaged("its member for %s is not stored as it should be", want.Dataset)
	}
	stored, err := f.Open()
	if err != nil {
		return damaged("its member for %s cannot be read (%v)", want.Dataset, err)
	}
	defer func() { _ = stored.Close() }() // only read
	sum := sha256.New()
	tee := io.TeeReader(stored, sum)
	unpacker, err := zstd.NewReader(tee, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(l.Memory), zstd.WithDecoderMaxWindow(l.Memory))
	if err != nil {
		return fmt.Errorf("unpacking %s: %w", want.Dataset, err)
	}
	defer unpacker.Close()
	if err := readRows(io.LimitReader(unpacker, want.Size+1), want, t, l); err != nil {
		return err
	}
	if _, err := io.Copy(io.Discard, tee); err != nil {
		return damaged("its member for %s is damaged (%v)", want.Dataset, err)
	}
	if digest(sum) != want.SHA256 {
		return damaged("its member for %s does not have the checksum that the manifest gives", want.Dataset)
	}
	return nil
}

func readRows(r io.Reader, want member, t *evidence.Table, l Limits) error {
	lines := bufio.NewScanner(r)
	lines.Buffer(make([]byte, 0, 1<<18), l.Line)
	var decoder evidence.Decoder
	var size int64
	for lines.Scan() {
		size += int64(len(lines.Bytes())) + 1
		if err := decoder.Row(t, lines.Bytes()); err != nil {
			return damaged("row %d of %s is damaged (%v)", t.Rows(), want.Dataset, err)
		}
	}
	if err := lines.Err(); err != nil {
		return damaged("its member for %s is damaged after row %d (%v)", want.Dataset, t.Rows(), err)
	}
	if size != want.Size || t.Rows() != want.Rows {
		return damaged("its member for %s has %d rows in %d bytes where the manifest says %d in %d", want.Dataset, t.Rows(), size, want.Rows, want.Size)
	}
	return nil
}
