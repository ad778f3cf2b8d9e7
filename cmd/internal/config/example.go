package config

import (
	"bytes"
	"fmt"
	"reflect"
	"strings"
)

// Example writes the example configuration from the struct. What has a default stands there with it, the rest in comments.
func Example() []byte {
	var b bytes.Buffer
	b.WriteString("# Configuration of hybridaudit. Every key is shown with its default; what has none is commented out.\n")
	b.WriteString("# A single value can come from the environment instead: ldap.pageSize from HYBRIDAUDIT_LDAP__PAGE_SIZE.\n")
	b.WriteString("# Secrets are references, never the secret itself: env:NAME, file:PATH (relative to this file) or keyring:SERVICE/ACCOUNT.\n")
	section(&b, configType, "", "")
	return b.Bytes()
}

func section(b *bytes.Buffer, t reflect.Type, indent, mark string) {
	for f, name := range fields(t) {
		if indent == "" {
			b.WriteByte('\n')
		}
		fmt.Fprintf(b, "%s# %s\n", indent, f.Tag.Get("doc"))
		switch {
		case isSection(f.Type):
			fmt.Fprintf(b, "%s%s:\n", indent, name)
			section(b, f.Type, indent+"  ", mark)
		case f.Type.Kind() == reflect.Slice && isSection(f.Type.Elem()):
			fmt.Fprintf(b, "%s%s: []\n", indent, name)
			entry(b, f.Type.Elem(), indent)
		case f.Type.Kind() == reflect.Slice:
			fmt.Fprintf(b, "%s# %s: [%s]\n", indent, name, quote(f.Tag.Get("example")))
		default:
			value(b, f, indent, name)
		}
	}
}

func value(b *bytes.Buffer, f reflect.StructField, indent, name string) {
	v, there := f.Tag.Lookup("default")
	if f.Type.Kind() == reflect.Bool && !there {
		v, there = "false", true
	}
	if there {
		fmt.Fprintf(b, "%s%s: %s\n", indent, name, v)
		return
	}
	fmt.Fprintf(b, "%s# %s: %s\n", indent, name, quote(f.Tag.Get("example")))
}

// entry shows one element of a list of sections, in comments. Of elements that take over what they lack only the keys that differ are shown: the section
// describes them.
func entry(b *bytes.Buffer, t reflect.Type, indent string) {
	short := false
	for f := range fields(t) {
		short = short || f.Tag.Get("element") != ""
	}
	lead := "- "
	for f, name := range fields(t) {
		if short {
			if v := f.Tag.Get("element"); v != "" {
				fmt.Fprintf(b, "%s#  %s%s: %s\n", indent, lead, name, v)
				lead = "  "
			}
			continue
		}
		v := f.Tag.Get("default") + f.Tag.Get("example")
		switch {
		case f.Type == nodeType:
			v = "{staleAfter: 3h}"
		case v == "":
			v = "low"
		}
		fmt.Fprintf(b, "%s#  %s%-40s # %s\n", indent, lead, name+": "+v, f.Tag.Get("doc"))
		lead = "  "
	}
}

func quote(s string) string {
	if s == "" || strings.ContainsAny(s, ",:#{}[] ") {
		return `"` + s + `"`
	}
	return s
}
