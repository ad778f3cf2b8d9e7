package documents_test

import (
	"bufio"
	"encoding/json"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"

	"hybridaudit/sources/imports/documents"
)

type value struct {
	Text string
	Line int
	Item bool
}

func all(text string, l documents.Limits) (values []value, err error) {
	r := documents.NewReader(bufio.NewReaderSize(strings.NewReader(text), 16), "x.json", l)
	for {
		v, err := r.Next()
		if errors.Is(err, io.EOF) {
			return values, nil
		}
		if err != nil {
			return values, err
		}
		values = append(values, value{string(v.Raw), v.Line, v.Item})
	}
}

func TestValues(t *testing.T) {
	cases := map[string]struct {
		text string
		want []value
	}{
		"one":       {" {\"a\": [1, \"}\\\"]\"]}\n", []value{{`{"a": [1, "}\"]"]}`, 1, false}}},
		"lines":     {"{}\n{\"b\":\n{}}\n7", []value{{"{}", 1, false}, {"{\"b\":\n{}}", 2, false}, {"7", 4, false}}},
		"array":     {"[\n{\"a\":1},\n{\"a\":2}\n]", []value{{`{"a":1}`, 2, true}, {`{"a":2}`, 3, true}}},
		"arrays":    {"[{}][[1]]", []value{{"{}", 1, true}, {"[1]", 1, true}}},
		"none":      {" [] \r\n ", nil},
		"literals":  {"[null,true,-1.5e3,\"x\"]", []value{{"null", 1, true}, {"true", 1, true}, {"-1.5e3", 1, true}, {`"x"`, 1, true}}},
		"backslash": {`["a\\","b"]`, []value{{`"a\\"`, 1, true}, {`"b"`, 1, true}}},
		"long":      {`{"` + strings.Repeat("x", 100) + "\n\":1} 2", []value{{`{"` + strings.Repeat("x", 100) + "\n\":1}", 1, false}, {"2", 2, false}}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			got, err := all(c.text, documents.Limits{})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

func TestFaults(t *testing.T) {
	cases := map[string]struct{ text, want string }{
		"cut in an object": {"[{\"a\":1},\n{\"a\":", "x.json:2: the file ends within the object that begins in line 2: it was cut"},
		"cut in a text":    {"\n{\"a\": \"b", "x.json:2: the file ends within the text that begins in line 2: it was cut"},
		"cut in an array":  {"[{}\n,{}\n", "x.json:3: the file ends within the list that begins in line 1: it was cut"},
		"cut after comma":  {"[{},", "x.json:1: the file ends within the list that begins in line 1: it was cut"},
		"no comma":         {"[{}\n{}]", "x.json:2: a comma or the end of the list is missing"},
		"comma at the end": {"[{},]", "x.json:1: no JSON begins here"},
		"no JSON":          {"\n<html>", "x.json:2: no JSON begins here"},
		"too deep":         {`{"a":[[[[]]]]}`, "x.json:1: objects are nested deeper than 4"},
		"too large":        {`{"a":"` + strings.Repeat("x", 200) + `"}`, "x.json:1: a value is larger than 100 bytes"},
		"too large flat":   {`{` + strings.Repeat(" ", 200) + `}`, "x.json:1: a value is larger than 100 bytes"},
		"long literal":     {strings.Repeat("1", 200), "x.json:1: a value is larger than 100 bytes"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			_, err := all(c.text, documents.Limits{Value: 100, Depth: 4})
			var fault *documents.Error
			if !errors.As(err, &fault) || err.Error() != c.want {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestSourceFails(t *testing.T) {
	broken := errors.New("the disk is gone")
	r := documents.NewReader(bufio.NewReader(io.MultiReader(strings.NewReader(`{"a":`), iotest.ErrReader(broken))), "x.json", documents.Limits{})
	for range 2 {
		if _, err := r.Next(); !errors.Is(err, broken) {
			t.Errorf("got %v", err)
		}
	}
}

// FuzzDocuments holds that valid JSON comes out as it is, and that anything else ends with an error of a line.
func FuzzDocuments(f *testing.F) {
	for _, seed := range []string{`{"a":[1,"\\\""]}`, "[{},{}]", "{}\n{}", `[[`, `"`, "[1 2]", "nulltrue"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		values, err := all(text, documents.Limits{Value: 1 << 12, Depth: 20})
		var fault *documents.Error
		if err != nil && (!errors.As(err, &fault) || fault.Line < 1) {
			t.Fatalf("error %v", err)
		}
		var list []json.RawMessage
		if err == nil && json.Unmarshal([]byte(text), &list) == nil && list != nil {
			if len(list) != len(values) {
				t.Fatalf("%d values instead of %d", len(values), len(list))
			}
			for i := range list {
				if string(list[i]) != values[i].Text {
					t.Fatalf("%q instead of %q", values[i].Text, list[i])
				}
			}
		}
	})
}
