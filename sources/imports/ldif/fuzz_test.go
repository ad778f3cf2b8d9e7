package ldif_test

import (
	"bytes"
	"encoding/base64"
	"errors"
	"io"
	"testing"

	"hybridaudit/sources/imports/ldif"
)

// FuzzLDIF feeds anything. Whatever is read must be the same after it was written and read again.
func FuzzLDIF(f *testing.F) {
	for _, seed := range []string{
		headOne + alice + bob + refs + okEnd + counts, headPage + alice + okEnd + more + headPage + bob + okEnd + last + counts, headL + bob,
		"dn: CN=a\r\nchangetype: add\r\ncn:: AAEC\r\n AwQ=\r\nmember;range=0-1: x\r\n\r\n", "dn: CN=a\n# c\n d\ncn: a\n-\n", "version: 1\ndn:: AAE", "\xff\xfed\x00n\x00:\x00\n\x00",
		"# a\nCNF:x\ndn: a\nb:< c\n", "# pagedresults: cookie=\ndn: a\n\nref: x\n",
	} {
		f.Add([]byte(seed))
	}
	limits := ldif.Limits{Line: 4096, Record: 1 << 16, Values: 1000, Attributes: 200, Searches: 20}
	f.Fuzz(func(t *testing.T, data []byte) {
		first, err := all(data, limits)
		var fault *ldif.Error
		if err != nil && (!errors.As(err, &fault) || fault.Line < 1 || fault.What == "") {
			t.Fatalf("error %v", err)
		}
		var written bytes.Buffer
		for _, r := range first {
			written.WriteString("dn:: " + base64.StdEncoding.EncodeToString(r.DN) + "\n")
			for _, a := range r.Attributes {
				for _, v := range a.Values {
					written.WriteString(string(a.Name) + ":: " + base64.StdEncoding.EncodeToString(v) + "\n")
				}
			}
			written.WriteByte('\n')
		}
		second, err := all(written.Bytes(), ldif.Limits{})
		if err != nil || len(second) != len(first) {
			t.Fatalf("%d records became %d: %v", len(first), len(second), err)
		}
		for i := range first {
			if !same(first[i], second[i]) {
				t.Fatalf("%v became %v", first[i], second[i])
			}
		}
	})
}

// all gives copies of the records up to an error.
func all(data []byte, l ldif.Limits) (records []ldif.Record, err error) {
	r := ldif.NewReader(bytes.NewReader(data), "fuzz.ldf", l)
	for {
		got, err := r.Next()
		if err != nil {
			for _, s := range r.Searches() {
				_, _ = s.Fault(), s.Abrupt()
			}
			if errors.Is(err, io.EOF) {
				err = nil
			}
			return records, err
		}
		c := ldif.Record{DN: bytes.Clone(got.DN)}
		for _, a := range got.Attributes {
			k := ldif.Attribute{Name: bytes.Clone(a.Name)}
			for _, v := range a.Values {
				k.Values = append(k.Values, bytes.Clone(v))
			}
			c.Attributes = append(c.Attributes, k)
		}
		records = append(records, c)
	}
}

func same(a, b ldif.Record) bool {
	if !bytes.Equal(a.DN, b.DN) || len(a.Attributes) != len(b.Attributes) {
		return false
	}
	for i := range a.Attributes {
		if !bytes.Equal(a.Attributes[i].Name, b.Attributes[i].Name) || len(a.Attributes[i].Values) != len(b.Attributes[i].Values) {
			return false
		}
		for j, v := range a.Attributes[i].Values {
			if !bytes.Equal(v, b.Attributes[i].Values[j]) {
				return false
			}
		}
	}
	return true
}
