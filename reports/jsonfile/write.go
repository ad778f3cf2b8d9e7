package jsonfile

import (
	"bufio"
	"fmt"
	"io"
	"time"

	"hybridaudit/reports/document"
)

// SchemaVersion is the version of the file's schema.
const SchemaVersion = "1"

// Write writes the document. Findings are written one by one, so that the memory it takes does not grow with them. An error is one of w.
func Write(w io.Writer, d *document.Document) error {
	out := &writer{w: bufio.NewWriterSize(w, 1<<16)}
	out.raw("{")
	out.member("schemaVersion", appendString(nil, SchemaVersion))
	out.member("tool", object{}.str("name", d.Tool).str("version", d.Version).end())
	out.member("taken", appendTime(nil, d.Taken))
	out.member("lang", appendString(nil, d.Lang))
	out.member("organisation", organisation(d.Organisation))
	out.array("coverage", func(yield func([]byte)) {
		for _, c := range d.Coverage() {
			yield(coverage(c))
		}
	})
	out.array("rules", func(yield func([]byte)) {
		for _, r := range d.Rules {
			yield(rule(r))
		}
	})
	out.array("findings", func(yield func([]byte)) {
		var line []byte
		for f := range d.Findings() {
			line = appendFinding(line[:0], f)
			yield(line)
		}
	})
	out.member("summary", summary(d))
	out.raw("\n}\n")
	if out.err == nil {
		out.err = out.w.Flush()
	}
	if out.err != nil {
		return fmt.Errorf("writing findings.json: %w", out.err)
	}
	return nil
}

// writer lays the top level out, a line for each element; the first error stays.
type writer struct {
	w     *bufio.Writer
	begun bool
	err   error
}

func (w *writer) raw(s string) {
	if w.err == nil {
		_, w.err = w.w.WriteString(s)
	}
}

func (w *writer) bytes(b []byte) {
	if w.err == nil {
		_, w.err = w.w.Write(b)
	}
}

func (w *writer) name(name string) {
	if w.begun {
		w.raw(",")
	}
	w.begun = true
	w.raw("\n  \"" + name + "\": ")
}

func (w *writer) member(name string, value []byte) {
	w.name(name)
	w.bytes(value)
}

func (w *writer) array(name string, all func(yield func([]byte))) {
	w.name(name)
	w.raw("[")
	n := 0
	all(func(element []byte) {
		if n++; n > 1 {
			w.raw(",")
		}
		w.raw("\n    ")
		w.bytes(element)
	})
	if n > 0 {
		w.raw("\n  ")
	}
	w.raw("]")
}

func organisation(o document.Organisation) []byte {
	named := func(all []document.Named, id string) []byte {
		b := []byte{'['}
		for i, n := range all {
			if i > 0 {
				b = append(b, ',')
			}
			// The id stands where the contract has it: behind a forest's name, before a tenant's.
			if id == "guid" {
				b = append(b, object{}.str("name", n.Name).str("guid", n.ID).end()...)
			} else {
				b = append(b, object{}.str("id", n.ID).str("name", n.Name).end()...)
			}
		}
		return append(b, ']')
	}
	return object{}.value("forests", named(o.Forests, "guid")).value("tenants", named(o.Tenants, "id")).end()
}

func coverage(c document.Coverage) []byte {
	return object{}.str("dataset", string(c.Dataset)).str("state", c.State.String()).num("expected", c.Expected).num("rows", c.Rows).
		str("reason", c.Reason).list("missing", c.Missing).str("server", c.Server).at("started", c.Started).at("ended", c.Ended).
		str("source", c.Source).list("notInSchema", c.NotInSchema).list("notes", c.Notes).str("permission", c.Permission).
		flag("optional", c.Optional).flag("signInRefused", c.SignIn).list("files", c.Files).flag("stale", c.Stale).end()
}

func rule(r document.Rule) []byte {
	variants := []byte{'['}
	for i, m := range r.Missing {
		if i > 0 {
			variants = append(variants, ',')
		}
		variants = append(variants, object{}.str("variant", m.Code).str("status", document.NotAssessed.String()).str("reason", m.Reason).
			flag("later", m.Later).flag("excused", m.Excused).end()...)
	}
	return object{}.str("id", r.ID).str("title", r.Title).str("category", r.Category).str("severity", r.Severity.String()).
		str("status", r.Status.String()).str("reason", r.Reason).num("checked", r.Checked).num("hits", r.Hits).
		flag("excused", r.Excused).flag("partial", r.Partial).value("variants", append(variants, ']')).end()
}

func summary(d *document.Document) []byte {
	bySeverity := object{}
	for _, s := range document.Severities() {
		bySeverity = bySeverity.num(s.String(), d.Summary.BySeverity[s])
	}
	byRule := object{}
	for _, r := range d.Rules {
		if n := d.Summary.Rules[r.ID]; n > 0 {
			byRule = byRule.num(r.ID, n)
		}
	}
	h := d.Summary.Headline
	headline := object{}.num("people", h.People).num("clear", h.Clear).num("affected", h.Affected).num("notAssessed", h.NotAssessed).num("waivedPeople", h.Waived)
	if h.Share == nil {
		headline = headline.value("share", []byte("null"))
	} else {
		headline = headline.float("share", *h.Share)
	}
	return object{}.value("bySeverity", bySeverity.end()).value("byRule", byRule.end()).value("headline", headline.end()).end()
}

func appendTime(b []byte, t time.Time) []byte {
	if t.IsZero() {
		return append(b, "null"...)
	}
	b = append(b, '"')
	b = t.UTC().AppendFormat(b, time.RFC3339)
	return append(b, '"')
}
