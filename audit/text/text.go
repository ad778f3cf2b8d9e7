// Package text holds the words that reports are made of, language by language, and puts arguments into messages. Rules carry their English texts
// themselves; everything else that a reader sees (labels, states, reasons, names of datasets) comes from the catalogues here. Rule ids, JSON keys and log
// lines are never translated.
package text

import (
	"bytes"
	_ "embed"
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode"

	"go.yaml.in/yaml/v3"
)

//go:embed en.yaml
var english []byte

// Catalogue is the text of one language.
type Catalogue struct {
	Lang    string
	entries map[string]string
}

// English reads the English catalogue.
func English() (*Catalogue, error) { return parse("en", english) }

func parse(lang string, source []byte) (*Catalogue, error) {
	var sections map[string]map[string]string
	d := yaml.NewDecoder(bytes.NewReader(source))
	if err := d.Decode(&sections); err != nil {
		return nil, fmt.Errorf("reading the text catalogue %s: %w", lang, err)
	}
	c := &Catalogue{Lang: lang, entries: map[string]string{}}
	for section, texts := range sections {
		for key, text := range texts {
			c.entries[section+"."+key] = text
		}
	}
	return c, nil
}

// Get gives the text with the key "section.name". A key that is not there comes back itself: it is seen in the report, and a test finds it before.
func (c *Catalogue) Get(key string) string {
	if t, ok := c.entries[key]; ok {
		return t
	}
	return key
}

// Has says whether there is such a text.
func (c *Catalogue) Has(key string) bool {
	_, ok := c.entries[key]
	return ok
}

// Format puts arguments into a template: {name} becomes what arg gives for that name. A name without an argument stays as it is. Values are strings,
// numbers, times and lists of strings; control characters in them become U+FFFD, since directory text is not to be trusted.
func Format(template string, arg func(name string) any) string {
	var b strings.Builder
	for {
		open := strings.IndexByte(template, '{')
		if open < 0 {
			break
		}
		end := strings.IndexByte(template[open:], '}')
		if end < 0 {
			break
		}
		name := template[open+1 : open+end]
		b.WriteString(template[:open])
		if v := arg(name); v != nil && name != "" {
			b.WriteString(Show(v))
		} else {
			b.WriteString(template[open : open+end+1])
		}
		template = template[open+end+1:]
	}
	b.WriteString(template)
	return b.String()
}

// Format is the package's Format with words for values: when the catalogue has a section with the argument's name, and the section has the value (or the
// item of a list), the text there is shown in its place. So rules report stable codes ("lockedOut"), and readers see words.
func (c *Catalogue) Format(template string, arg func(name string) any) string {
	return Format(template, func(name string) any {
		switch v := arg(name).(type) {
		case string:
			return c.word(name, v)
		case []string:
			words := make([]string, len(v))
			for i, s := range v {
				words[i] = c.word(name, s)
			}
			return words
		default:
			return v
		}
	})
}

func (c *Catalogue) word(section, value string) string {
	if t, ok := c.entries[section+"."+value]; ok {
		return t
	}
	return value
}

// Placeholders lists the names in braces of a template.
func Placeholders(template string) []string {
	var names []string
	Format(template, func(name string) any { names = append(names, name); return nil })
	return names
}

// maxListed is how many values of a list a message shows: the evidence holds them all.
const maxListed = 10

// Show prints a value for people.
func Show(v any) string {
	switch v := v.(type) {
	case string:
		return Harmless(v)
	case int:
		return strconv.Itoa(v)
	case time.Time:
		return v.UTC().Format("2006-01-02 15:04 UTC")
	case []string:
		shown := make([]string, 0, min(len(v), maxListed))
		for _, s := range v[:min(len(v), maxListed)] {
			shown = append(shown, Harmless(s))
		}
		if more := len(v) - maxListed; more > 0 {
			return strings.Join(shown, ", ") + " … (+" + strconv.Itoa(more) + ")"
		}
		return strings.Join(shown, ", ")
	}
	return Harmless(fmt.Sprint(v))
}

// Harmless replaces control characters and the marks that turn the direction of text by U+FFFD, so that a value cannot disguise itself or drive a terminal.
func Harmless(s string) string {
	if strings.IndexFunc(s, harmful) < 0 {
		return s
	}
	return strings.Map(func(r rune) rune {
		if harmful(r) {
			return unicode.ReplacementChar
		}
		return r
	}, s)
}

func harmful(r rune) bool {
	return unicode.IsControl(r) || r >= 0x202A && r <= 0x202E || r >= 0x2066 && r <= 0x2069 || r == 0x200E || r == 0x200F || r == 0x061C || r == 0x2028 || r == 0x2029
}
