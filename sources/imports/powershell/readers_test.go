package powershell_test

import (
	"bufio"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/google/go-cmp/cmp"

	"hybridaudit/sources/imports/documents"
	"hybridaudit/sources/imports/plain"
	"hybridaudit/sources/imports/powershell"
)

type reader interface {
	Next() (powershell.Object, error)
}

func all(r reader) (objects []powershell.Object, err error) {
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

func fromJSON(text string, l powershell.Limits) ([]powershell.Object, error) {
	return all(powershell.NewJSONReader(bufio.NewReader(strings.NewReader(text)), "x.json", l))
}

func fromCSV(text string, l powershell.Limits) ([]powershell.Object, error) {
	return all(powershell.NewCSVReader(bufio.NewReader(strings.NewReader(text)), "x.csv", l))
}

func text(s string) powershell.Value { return powershell.Value{Kind: powershell.Text, Text: s} }

func object(line int, members ...powershell.Member) powershell.Object {
	return powershell.Object{Value: powershell.Value{Kind: powershell.Nested, Members: members}, Line: line}
}

func TestJSON(t *testing.T) {
	a := func(v powershell.Value) []powershell.Object {
		return []powershell.Object{object(1, powershell.Member{Name: "a", Value: v})}
	}
	cases := map[string]struct {
		text string
		want []powershell.Object
	}{
		"text":        {`{"a":"b"}`, a(text("b"))},
		"empty":       {`[{"a":""}]`, a(text(""))},
		"null":        {`{"a":null}`, a(powershell.Value{})},
		"flag":        {`{"a":false}`, a(powershell.Value{Kind: powershell.Bool})},
		"number":      {`{"a":12.50}`, a(powershell.Value{Kind: powershell.Number, Text: "12.50"})},
		"date":        {`{"a":"\/Date(1772352000000+0900)\/"}`, a(powershell.Value{Kind: powershell.Time, Time: time.Date(2026, 3, 1, 8, 0, 0, 0, time.UTC)})},
		"lost":        {`{"a":"System.Object[]"}`, a(powershell.Value{Kind: powershell.Lost, Text: "System.Object[]"})},
		"list":        {`{"a":["b",null]}`, a(powershell.Value{Kind: powershell.List, Items: []powershell.Value{text("b"), {}}})},
		"decorated":   {`{"a":{"value":"b","PSPath":"x"}}`, a(text("b"))},
		"nulls":       {`[null,{"a":"b"},null]`, a(text("b"))},
		"wrapper":     {`{"value":[{"a":"b"}],"Count":1}`, a(text("b"))},
		"not wrapped": {`{"value":[{"a":"b"}],"Other":1}`, []powershell.Object{object(1, powershell.Member{Name: "value", Value: powershell.Value{Kind: powershell.List, Items: []powershell.Value{a(text("b"))[0].Value}}}, powershell.Member{Name: "Other", Value: powershell.Value{Kind: powershell.Number, Text: "1"}})}},
		"lines":       {"{\"a\":\"b\"}\n\n{\"a\":\"c\"}", []powershell.Object{a(text("b"))[0], object(3, powershell.Member{Name: "a", Value: text("c")})}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			got, err := fromJSON(c.text, powershell.Limits{})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

// What an object may hold is counted for each object of a wrapper and of a list in a list.
func TestJSONCountsEachObject(t *testing.T) {
	one := `{"a":[1,2,3]}`
	many := strings.Repeat(one+",", 99) + one
	for _, in := range []string{"[" + many + "]", `{"value":[` + many + `],"Count":100}`, `{"Count":100,"value":[null,` + many + `]}`, "[[" + many + "]]"} {
		got, err := fromJSON(in, powershell.Limits{Values: 6})
		if err != nil || len(got) != 100 {
			t.Errorf("%.20s: %d objects, %v", in, len(got), err)
		}
	}
}

func TestJSONFaults(t *testing.T) {
	for in, want := range map[string]string{
		`{"a":tru}`:                 "x.json:1: the object that begins here is no JSON (save it again with ConvertTo-Json, and do not edit it)",
		"\n7":                       "x.json:2: there is a single value where an object is wanted (save whole objects: do not expand a property)",
		`[["a"]]`:                   "x.json:1: there is a list of values where objects are wanted (save whole objects: do not expand a property)",
		`{"a":[1,2,3,4,5,6]}`:       "x.json:1: the object that begins here has too many values (save fewer properties, or with a smaller -Depth)",
		`{"a":1,"b":1,"c":1}`:       "x.json:1: the object that begins here has too many values (save fewer properties, or with a smaller -Depth)",
		`{"value":["a"],"Count":1}`: "x.json:1: there is a list of values where objects are wanted (save whole objects: do not expand a property)",
		`{"value":[[]],"Count":1}`:  "x.json:1: there is a list of values where objects are wanted (save whole objects: do not expand a property)",
		`{"a":[[[[[[]]]]]]}`:        "x.json:1: objects are nested deeper than 4",
		`{"a":"` + long + `"}`:      "x.json:1: a value is larger than 400 bytes",
	} {
		_, err := fromJSON(in, powershell.Limits{Object: 100, Depth: 4, Values: 6, Columns: 2})
		if err == nil || err.Error() != want {
			t.Errorf("%.30q: got  %v\nwant %s", in, err, want)
		}
	}
}

var long = strings.Repeat("x", 500)

func TestCSV(t *testing.T) {
	one := []powershell.Object{object(2, powershell.Member{Name: "a", Value: text("1")}, powershell.Member{Name: "b c", Value: text("x;y")})}
	for name, in := range map[string]string{
		"commas": "a,b c\n1,x;y\n", "quotes": "\"a\",\"b c\"\r\n\"1\",\"x;y\"\r\n", "semicolons": "a;\"b c\"\n1;\"x;y\"", "tabs": "a\tb c\n1\tx;y\n", "blanks": " a , b c \n1,x;y\n",
	} {
		got, err := fromCSV(in, powershell.Limits{})
		if err != nil {
			t.Fatal(name, err)
		}
		if diff := cmp.Diff(one, got); diff != "" {
			t.Errorf("%s: -want +got:\n%s", name, diff)
		}
	}
	got, err := fromCSV("#TYPE Selected.System.Management.X\n\"a\",\"b\"\n,\"System.Collections.Generic.List`1[System.String]\"\n", powershell.Limits{})
	want := []powershell.Object{object(3, powershell.Member{Name: "a"}, powershell.Member{Name: "b", Value: powershell.Value{Kind: powershell.Lost, Text: "System.Collections.Generic.List`1[System.String]"}})}
	want[0].Types = []string{"System.Management.X"}
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("%v, -want +got:\n%s", err, diff)
	}
}

func TestCSVFaults(t *testing.T) {
	for in, want := range map[string]string{
		"a,b\n1\n":                  "x.csv:2: the line has another number of fields than the first one: the file was cut, or its separators were changed (save the objects again)",
		"a,b\n1,\"2":                "x.csv:2: a quote is not closed or stands where none may: the file was cut or edited (save the objects again)",
		"#TYPE X\na,b\n1,x\"y\n":    "x.csv:3: a quote is not closed or stands where none may: the file was cut or edited (save the objects again)",
		"a,,b\n":                    "x.csv:1: the first line does not name the columns: a name is empty or stands twice (save the objects with Export-Csv or Export-Clixml)",
		"a,b,c,d\n":                 "x.csv:1: there are more than 3 columns",
		"a,b\n1,\"" + long + "\"\n": "x.csv:1: a line is longer than 100 bytes", // the file is read ahead
	} {
		_, err := fromCSV(in, powershell.Limits{Object: 100, Columns: 3})
		if err == nil || err.Error() != want {
			t.Errorf("%.30q: got  %v\nwant %s", in, err, want)
		}
	}
	broken := errors.New("the disk is gone")
	for _, begun := range []string{"", "a,b\n", "#TYPE x", "a,b\n1,\"x"} {
		r := powershell.NewCSVReader(bufio.NewReader(io.MultiReader(strings.NewReader(begun), iotest.ErrReader(broken))), "x.csv", powershell.Limits{})
		if _, err := all(r); !errors.Is(err, broken) {
			t.Errorf("%q: %v", begun, err)
		}
	}
}

func TestTypeNames(t *testing.T) {
	for in, want := range map[string]bool{
		"System.Object[]": true, "System.Collections.Generic.List`1[System.String]": true, "Microsoft.Rtc.Management.WritableConfig.Settings.Edge.DomainPattern": true,
		"Deserialized.Microsoft.Rtc.Management.Xds.X": true, "string[]": true, "System.Collections.Hashtable": true, "System manager": false, "Microsoft": false, "Microsoft Teams": false,
		"contoso.com": false, "System.": false, "microsoft.com": false,
	} {
		if powershell.IsTypeName(in) != want {
			t.Errorf("%s: %t", in, !want)
		}
	}
}

func TestHash(t *testing.T) {
	v, ok := powershell.Hash("@{Name=a=b; Authority=; List=System.Object[]}")
	want := powershell.Value{Kind: powershell.Nested, Members: []powershell.Member{{Name: "Name", Value: text("a=b")}, {Name: "Authority"}, {Name: "List", Value: powershell.Value{Kind: powershell.Lost, Text: "System.Object[]"}}}}
	if diff := cmp.Diff(want, v); !ok || diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if _, ok := powershell.Hash("@{x"); ok {
		t.Error("half an object is one")
	}
}

func TestParseJSON(t *testing.T) {
	if v, ok := powershell.ParseJSON(`{"name":"a"}`); !ok || v.Members[0].Value.Text != "a" {
		t.Errorf("%+v", v)
	}
	if v, ok := powershell.ParseJSON(" [\"" + strings.Repeat("[", 50) + `\"",{"b":[]}] `); !ok || v.Kind != powershell.List || len(v.Items) != 2 {
		t.Errorf("brackets within a text count: %+v", v)
	}
	for _, in := range []string{
		"", "{", "1,2", "{},{}", "]", `{"a":tru}`, strings.Repeat("[", 50) + strings.Repeat("]", 50), strings.Repeat("[", 30<<20), `{"a":` + strings.Repeat("[", 30<<20), `{},` + strings.Repeat("[", 30<<20),
		`"` + strings.Repeat("x", 1<<20) + `"`,
	} {
		if _, ok := powershell.ParseJSON(in); ok {
			t.Errorf("%.10q is taken", in)
		}
	}
}

func seeds(f *testing.F, pattern string) {
	samples, err := filepath.Glob("../testdata/exports/" + pattern)
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
}

var fuzzed = powershell.Limits{Object: 1 << 14, Depth: 20, Values: 1000, Columns: 100}

// FuzzJSON feeds anything. What is read is bounded, and an error names a line.
func FuzzJSON(f *testing.F) {
	seeds(f, "*.json")
	f.Add([]byte(`{"value":[{"a":"/Date(0)/"}],"Count":1}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		objects, err := all(powershell.NewJSONReader(plain.UTF8(strings.NewReader(string(data))), "x.json", fuzzed))
		var fault *powershell.Error
		var cut *documents.Error
		if err != nil && !(errors.As(err, &fault) && fault.Line > 0) && !(errors.As(err, &cut) && cut.Line > 0) {
			t.Fatalf("error %v", err)
		}
		for _, o := range objects {
			if o.Kind != powershell.Nested || o.Line < 1 {
				t.Fatalf("%+v", o)
			}
		}
	})
}

// FuzzCSV feeds anything. Each object has the columns of the header, and an error names a line.
func FuzzCSV(f *testing.F) {
	seeds(f, "*.csv")
	f.Add([]byte("a;b\n\"1\";\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		r := powershell.NewCSVReader(plain.UTF8(strings.NewReader(string(data))), "x.csv", fuzzed)
		objects, err := all(r)
		var fault *powershell.Error
		if err != nil && (!errors.As(err, &fault) || fault.Line < 1) {
			t.Fatalf("error %v", err)
		}
		for _, o := range objects {
			if len(o.Members) != len(r.Header()) || len(o.Members) > fuzzed.Columns {
				t.Fatalf("%+v", o)
			}
		}
	})
}
