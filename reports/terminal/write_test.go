package terminal_test

import (
	"bytes"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"hybridaudit/reports/document"
	"hybridaudit/reports/document/documenttest"
	"hybridaudit/reports/document/textwidth"
	"hybridaudit/reports/terminal"
)

var update = flag.Bool("update", false, "rewrite the golden files")

func sample(t *testing.T, o documenttest.Options) *document.Document {
	t.Helper()
	d, err := documenttest.New(o)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func printed(t *testing.T, d *document.Document, o terminal.Options) string {
	t.Helper()
	var b bytes.Buffer
	if err := terminal.Write(&b, d, o); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestGolden(t *testing.T) {
	files := []string{"out/report.xlsx", "out/findings.json"}
	for name, c := range map[string]struct {
		sample documenttest.Options
		print  terminal.Options
	}{
		"faults":   {documenttest.Options{People: 60}, terminal.Options{Files: files}},
		"narrow":   {documenttest.Options{}, terminal.Options{Width: 44, Files: files}},
		"coloured": {documenttest.Options{}, terminal.Options{Colour: true, Width: 100, Files: files}},
		"clean":    {documenttest.Options{Clean: true, Complete: true}, terminal.Options{}},
		"unread":   {documenttest.Options{Unread: true}, terminal.Options{}},
	} {
		t.Run(name, func(t *testing.T) {
			got := printed(t, sample(t, c.sample), c.print)
			golden := filepath.Join("testdata", name+".txt")
			if *update {
				if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), got); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

var ansi = regexp.MustCompile(`\x1b\[[0-9;]*m`)

func TestColoursChangeNothingElse(t *testing.T) {
	d := sample(t, documenttest.Options{People: 60})
	plain, coloured := printed(t, d, terminal.Options{}), printed(t, d, terminal.Options{Colour: true})
	if !ansi.MatchString(coloured) {
		t.Error("no colours although they were asked for")
	}
	if ansi.MatchString(plain) {
		t.Error("colours although they were not asked for")
	}
	if diff := cmp.Diff(plain, ansi.ReplaceAllString(coloured, "")); diff != "" {
		t.Errorf("-plain +coloured:\n%s", diff)
	}
}

func TestLinesFit(t *testing.T) {
	d := sample(t, documenttest.Options{People: 60})
	for _, width := range []int{10, 40, 55, 80, 132} {
		for line := range strings.Lines(printed(t, d, terminal.Options{Width: width})) {
			if n := textwidth.Of(strings.TrimRight(line, "\n")); n > max(width, 40) {
				t.Errorf("at width %d a line takes %d columns: %s", width, n, line)
			}
		}
	}
}

// foreign gives every label in wide characters.
type foreign struct{ document.Words }

func (w foreign) Get(key string) string {
	switch {
	case strings.HasPrefix(key, "severity."):
		return map[string]string{"critical": "重大", "high": "高", "medium": "中", "low": "低", "info": "情報"}[strings.TrimPrefix(key, "severity.")]
	case key == "report.worst":
		return "最初に直すべきもの"
	case key == "SIP-901.title":
		return "複数の Active Directory オブジェクトが同じ SIP アドレスを使用しており、サインインできない利用者がいます"
	}
	return w.Words.Get(key)
}

func (w foreign) Has(key string) bool { return key == "SIP-901.title" || w.Words.Has(key) }

// listed is a row of the worst rules, up to the end of its rule id.
var listed = regexp.MustCompile(`^ +(重大|高|中|低|情報) +[A-Z]{3}-[0-9]{3}`)

func TestWideCharactersAlign(t *testing.T) {
	m, err := documenttest.Meta(documenttest.Options{})
	if err != nil {
		t.Fatal(err)
	}
	d := sample(t, documenttest.Options{People: 60, Words: foreign{m.Words}, Lang: "ja"})
	column := -1
	rows := 0
	for line := range strings.Lines(printed(t, d, terminal.Options{Width: 60})) {
		if n := textwidth.Of(strings.TrimRight(line, "\n")); n > 60 {
			t.Errorf("a line takes %d columns: %s", n, line)
		}
		place := listed.FindStringIndex(line)
		if place == nil {
			continue
		}
		at := textwidth.Of(line[:place[1]])
		if column >= 0 && at != column {
			t.Errorf("the rule id stands in column %d instead of %d: %s", at, column, line)
		}
		column = at
		rows++
	}
	if rows < 4 {
		t.Errorf("only %d rules are listed", rows)
	}
}

func TestHostileTextIsHarmless(t *testing.T) {
	m, err := documenttest.Meta(documenttest.Options{})
	if err != nil {
		t.Fatal(err)
	}
	d := sample(t, documenttest.Options{Hostile: true, Words: m.Words})
	d.Organisation.Tenants[0].Name = "evil\x1b]0;title\x07\u202Ename"
	got := printed(t, d, terminal.Options{Files: []string{"a\x1b[2Jb"}})
	if i := strings.IndexAny(got, "\x1b\x07\u202E"); i >= 0 {
		t.Errorf("%q in the output", got[max(0, i-20):i+5])
	}
	if !strings.Contains(got, "evil\uFFFD]0;title\uFFFD\uFFFDname") {
		t.Errorf("the name is not shown:\n%s", got)
	}
}

var errClosed = errors.New("closed")

type closed struct{}

func (closed) Write([]byte) (int, error) { return 0, errClosed }

func TestWriteErrorsAreReturned(t *testing.T) {
	if err := terminal.Write(closed{}, sample(t, documenttest.Options{}), terminal.Options{}); !errors.Is(err, errClosed) {
		t.Errorf("got %v", err)
	}
}
