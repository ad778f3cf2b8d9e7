package document

import (
	"strconv"
	"strings"

	"hybridaudit/audit"
	"hybridaudit/audit/text"
)

// Words is the text catalogue of one language; [text.Catalogue] is one. English texts of rules stand in the rules; a catalogue of another language holds
// them under the rule's id: "SIP-001.title", ".why", ".fix", ".guards", ".message", and for variants "SIP-001.message.A" and "SIP-001.fix.A".
type Words interface {
	Get(key string) string // the key itself when there is no such text
	Has(key string) bool
	// Format puts arguments into a template, with words for coded values.
	Format(template string, arg func(name string) any) string
}

// Say is the text with the key; placeholders get the given arguments.
func (d *Document) Say(key string, args ...audit.Arg) string { return say(d.Words, key, args...) }

func say(w Words, key string, args ...audit.Arg) string {
	return text.Format(w.Get(key), func(name string) any {
		for _, a := range args {
			if a.Name == name {
				return a.Value
			}
		}
		return nil
	})
}

// sayOf is the text about a rule in the catalogue's language.
func sayOf(w Words, r *audit.Rule, part, english string) string {
	if key := r.ID + "." + part; w.Has(key) {
		return w.Get(key)
	}
	return english
}

// reason puts words to a reason. A dataset in it is named as readers know it; a reason that a source gave stays as the source wrote it.
func reason(w Words, r audit.Reason) string {
	if r.IsZero() {
		return ""
	}
	args := make([]audit.Arg, len(r.Args))
	for i, a := range r.Args {
		if name, ok := a.Value.(string); ok && a.Name == "dataset" && w.Has("dataset."+name) {
			a.Value = w.Get("dataset." + name)
		}
		args[i] = a
	}
	return say(w, "reason."+r.Code, args...)
}

// Number prints a count with separated thousands.
func Number(n int) string {
	s := strconv.Itoa(n)
	sign := ""
	if n < 0 {
		sign, s = "-", s[1:]
	}
	var b strings.Builder
	for i, c := range s {
		if i > 0 && (len(s)-i)%3 == 0 {
			b.WriteByte(',')
		}
		b.WriteRune(c)
	}
	return sign + b.String()
}
