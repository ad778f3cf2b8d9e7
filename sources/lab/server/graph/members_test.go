package graphlab

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestProjectKeepsWhatIsNamed(t *testing.T) {
	raw := []byte("{ \"@odata.type\" : \"#microsoft.graph.x\" ,\n\"a\":{\"b\":[1,{\"c\":\"}\\\"\"}]}, \"n\":null,\"t\":-1.5e3 ,\"s\":\"\\\\\"}")
	tests := []struct {
		names []string
		want  string
	}{
		{nil, `{"@odata.type":"#microsoft.graph.x","a":{"b":[1,{"c":"}\""}]},"n":null,"t":-1.5e3,"s":"\\"}`},
		{[]string{"n", "s"}, `{"@odata.type":"#microsoft.graph.x","n":null,"s":"\\"}`},
		{[]string{"missing"}, `{"@odata.type":"#microsoft.graph.x"}`},
	}
	for _, tt := range tests {
		var names map[string]bool
		if tt.names != nil {
			names = map[string]bool{}
			for _, n := range tt.names {
				names[n] = true
			}
		}
		if d := cmp.Diff(tt.want, string(project(nil, raw, names, nil))); d != "" {
			t.Error(d)
		}
	}
}

// FuzzEachMember holds the walker to encoding/json: the same members on valid objects, an end on everything else.
func FuzzEachMember(f *testing.F) {
	for _, seed := range []string{`{}`, `{"a":1}`, `{"a":{"b":[1,2,"]"]},"c":"\""}`, `{"a"`, `[`, `{"a":}`, ` { "x" : [ { } ] } `, `{"a":"\`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		got := map[string]string{}
		err := eachMember(raw, func(key, value []byte) {
			var name string
			if json.Unmarshal([]byte(`"`+string(key)+`"`), &name) == nil {
				got[name] = string(value)
			}
		})
		var want map[string]json.RawMessage
		if json.Unmarshal(raw, &want) != nil || want == nil {
			return
		}
		if err != nil {
			t.Fatalf("valid object refused: %v", err)
		}
		for name, value := range want {
			if got[name] != string(value) {
				t.Errorf("member %q: got %q, want %q", name, got[name], value)
			}
		}
	})
}
