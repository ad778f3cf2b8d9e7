package xlsx_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/tiendc/go-deepcopy"
)

// column has what the structs have that excelize copies.
type column struct {
	Min, Max int
	Width    *float64
	Style    []string
	Names    map[string][]int
	Any      any
	Inner    struct{ Text *string }
	Made     time.Time
	Array    [2]*int
	hidden   *int
}

func filled() column {
	width, text, n := 12.5, "text", 7
	c := column{Min: 1, Max: 3, Width: &width, Style: []string{"a", "b"}, Names: map[string][]int{"x": {1, 2}}, Any: []any{map[string]any{"k": "v"}, nil}, Made: time.Unix(100, 0).UTC(), Array: [2]*int{&n, nil}}
	c.Inner.Text = &text
	return c
}

// The stand-in for a module that excelize uses makes copies that share nothing.
func TestCopiesShareNothing(t *testing.T) {
	from, want := filled(), filled()
	from.hidden = new(int)
	for name, src := range map[string]any{"value": from, "pointer": &from} {
		var to column
		if err := deepcopy.Copy(&to, src); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if d := cmp.Diff(want, to, cmp.AllowUnexported(column{})); d != "" {
			t.Errorf("%s: %s", name, d)
		}
		*to.Width, to.Style[0], to.Names["x"][0], *to.Inner.Text, *to.Array[0] = 0, "changed", 9, "changed", 0
		to.Any.([]any)[0].(map[string]any)["k"] = "changed"
		from.hidden = nil
		if d := cmp.Diff(want, from, cmp.AllowUnexported(column{})); d != "" {
			t.Errorf("%s: changing the copy changed what was copied: %s", name, d)
		}
	}
}

func TestWhatCannotBeCopied(t *testing.T) {
	type ring struct{ Next *ring }
	round := &ring{}
	round.Next = round
	var c column
	for name, err := range map[string]error{
		"no pointer": deepcopy.Copy(c, c), "nil": deepcopy.Copy((*column)(nil), c), "another type": deepcopy.Copy(&c, 7), "nothing": deepcopy.Copy(&c, nil), "a ring": deepcopy.Copy(&ring{}, round),
	} {
		if err == nil {
			t.Errorf("%s was copied", name)
		}
	}
}
