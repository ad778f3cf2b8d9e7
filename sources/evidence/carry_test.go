package evidence_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"hybridaudit/sources/evidence"
	"hybridaudit/sources/evidence/directory"
)

func newTable(d evidence.Dataset) *evidence.Table {
	return evidence.NewBuilder(time.Date(2026, 11, 21, 9, 0, 0, 0, time.UTC)).Table(d)
}

// fillCell puts something into a cell, or nothing.
func fillCell(r *rapid.T, row evidence.Row, col int, c evidence.Column) {
	if rapid.IntRange(0, 2).Draw(r, "absent") == 0 {
		return
	}
	text := rapid.StringMatching(`[a-dé]{0,3}`)
	switch c.Kind {
	case evidence.Text, evidence.Name:
		_ = row.SetText(col, text.Draw(r, c.Name))
	case evidence.List, evidence.NameList:
		for range rapid.IntRange(0, 3).Draw(r, "values") {
			_ = row.SetText(col, text.Draw(r, c.Name))
		}
	case evidence.Bytes:
		_ = row.SetBytes(col, []byte(text.Draw(r, c.Name)))
	case evidence.Int, evidence.Count, evidence.Size:
		row.SetInt(col, rapid.Int64Range(-5, 5).Draw(r, c.Name))
	case evidence.Time:
		row.SetTime(col, time.Unix(rapid.Int64Range(0, 1<<33).Draw(r, c.Name), 0))
	case evidence.Bool:
		row.SetBool(col, rapid.Bool().Draw(r, c.Name))
	case evidence.GUID:
		row.SetGUID(col, directory.GUID{rapid.Byte().Draw(r, c.Name), 1})
	case evidence.Records:
		for range rapid.IntRange(0, 2).Draw(r, "records") {
			record := row.NewRecord(col)
			for i, field := range c.Fields {
				fillCell(r, record, i, field)
			}
		}
	}
}

// Carried rows are like their originals, whichever are carried and whatever stands between them.
func TestCarrier(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		d := rapid.SampledFrom(evidence.Datasets()).Draw(r, "dataset")
		schema := evidence.SchemaOf(d)
		from, to, empty := newTable(d), newTable(d), newRowOf(d)
		for range rapid.IntRange(0, 4).Draw(r, "rows") {
			row := from.NewRow()
			for i, c := range schema {
				fillCell(r, row, i, c)
			}
		}
		carrier := evidence.NewCarrier(from, to)
		var want []string
		for row := range from.Rows() {
			if rapid.Bool().Draw(r, "own row") {
				own := to.NewRow()
				fillCell(r, own, len(schema)-1, schema[len(schema)-1])
				want = append(want, string(to.AppendJSON(nil, to.Rows()-1)))
			}
			if !rapid.Bool().Draw(r, "carried") {
				continue
			}
			carried := to.NewRow()
			for col := range schema {
				there := carrier.Cell(carried, col, row)
				if !evidence.SameCell(col, from, row, to, to.Rows()-1) {
					r.Fatalf("column %s differs", schema[col].Name)
				}
				if there == evidence.SameCell(col, from, row, empty, 0) {
					r.Fatalf("column %s: there %v", schema[col].Name, there)
				}
			}
			want = append(want, string(from.AppendJSON(nil, row)))
		}
		var got []string
		for row := range to.Rows() {
			got = append(got, string(to.AppendJSON(nil, row)))
		}
		if diff := cmp.Diff(want, got); diff != "" {
			r.Fatalf("rows (-want +got):\n%s", diff)
		}
	})
}

// newRowOf is a table with one empty row.
func newRowOf(d evidence.Dataset) *evidence.Table {
	t := newTable(d)
	t.NewRow()
	return t
}

func TestSameCell(t *testing.T) {
	schema := evidence.SchemaOf(evidence.ADUsers)
	list, _ := schema.Find("proxyAddresses")
	text, _ := schema.Find("displayName")
	number, _ := schema.Find("userAccountControl")
	build := func(name string, flags int64, addresses ...string) *evidence.Table {
		table := newTable(evidence.ADUsers)
		row := table.NewRow()
		for _, a := range addresses {
			_ = row.SetText(list, a)
		}
		_ = row.SetText(text, name)
		row.SetInt(number, flags)
		return table
	}
	a := build("A", 512, "x", "y", "y")
	for i, tt := range []struct {
		b                     *evidence.Table
		text, number, address bool
	}{
		{build("A", 512, "y", "x", "y"), true, true, true},
		{build("a", 514, "x", "x", "y"), false, false, false},
		{build("", 512, "x", "y"), false, true, false},
		{newRowOf(evidence.ADUsers), false, false, false},
	} {
		got := fmt.Sprint(evidence.SameCell(text, a, 0, tt.b, 0), evidence.SameCell(number, a, 0, tt.b, 0), evidence.SameCell(list, a, 0, tt.b, 0))
		if want := fmt.Sprint(tt.text, tt.number, tt.address); got != want {
			t.Errorf("%d: %s, want %s", i, got, want)
		}
	}
}
