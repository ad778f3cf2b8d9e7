package imports

import (
	"encoding/xml"
	"regexp"
	"slices"
	"strings"

	"hybridaudit/sources/evidence"
	"hybridaudit/sources/imports/powershell"
)

// allKnown is the column that says that all domains are allowed but the blocked ones.
const allKnown = "AllowAllKnownDomains"

// allowed is what AllowedDomains says.
type allowed struct {
	all     bool
	domains []string
	result  outcome
}

var domainText = regexp.MustCompile(`(?i)Domain=([^,;\s\])}]+)`)

// allowedOf reads AllowedDomains. It is an object of one of two types, which files show in several ways: AllowAllKnownDomains has no property, AllowList has a list of
// patterns called AllowedDomain.
func allowedOf(v powershell.Value) allowed {
	typed := func(name string) bool {
		return slices.ContainsFunc(v.Types, func(t string) bool { return strings.HasSuffix(t, "."+name) || strings.HasSuffix(t, "+"+name) })
	}
	switch v.Kind {
	case powershell.Null:
		return allowed{result: absent}
	case powershell.Lost:
		if strings.Contains(v.Text, allKnown) {
			return allowed{all: true, result: stored}
		}
		return allowed{result: lost}
	case powershell.List:
		return patterns(v.Items)
	case powershell.Nested:
		if list, ok := v.Get("AllowedDomain"); ok {
			if list.Kind == powershell.Lost {
				return allowed{result: lost}
			}
			return patterns(itemsOf(list))
		}
		_, named := v.Get(allKnown)
		switch {
		case named || typed(allKnown) || strings.Contains(v.Text, allKnown):
			return allowed{all: true, result: stored}
		case typed("AllowList"): // beyond the depth
			return allowedText(v.Text)
		case len(v.Members) == 0 && v.Text == "":
			return allowed{all: true, result: stored} // without a property there is only the one
		case v.Text != "":
			return allowedText(v.Text)
		}
		if list, ok := v.Get("value"); ok && list.Kind == powershell.List {
			return patterns(list.Items)
		}
		return patterns([]powershell.Value{v})
	case powershell.Text:
		return allowedText(v.Text)
	}
	return allowed{result: strange}
}

// patterns reads a list of patterns.
func patterns(items []powershell.Value) allowed {
	a := allowed{result: stored}
	for _, item := range items {
		w := plainText(item)
		switch {
		case w.result == stored && strings.Contains(w.text, allKnown):
			a.all = true
		case w.result == stored:
			a.domains = append(a.domains, strings.TrimPrefix(w.text, "Domain="))
		default:
			a.result = max(a.result, w.result)
		}
	}
	return a
}

// allowedText reads the text of such an object: AllowAllKnownDomains, Domain=contoso.com,Domain=fabrikam.com, or domains.
func allowedText(text string) allowed {
	text = strings.TrimSpace(text)
	switch {
	case text == "":
		return allowed{result: absent}
	case strings.Contains(text, allKnown):
		return allowed{all: true, result: stored}
	case powershell.IsTypeName(text):
		return allowed{result: lost}
	}
	a := allowed{result: stored}
	if strings.Contains(strings.ToLower(text), "domain=") {
		for _, m := range domainText.FindAllStringSubmatch(text, -1) {
			if inner := m[1]; !strings.Contains(strings.ToLower(inner), "domain=") {
				a.domains = append(a.domains, inner)
			} else {
				a.domains = append(a.domains, inner[strings.LastIndexByte(inner, '=')+1:])
			}
		}
		return a
	}
	for _, d := range separated("AllowedDomains", strings.Trim(text, "{}[]")) {
		if !strings.Contains(d, ".") {
			return allowed{result: strange}
		}
		a.domains = append(a.domains, d)
	}
	return a
}

func storeAllowed(row evidence.Row, c *exportColumn, v powershell.Value) outcome {
	a := allowedOf(v)
	if a.result != stored {
		return a.result
	}
	if c.Name == allKnown {
		row.SetBool(c.index, a.all)
		return stored
	}
	for _, d := range a.domains {
		if row.SetText(c.index, d) != nil {
			return strange
		}
	}
	return stored
}

// validationError is an entry of UserValidationErrors.
type validationError struct{ code, description, raw string }

// Columns of the records of validation errors.
const (
	errorCode = iota
	errorDescription
	errorRaw
)

func storeErrors(row evidence.Row, c *exportColumn, v powershell.Value) outcome {
	if v.Kind == powershell.Lost {
		return lost
	}
	result := absent
	for _, item := range itemsOf(v) {
		if item.Kind == powershell.Lost {
			result = max(result, lost)
			continue
		}
		for _, e := range errorsOf(item) {
			record := row.NewRecord(c.index)
			for i, text := range map[int]string{errorCode: e.code, errorDescription: e.description, errorRaw: e.raw} {
				if text != "" && record.SetText(i, text) != nil {
					result = strange
				}
			}
			result = max(result, stored)
		}
	}
	return result
}

// errorsOf reads one entry: an object, or JSON or XML that is kept as text.
func errorsOf(v powershell.Value) []validationError {
	switch v.Kind {
	case powershell.Null:
		return nil
	case powershell.Nested:
		if e, ok := errorOf(v); ok {
			return []validationError{e}
		}
		if v.Text == "" {
			return nil
		}
		return errorsOfText(v.Text)
	case powershell.List:
		var all []validationError
		for _, item := range v.Items {
			all = append(all, errorsOf(item)...)
		}
		return all
	case powershell.Text, powershell.Number:
		return errorsOfText(v.Text)
	}
	return []validationError{{raw: cut(plainText(v).text)}}
}

func errorOf(v powershell.Value) (validationError, bool) {
	first := func(names ...string) string {
		for _, n := range names {
			if inner, ok := v.Get(n); ok {
				if w := plainText(inner); w.result == stored {
					return w.text
				}
			}
		}
		return ""
	}
	e := validationError{code: first("ErrorCode", "Code", "ErrorType"), description: cut(first("ErrorDescription", "Description", "ErrorMessage", "Message"))}
	return e, e.code != "" || e.description != ""
}

// longest is how much of an entry that could not be taken apart is kept.
const longest = 2000

func cut(text string) string {
	if len(text) <= longest {
		return text
	}
	return strings.ToValidUTF8(text[:longest], "")
}

func errorsOfText(text string) []validationError {
	text = strings.TrimSpace(text)
	switch {
	case text == "" || text == "[]" || text == "{}" || text == "null":
		return nil
	case text[0] == '[' || text[0] == '{':
		if v, ok := powershell.ParseJSON(text); ok {
			if all := errorsOf(v); len(all) > 0 {
				return all
			}
		}
	case strings.HasPrefix(text, "@{"):
		if v, ok := powershell.Hash(text); ok {
			if e, ok := errorOf(v); ok {
				return []validationError{e}
			}
		}
	case text[0] == '<':
		if all := errorsOfXML(text); len(all) > 0 {
			return all
		}
	}
	return []validationError{{raw: cut(text)}}
}

// errorsOfXML finds codes and descriptions in elements and attributes of these names.
func errorsOfXML(text string) []validationError {
	var all []validationError
	note := func(name, value string) {
		switch value = strings.TrimSpace(value); {
		case value == "":
		case strings.EqualFold(name, "ErrorCode") || strings.EqualFold(name, "Code"):
			if len(all) == 0 || all[len(all)-1].code != "" {
				all = append(all, validationError{})
			}
			all[len(all)-1].code = cut(value)
		case strings.EqualFold(name, "ErrorDescription") || strings.EqualFold(name, "Description"):
			if len(all) == 0 || all[len(all)-1].description != "" {
				all = append(all, validationError{})
			}
			all[len(all)-1].description = cut(value)
		}
	}
	d := xml.NewDecoder(strings.NewReader(text))
	d.Strict = false
	within := ""
	for {
		token, err := d.RawToken()
		if err != nil || len(all) > 1000 {
			return all
		}
		switch t := token.(type) {
		case xml.Directive:
			return nil
		case xml.StartElement:
			within = t.Name.Local
			for _, a := range t.Attr {
				note(a.Name.Local, a.Value)
			}
		case xml.EndElement:
			within = ""
		case xml.CharData:
			note(within, string(t))
		}
	}
}
