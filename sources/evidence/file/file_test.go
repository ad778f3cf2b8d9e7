package file_test

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"filippo.io/age"
	"github.com/google/go-cmp/cmp"

	"hybridaudit/sources/evidence"
	"hybridaudit/sources/evidence/directory"
	"hybridaudit/sources/evidence/file"
)

var taken = time.Date(2026, 11, 21, 9, 45, 12, 0, time.UTC)

// sample fills every column of every dataset in some row.
func sample(t testing.TB, rows int) *evidence.Snapshot {
	t.Helper()
	b := evidence.NewBuilder(taken)
	for _, d := range evidence.Datasets() {
		table := b.Table(d)
		for i := range rows {
			fill(t, table.NewRow(), table.Schema(), i)
		}
		b.Cover(evidence.Coverage{Dataset: d, State: evidence.Complete, Expected: rows, Rows: rows, Server: "dc1.contoso.com", Started: taken, Ended: taken})
	}
	return b.Seal()
}

func fill(t testing.TB, r evidence.Row, s evidence.Schema, i int) {
	t.Helper()
	for col, c := range s {
		if (i+col)%5 == 4 {
			continue // absent
		}
		var err error
		switch c.Kind {
		case evidence.Text, evidence.Name:
			err = r.SetText(col, []string{"", "佐藤 \"花子\"", "line\nbreak\\", fmt.Sprintf("value %d", i)}[(i+col)%4])
		case evidence.List, evidence.NameList:
			for n := range i % 3 {
				err = errors.Join(err, r.SetText(col, fmt.Sprintf("smtp:a%d.%d@contoso.com", i, n)))
			}
		case evidence.Int:
			r.SetInt(col, int64(i)<<40-7)
		case evidence.Bool:
			r.SetBool(col, i%2 == 0)
		case evidence.Time:
			r.SetTime(col, taken.Add(time.Duration(i)*time.Hour))
		case evidence.GUID:
			r.SetGUID(col, directory.GUID{1, byte(i), 3, byte(col)})
		case evidence.Bytes:
			err = r.SetBytes(col, []byte{0, 0xff, byte(i)})
		case evidence.Records:
			for n := range i % 3 {
				fill(t, r.NewRecord(col), c.Fields, i+n)
			}
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

func write(t testing.TB, s *evidence.Snapshot, o file.Options) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := file.Write(&b, s, o); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func read(data []byte, ids ...age.Identity) (*evidence.Snapshot, error) {
	return file.Read(bytes.NewReader(data), int64(len(data)), ids, file.Limits{})
}

func dump(s *evidence.Snapshot) map[evidence.Dataset]string {
	all := map[evidence.Dataset]string{}
	for _, d := range evidence.Datasets() {
		var b []byte
		for row := range s.Rows(d) {
			b = append(s.Table(d).AppendJSON(b, row), '\n')
		}
		all[d] = string(b)
	}
	return all
}

func TestRoundTrip(t *testing.T) {
	before := sample(t, 23)
	data := write(t, before, file.Options{Tool: "hybridaudit test"})
	after, err := read(data)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(dump(before), dump(after)); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(before.Coverage(), after.Coverage()); diff != "" {
		t.Error(diff)
	}
	if !after.Taken().Equal(taken) {
		t.Errorf("taken %v", after.Taken())
	}
	if again := write(t, after, file.Options{Tool: "hybridaudit test"}); !bytes.Equal(data, again) {
		t.Error("the same evidence gives other bytes")
	}
}

func TestEncrypted(t *testing.T) {
	id, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	other, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	s := sample(t, 3)
	data := write(t, s, file.Options{Recipients: []age.Recipient{id.Recipient()}})
	if bytes.Contains(data, []byte("manifest.json")) {
		t.Error("the file is not encrypted")
	}
	got, err := read(data, id)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(dump(s), dump(got)); diff != "" {
		t.Error(diff)
	}
	if _, err := read(data); !errors.Is(err, file.ErrNoIdentity) {
		t.Errorf("without an identity: %v", err)
	}
	if _, err := read(data, other); err == nil {
		t.Error("another identity opens it")
	}
	if _, err := read(data[:len(data)-9], id); err == nil {
		t.Error("a cut file is read")
	}
}

// rebuild copies the members of an evidence file, changed.
func rebuild(t *testing.T, data []byte, change func(name string, content []byte) (string, []byte)) []byte {
	t.Helper()
	z, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		content, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		name, content := change(f.Name, content)
		if name == "" {
			continue
		}
		m, err := w.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Store})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := m.Write(content); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestRefused(t *testing.T) {
	good := write(t, sample(t, 40), file.Options{Tool: "hybridaudit 9.9"})
	flip := func(of string) []byte {
		return rebuild(t, good, func(name string, content []byte) (string, []byte) {
			if name == of {
				content = bytes.Clone(content)
				content[len(content)/2] ^= 0x40
			}
			return name, content
		})
	}
	inManifest := func(old, replacement string) []byte {
		return rebuild(t, good, func(name string, content []byte) (string, []byte) {
			if name == "manifest.json" {
				changed := bytes.Replace(content, []byte(old), []byte(replacement), 1)
				if bytes.Equal(changed, content) {
					t.Fatalf("the manifest has no %q", old)
				}
				content = changed
			}
			return name, content
		})
	}
	cases := map[string]struct {
		data []byte
		want string
	}{
		"empty":            {nil, "no evidence file"},
		"other file":       {[]byte("hello, this is text"), "no evidence file"},
		"truncated":        {good[:len(good)-100], "end is missing"},
		"half":             {good[:len(good)/2], "end is missing"},
		"flipped bit":      {flip("ad.users.jsonl.zst"), "ad.users"},
		"newer schema":     {inManifest(`"schemaVersion": 1`, `"schemaVersion": 2`), "use a newer hybridaudit"},
		"no schema":        {inManifest(`"schemaVersion": 1`, `"schemaVersion": 0`), "not one of hybridaudit"},
		"more rows":        {inManifest(`"rows": 40`, `"rows": 41`), "the manifest says 41"},
		"huge size":        {inManifest(`"size": `, `"size": 9999999999`), "limit"},
		"unknown coverage": {inManifest(`"dataset": "ad.users",`+"\n   \"state\"", `"dataset": "ad.none",`+"\n   \"state\""), "does not exist"},
		"member missing": {rebuild(t, good, func(n string, c []byte) (string, []byte) {
			if n == "tenant.users.jsonl.zst" {
				return "", nil
			}
			return n, c
		}), fmt.Sprintf("lists %d members and it holds %d", len(evidence.Datasets()), len(evidence.Datasets())-1)},
		"path as name": {rebuild(t, good, func(n string, c []byte) (string, []byte) {
			return strings.Replace(n, "ad.users", "../../ad.users", 1), c
		}), "no evidence file has"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			s, err := read(c.data)
			if err == nil || s != nil {
				t.Fatalf("read without an error")
			}
			if !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %q does not say %q", err, c.want)
			}
		})
	}
}

func FuzzRead(f *testing.F) {
	f.Add(write(f, sample(f, 2), file.Options{}))
	f.Add([]byte("PK"))
	f.Fuzz(func(t *testing.T, data []byte) {
		limits := file.Limits{Unpacked: 1 << 20, Memory: 8 << 20, Line: 1 << 16}
		s, err := file.Read(bytes.NewReader(data), int64(len(data)), nil, limits)
		if (s == nil) == (err == nil) {
			t.Fatalf("%v with %v", s, err)
		}
	})
}

func BenchmarkRead(b *testing.B) {
	data := write(b, sample(b, 20000), file.Options{})
	b.SetBytes(int64(len(data)))
	for b.Loop() {
		if _, err := read(data); err != nil {
			b.Fatal(err)
		}
	}
}
