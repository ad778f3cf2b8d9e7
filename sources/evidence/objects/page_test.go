package objects_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"hybridaudit/sources/evidence"
	"hybridaudit/sources/evidence/objects"
)

// A page of nothing but brackets is refused before anything calls itself for each of them.
func TestNestedPages(t *testing.T) {
	const deep = 1_000_000
	within := func(n int) string {
		return `{"value":[{"a":` + strings.Repeat("[", n) + strings.Repeat("]", n) + `}]}`
	}
	cases := map[string]struct{ body, want string }{
		"lists":              {`{"value":` + strings.Repeat("[", deep), "the page's objects are nested deeper than 200"},
		"objects":            {strings.Repeat(`{"value":`, deep), "the page's objects are nested deeper than 200"},
		"behind a text":      {`{"a":"\\\"]","value":` + strings.Repeat("[", deep), "the page's objects are nested deeper than 200"},
		"one too deep":       {within(198), "the page's objects are nested deeper than 200"},
		"just not":           {within(197), ""},
		"side by side":       {`{"value":[` + strings.Repeat("[],{},", 1000) + `[]]}`, ""},
		"brackets in a text": {`{"value":[{"a":"` + strings.Repeat(`[{\"`, 1000) + `"}]}`, ""},
		"an open text":       {`{"value":"` + strings.Repeat("[", deep), "the page is not complete JSON"},
		"an open escape":     {`{"value":"\`, "the page is not complete JSON"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			_, err := objects.ReadPage([]byte(c.body), nil, false)
			var fault *objects.PageError
			switch {
			case c.want == "" && err != nil, c.want != "" && !errors.As(err, &fault), fault != nil && fault.Problem != c.want:
				t.Errorf("got %.200v, want %q", err, c.want)
			}
		})
	}
}

func TestDiffering(t *testing.T) {
	const id = `{"id":"0a0a0a0a-0000-4000-8000-000000000001","mail":`
	for again, want := range map[string]int{id + `"a/b"}`: 0, id + ` "a/b" }`: 0, id + `"c"}`: 1, id + `null}`: 1} {
		r := objects.NewRows(evidence.NewBuilder(time.Time{}).Table(evidence.TenantUsers), "", nil)
		r.Compare = true
		if !r.Add([]byte(id+`"a/b"}`)) || r.Add([]byte(again)) || r.Differing() != want {
			t.Errorf("%s: %d, want %d", again, r.Differing(), want)
		}
	}
}
