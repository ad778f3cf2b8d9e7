package document

import (
	"slices"
	"strings"

	"hybridaudit/audit"
	"hybridaudit/audit/text"
)

// Finding is a finding together with the words for it. Its values are those of the directory, unchanged; its sentences are harmless to show.
type Finding struct {
	*audit.Finding
	d *Document
}

// Of is the finding's rule in words.
func (f Finding) Of() Rule { return f.d.Rules[f.d.byRule[f.Rule]] }

// Message says what is wrong.
func (f Finding) Message() string { return f.d.Words.Format(f.Of().messages[f.Variant], f.Arg) }

// Remedy says what to do.
func (f Finding) Remedy() string {
	r := f.Of()
	fix := r.FixOf(f.Variant)
	if r.fixHere == "" || slices.ContainsFunc(text.Placeholders(r.fixHere), func(name string) bool { return f.Arg(name) == nil }) {
		return fix
	}
	return fix + " " + f.d.Words.Format(r.fixHere, f.Arg)
}

// Others lists the names of the other objects concerned; one of another forest or another tenant than the subject comes with its name.
func (f Finding) Others() []string {
	names := make([]string, 0, len(f.Related))
	for _, s := range f.Related {
		if n := f.label(s); n != "" {
			names = append(names, n)
		}
	}
	return names
}

// EvidenceLines says what was seen, a line for each attribute: the subject's first, those of related objects behind the object's name.
func (f Finding) EvidenceLines() []string {
	if len(f.Evidence) == 0 {
		return nil
	}
	names := make(map[string]string, len(f.Related))
	for _, s := range f.Related {
		names[s.Key] = text.Harmless(f.label(s))
	}
	lines := make([]string, 0, len(f.Evidence))
	for _, fact := range f.Evidence {
		line := text.Harmless(fact.Name) + ": " + harmlessList(fact.Values)
		if fact.Of != "" {
			of, known := names[fact.Of]
			if !known {
				of = text.Harmless(fact.Of)
			}
			line = of + ": " + line
		}
		lines = append(lines, line)
	}
	return lines
}

func (f Finding) label(s audit.Subject) string {
	name, own := label(s), f.Subject
	if s.Source == "" || own.Source == "" || s.Source == own.Source || family(s.Kind) != family(own.Kind) {
		return name
	}
	return name + " (" + s.Source + ")"
}

// family tells what comes from directories from what comes from tenants.
func family(kind string) string {
	family, _, _ := strings.Cut(kind, ".")
	return family
}

// label is what people call an object: its name, else its user principal name, else its key.
func label(s audit.Subject) string {
	switch {
	case s.Name != "":
		return s.Name
	case s.UPN != "":
		return s.UPN
	}
	return s.Key
}

func harmlessList(values []string) string {
	shown := make([]string, len(values))
	for i, v := range values {
		shown[i] = text.Harmless(v)
	}
	return strings.Join(shown, "; ")
}

// Kind is what readers call a kind of subject.
func (d *Document) Kind(kind string) string {
	if key := "kind." + kind; d.Words.Has(key) {
		return d.Words.Get(key)
	}
	return kind
}
