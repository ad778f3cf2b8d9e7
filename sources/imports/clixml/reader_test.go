package clixml_test

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/google/go-cmp/cmp"

	"hybridaudit/sources/imports/clixml"
	"hybridaudit/sources/imports/plain"
	"hybridaudit/sources/imports/powershell"
)

func all(source io.Reader, l powershell.Limits) (objects []powershell.Object, err error) {
	r := clixml.NewReader(plain.UTF8(source), "x.xml", l)
	for {
		o, err := r.Next()
		if errors.Is(err, io.EOF) {
			return objects, nil
		}
		if err != nil {
			return objects, err
		}
		objects = append(objects, o)
	}
}

func members(t *testing.T, properties string) map[string]powershell.Value {
	t.Helper()
	objects, err := all(strings.NewReader(`<?xml version="1.0" encoding="utf-16"?><!-- x --><Objs Version="1.1.0.1" xmlns="x"><Obj RefId="0"><TN RefId="0"><T>Selected.A.B</T></TN><MS>`+properties+`</MS></Obj></Objs>`), powershell.Limits{})
	if err != nil || len(objects) != 1 {
		t.Fatal(objects, err)
	}
	got := map[string]powershell.Value{}
	for _, m := range objects[0].Members {
		got[m.Name] = m.Value
	}
	return got
}

func TestValues(t *testing.T) {
	text := func(s string) powershell.Value { return powershell.Value{Kind: powershell.Text, Text: s} }
	cases := map[string]struct {
		xml  string
		want powershell.Value
	}{
		"text":              {`<S N="a">b &amp; c_x000A__x005F_d</S>`, text("b & c\n_d")},
		"empty text":        {`<S N="a"></S>`, text("")},
		"null":              {`<Nil N="a" />`, powershell.Value{}},
		"flag":              {`<B N="a">true</B>`, powershell.Value{Kind: powershell.Bool, Bool: true}},
		"number":            {`<I64 N="a">-12</I64>`, powershell.Value{Kind: powershell.Number, Text: "-12"}},
		"id":                {`<G N="a">0a0a0a0a-0000-4000-8000-000000000001</G>`, text("0a0a0a0a-0000-4000-8000-000000000001")},
		"time with a zone":  {`<DT N="a">2026-03-01T10:00:00.1234567+02:00</DT>`, powershell.Value{Kind: powershell.Time, Time: time.Date(2026, 3, 1, 8, 0, 0, 123456700, time.UTC)}},
		"time without":      {`<DT N="a">2026-03-01T10:00:00</DT>`, powershell.Value{Kind: powershell.Time, Time: time.Date(2026, 3, 1, 10, 0, 0, 0, time.UTC)}},
		"secret":            {`<SS N="a">01000000d08c</SS>`, powershell.Value{Kind: powershell.Lost}},
		"type in a text":    {`<S N="a">System.String[]</S>`, powershell.Value{Kind: powershell.Lost, Text: "System.String[]"}},
		"unknown reference": {`<Ref N="a" RefId="77" />`, powershell.Value{Kind: powershell.Lost}},
		"enumeration":       {`<Obj N="a" RefId="1"><TN RefId="1"><T>X.Kind</T></TN><ToString>Open</ToString><I32>1</I32></Obj>`, powershell.Value{Kind: powershell.Text, Text: "Open", Types: []string{"X.Kind"}}},
		"list": {
			`<Obj N="a" RefId="1"><TNRef RefId="0"/><LST><S>b</S><Nil/><I32>1</I32></LST><Props><I32 N="Capacity">4</I32></Props></Obj>`,
			powershell.Value{Kind: powershell.List, Items: []powershell.Value{text("b"), {}, {Kind: powershell.Number, Text: "1"}}, Types: []string{"A.B"}},
		},
		"beyond the depth": {`<Obj N="a" RefId="1"><TN RefId="1"><T>Deserialized.X.Pool</T></TN><ToString>pool01</ToString></Obj>`, powershell.Value{Kind: powershell.Text, Text: "pool01", Types: []string{"X.Pool"}}},
		"text with members": {
			`<Obj N="a" RefId="1"><TN RefId="1"><T>System.String</T></TN><ToString>b</ToString><S>b</S><MS><S N="PSPath">c</S></MS></Obj>`,
			powershell.Value{Kind: powershell.Text, Text: "b", Types: []string{"System.String"}},
		},
		"object": {
			`<Obj N="a" RefId="1"><ToString>shown</ToString><Props><S N="Name">b</S></Props><MS><B N="Own">false</B></MS></Obj>`,
			powershell.Value{Kind: powershell.Nested, Text: "shown", Members: []powershell.Member{{Name: "Name", Value: text("b")}, {Name: "Own", Value: powershell.Value{Kind: powershell.Bool}}}},
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(c.want, members(t, c.xml)["a"]); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

func TestLimits(t *testing.T) {
	object := func(inner string) string { return `<Objs><Obj RefId="0"><MS>` + inner + `</MS></Obj></Objs>` }
	cases := map[string]struct{ xml, want string }{
		"size":       {object(`<S N="a">` + strings.Repeat("x", 5000) + `</S>`), "x.xml:1: an object is larger than 4096 bytes (pipe the objects into Export-Clixml, so that they are saved one by one)"},
		"depth":      {object(strings.Repeat(`<Obj N="a"><MS>`, 20)), "x.xml:1: objects are nested deeper than 10 (save the objects with a smaller -Depth)"},
		"values":     {object(`<Obj><LST>` + strings.Repeat(`<I32>1</I32>`, 60)), "x.xml:1: an object has more than 50 values (save fewer properties)"},
		"properties": {object(strings.Repeat(`<I32 N="a">1</I32>`, 30)), "x.xml:1: an object has more than 20 properties (save fewer properties)"},
		"deep skip":  {`<Objs><Obj><MS><SS>` + strings.Repeat("<a>", 30), "x.xml:1: elements are nested deeper than 10 (save the objects with a smaller -Depth)"},
		"mismatch":   {`<Objs><Obj><MS></Obj></MS></Objs>`, "x.xml:1: another element ends than began (save the objects again with Export-Clixml, and do not edit the file)"},
		"entity":     {object(`<S N="a">&x;</S>`), "x.xml:1: this is no XML that can be read (save the objects again with Export-Clixml, and do not edit the file)"},
		"two roots":  {`<Objs></Objs><Objs></Objs>`, "x.xml:1: something follows the objects (save the objects again with Export-Clixml)"},
		"a bad date": {object(`<DT N="a">soon</DT>`), "x.xml:1: a date is none (save the objects again with Export-Clixml, and do not edit the file)"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			_, err := all(strings.NewReader(c.xml), powershell.Limits{Object: 4096, Depth: 10, Values: 50, Columns: 20, Refs: 3})
			if err == nil || err.Error() != c.want {
				t.Errorf("got  %v\nwant %s", err, c.want)
			}
		})
	}
}

// References to references cost what they expand to: each object here is ten of the one before.
func TestReferencesThatGrow(t *testing.T) {
	bomb := func(content string) string {
		var b strings.Builder
		b.WriteString(`<Objs><Obj RefId="0"><MS><Obj RefId="a0"><LST>` + content + `</LST></Obj>`)
		for i := range 9 {
			fmt.Fprintf(&b, `<Obj N="p%d" RefId="a%d"><LST>%s</LST></Obj>`, i, i+1, strings.Repeat(fmt.Sprintf(`<Ref RefId="a%d"/>`, i), 10))
		}
		return b.String() + `</MS></Obj></Objs>`
	}
	cases := map[string]struct{ xml, want string }{
		"values": {bomb(`<S>x</S>`), "x.xml:1: an object has more than 1000000 values (save fewer properties)"},
		"bytes":  {bomb(`<S>` + strings.Repeat("x", 10_000) + `</S>`), "x.xml:1: an object is larger than 67108864 bytes (pipe the objects into Export-Clixml, so that they are saved one by one)"},
	}
	for name, c := range cases {
		if _, err := all(strings.NewReader(c.xml), powershell.Limits{}); err == nil || err.Error() != c.want {
			t.Errorf("%s: got  %v\nwant %s", name, err, c.want)
		}
	}
}

// Any number of objects may be saved. Those that nobody referred to for the longest time are forgotten: a reference to one is a lost value, never another one's.
func TestReferencesAreForgotten(t *testing.T) {
	inner := func(id, text string) string {
		return `<Obj N="own" RefId="` + id + `"><LST><S>` + text + `</S></LST></Obj>`
	}
	object := func(properties string) string { return `<Obj><MS>` + properties + `</MS></Obj>` }
	file := `<Objs>` + object(inner("shared", "x")+`<Nil N="again"/>`)
	for i := range 20 {
		file += object(inner(strconv.Itoa(i), "y") + `<Ref N="again" RefId="shared"/>`)
	}
	file += object(`<Ref N="own" RefId="0"/><Ref N="again" RefId="19"/>`) + `</Objs>`
	x, y := powershell.Value{Kind: powershell.List, Items: []powershell.Value{{Kind: powershell.Text, Text: "x"}}}, powershell.Value{Kind: powershell.List, Items: []powershell.Value{{Kind: powershell.Text, Text: "y"}}}
	for name, l := range map[string]powershell.Limits{"number": {Refs: 4}, "bytes": {Held: 150}} {
		objects, err := all(strings.NewReader(file), l)
		if err != nil || len(objects) != 22 {
			t.Fatal(name, len(objects), err)
		}
		for i, o := range objects[1:21] {
			if again, _ := o.Get("again"); !cmp.Equal(again, x) {
				t.Errorf("%s: object %d refers to %+v", name, i, again)
			}
		}
		first, _ := objects[21].Get("own")
		last, _ := objects[21].Get("again")
		if !cmp.Equal(first, powershell.Value{Kind: powershell.Lost}) || !cmp.Equal(last, y) {
			t.Errorf("%s: %+v and %+v", name, first, last)
		}
	}
}

func TestSourceFails(t *testing.T) {
	broken := errors.New("the disk is gone")
	r := clixml.NewReader(bufio.NewReader(io.MultiReader(strings.NewReader(`<Objs><Obj`), iotest.ErrReader(broken))), "x.xml", powershell.Limits{})
	for range 2 {
		if _, err := r.Next(); !errors.Is(err, broken) {
			t.Errorf("got %v", err)
		}
	}
}

func TestUnescape(t *testing.T) {
	for in, want := range map[string]string{
		"": "", "plain": "plain", "_x0041_": "A", "_x005F_x0041_": "_x0041_", "_xD83D__xDE00_!": "😀!", "_xD83D_a": "\uFFFDa", "_xDE00_": "\uFFFD", "_x41_": "_x41_", "a_xZZZZ_b": "a_xZZZZ_b", "_x": "_x",
		"_xD83D__x0041_": "\uFFFDA",
	} {
		if got := clixml.Unescape(in); got != want {
			t.Errorf("%q became %q, want %q", in, got, want)
		}
	}
}

// FuzzCliXml feeds anything. What is read is bounded, and an error names a line.
func FuzzCliXml(f *testing.F) {
	samples, err := filepath.Glob("../testdata/exports/*.xml")
	if err != nil || len(samples) == 0 {
		f.Fatal(samples, err)
	}
	for _, path := range samples {
		data, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Add([]byte(`<Objs><Obj RefId="0"><TN RefId="0"><T>a</T></TN><DCT><En><S N="Key">a</S><Ref N="Value" RefId="0"/></En></DCT></Obj></Objs>`))
	limits := powershell.Limits{Object: 1 << 16, Depth: 20, Values: 1000, Columns: 100, Refs: 100}
	f.Fuzz(func(t *testing.T, data []byte) {
		objects, err := all(strings.NewReader(string(data)), limits)
		var fault *powershell.Error
		if err != nil && (!errors.As(err, &fault) || fault.Line < 1) {
			t.Fatalf("error %v", err)
		}
		for _, o := range objects {
			if o.Kind != powershell.Nested || o.Line < 1 || len(o.Members) > limits.Columns*2 {
				t.Fatalf("%+v", o)
			}
		}
	})
}
