package imports_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"hybridaudit/sources/evidence"
	"hybridaudit/sources/evidence/directory"
	"hybridaudit/sources/imports"
	"hybridaudit/sources/imports/ldif"
	"hybridaudit/sources/lab"
	"hybridaudit/sources/lab/plant"
)

func organisation(t testing.TB, people int) lab.Organisation {
	t.Helper()
	o, err := plant.New(plant.Options{People: people, Now: exported(), Alone: true})
	if err != nil {
		t.Fatal(err)
	}
	return o
}

// TestWriteLDIF reads back what the sample organisation is written as for loading.
func TestWriteLDIF(t *testing.T) {
	o := organisation(t, 300)
	var text bytes.Buffer
	if err := plant.WriteLDIF(&text, o.Directory); err != nil {
		t.Fatal(err)
	}
	entries := map[string]lab.Entry{}
	for _, e := range o.Directory.Entries {
		entries[e.DN] = e
	}
	r := ldif.NewReader(&text, "lab.ldf", ldif.Limits{})
	read := 0
	for {
		got, err := r.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		read++
		e, ok := entries[string(got.DN)]
		if !ok {
			t.Fatalf("%s was not written", got.DN)
		}
		for _, a := range got.Attributes {
			name := string(a.Name)
			if name == "userAccountControl" || name == "pwdLastSet" {
				continue // written as a client may set them
			}
			if diff := cmp.Diff(e.Values(name), a.Values); diff != "" {
				t.Errorf("%s of %s (-want +got):\n%s", name, got.DN, diff)
			}
		}
	}
	if why, _ := r.Cut(); why != "" || read < 300 {
		t.Errorf("%d records, cut: %q", read, why)
	}
}

// export is a directory as records.
func export(d lab.Directory) []entry {
	var all []entry
	for _, e := range d.Entries {
		one := entry{dn: e.DN}
		for _, a := range e.Attributes {
			for _, v := range a.Values {
				one.lines = append(one.lines, a.Name+": "+string(v))
			}
		}
		all = append(all, one)
	}
	// The server makes the cross reference of its domain.
	return append(all, entry{"CN=" + d.NetBIOSName + ",CN=Partitions," + d.ConfigurationDN(), []string{
		"objectClass: crossRef", "nCName: " + d.BaseDN, "dnsRoot: " + d.ForestName, "nETBIOSName: " + d.NetBIOSName, "systemFlags: 3",
	}})
}

// TestSampleOrganisation imports the sample organisation as ldifde would have exported it, and compares each value with that of the directory.
func TestSampleOrganisation(t *testing.T) {
	o := organisation(t, 300)
	s := read(t, imports.Options{AllAttributes: true, Wanted: slices.DeleteFunc(evidence.SchemaOf(evidence.ADUsers).Names(), func(name string) bool {
		return name == evidence.ADForestColumn
	})}, file("all.ldf", ldifde(export(o.Directory))))
	entries := map[string]lab.Entry{}
	for _, e := range o.Directory.Entries {
		entries[e.DN] = e
	}
	rows := 0
	for _, d := range []evidence.Dataset{evidence.ADUsers, evidence.ADContacts, evidence.ADGroups} {
		for got := range s.ADObjects(d) {
			rows++
			e := entries[got.DN()]
			for _, column := range evidence.SchemaOf(d) {
				if want := printed(column, e); column.Name != evidence.ADForestColumn && column.Name != "distinguishedName" {
					if diff := cmp.Diff(want, got.Attribute(column.Name)); diff != "" {
						t.Errorf("%s of %s (-want +got):\n%s", column.Name, got.DN(), diff)
					}
				}
			}
		}
		if c := coverage(t, s, d); c.State != evidence.Complete || c.Rows == 0 {
			t.Errorf("%s is %v: %s", d, c.State, c.Reason)
		}
	}
	if rows < 300 {
		t.Errorf("%d rows", rows)
	}
	for f := range s.Forests() {
		if f.Name() != o.Directory.ForestName || f.GUID() != o.Directory.DomainGUID || f.RTCService() == "" {
			t.Errorf("forest %s %s %s", f.Name(), f.GUID(), f.RTCService())
		}
	}
}

// printed gives the values of an entry as evidence shows them.
func printed(column evidence.Column, e lab.Entry) []string {
	values := e.Values(column.Name)
	if len(values) == 0 {
		return nil
	}
	var all []string
	for _, v := range values {
		text := string(v)
		switch column.Kind {
		case evidence.GUID:
			g, _ := directory.GUIDFromBytes(v)
			text = g.String()
		case evidence.Bytes:
			if sid, err := directory.SIDText(v); err == nil {
				text = sid
			} else if g, err := directory.GUIDFromBytes(v); err == nil {
				text = g.String()
			} else {
				text = fmt.Sprintf("%x", v)
			}
		case evidence.Time:
			at, _ := directory.ParseGeneralizedTime(text)
			text = at.UTC().Format(time.RFC3339)
		case evidence.Count:
			return []string{fmt.Sprint(len(values))}
		case evidence.Size:
			return []string{fmt.Sprint(len(v))}
		case evidence.Text, evidence.Name, evidence.List, evidence.NameList, evidence.Int, evidence.Bool, evidence.Records:
		}
		all = append(all, strings.ToValidUTF8(text, "\uFFFD"))
	}
	if column.Kind != evidence.List && column.Kind != evidence.NameList {
		all = all[:1]
	}
	return all
}
