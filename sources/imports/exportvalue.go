package imports

import (
	"strings"
	"time"

	"hybridaudit/sources/evidence"
	"hybridaudit/sources/evidence/directory"
	"hybridaudit/sources/imports/powershell"
)

// outcome is what became of a value. The order is that of trust: a higher one is worse.
type outcome uint8

const (
	absent  outcome = iota // there is none
	stored                 // it is in the row
	lost                   // the file did not keep it
	number                 // a number in place of a name
	strange                // it is none of what the property has
)

// isEnumerated tells the columns that hold the name of an enumeration's value, of which ConvertTo-Json writes the number.
func isEnumerated(column string) bool {
	switch column {
	case "Mode", "Action", "Status", "VerificationLevel", "DiscoveredPartnerVerificationLevel", "RoutingMethod", "NumberType", "NumberSource", "AssignmentCategory",
		"PstnAssignmentStatus", "ActivationState", "AccountType", "InterpretedUserType", "TeamsUpgradeEffectiveMode", "SfBMeetingJoinUx":
		return true
	}
	return false
}

// store puts a value into a column.
func store(row evidence.Row, c *exportColumn, v powershell.Value) outcome {
	switch {
	case v.Kind == powershell.Null:
		return absent
	case c.Name == "AllowedDomains" || c.Name == allKnown:
		return storeAllowed(row, c, v)
	case c.Name == "UserValidationErrors":
		return storeErrors(row, c, v)
	case v.Kind == powershell.Lost:
		return lost
	}
	switch c.Kind {
	case evidence.List, evidence.NameList:
		return storeList(row, c, v)
	case evidence.Bool:
		return storeFlag(row, c, v)
	case evidence.Time:
		return storeTime(row, c, v)
	}
	t := plainText(v)
	switch {
	case t.result != stored:
		return t.result
	case c.Kind == evidence.GUID:
		return storeGUID(row, c, t.text)
	case isEnumerated(c.Name) && isNumber(t.text):
		return number
	case row.SetText(c.index, t.text) != nil:
		return strange
	}
	return stored
}

func isNumber(text string) bool { return text != "" && strings.Trim(text, "0123456789") == "" }

func storeGUID(row evidence.Row, c *exportColumn, text string) outcome {
	if g, err := directory.ParseGUID(strings.Trim(text, "{}")); err == nil {
		if g.IsZero() {
			return absent
		}
		row.SetGUID(c.index, g)
		return stored
	}
	// Numbers may be assigned to a policy, and old modules show a distinguished name as identity, with the id under another name.
	return absent
}

func storeFlag(row evidence.Row, c *exportColumn, v powershell.Value) outcome {
	switch {
	case v.Kind == powershell.Bool:
		row.SetBool(c.index, v.Bool)
		return stored
	case v.Kind != powershell.Text && v.Kind != powershell.Number:
		return strange
	}
	switch strings.ToLower(strings.TrimSpace(v.Text)) {
	case "":
		return absent
	case "true", "1", "$true":
		row.SetBool(c.index, true)
	case "false", "0", "$false":
		row.SetBool(c.index, false)
	default:
		return strange
	}
	return stored
}

// timeForms are the ways in which times are written, without a zone taken as UTC. Short dates of other countries than these would be guesses.
var timeForms = []string{
	time.RFC3339Nano, "2006-01-02T15:04:05.999999999", "2006-01-02 15:04:05Z", "2006-01-02 15:04:05", "1/2/2006 3:04:05 PM", "02.01.2006 15:04:05",
}

func storeTime(row evidence.Row, c *exportColumn, v powershell.Value) outcome {
	at := v.Time
	if v.Kind != powershell.Time {
		t := plainText(v)
		if t.result != stored {
			return t.result
		}
		var err error
		for _, form := range timeForms {
			if at, err = time.Parse(form, strings.TrimSpace(t.text)); err == nil {
				break
			}
		}
		if err != nil {
			return strange
		}
	}
	if at.Year() <= 1601 { // never
		return absent
	}
	row.SetTime(c.index, at)
	return stored
}

// written is a value as text.
type written struct {
	text   string
	result outcome
}

// shownAs are the properties by which objects that stand in place of a text are known: policies, SIP addresses and other URIs, pools, domain patterns.
var shownAs = []string{"Name", "OriginalString", "AbsoluteUri", "Fqdn", "Domain", "Identity", "Value", "XdsIdentity", "InstanceId"}

// plainText gives a value as text.
func plainText(v powershell.Value) written {
	switch v.Kind {
	case powershell.Null:
		return written{result: absent}
	case powershell.Text, powershell.Number:
		return plainTextOf(v.Text)
	case powershell.Bool:
		if v.Bool {
			return written{"True", stored}
		}
		return written{"False", stored}
	case powershell.Time:
		return written{v.Time.Format(time.RFC3339), stored}
	case powershell.List:
		if len(v.Items) == 1 {
			return plainText(v.Items[0])
		}
	case powershell.Nested:
		if v.Text != "" && !powershell.IsTypeName(v.Text) {
			return plainTextOf(v.Text)
		}
		for _, name := range shownAs {
			if inner, ok := v.Get(name); ok {
				if w := plainText(inner); w.result == stored && w.text != "" {
					return w
				}
			}
		}
	case powershell.Lost:
	}
	return written{result: lost}
}

// plainTextOf takes the texts apart that stand for an object: @{Name=a}, {"name": "a"}, and the name of a type.
func plainTextOf(text string) written {
	switch {
	case text == "":
		return written{result: absent}
	case powershell.IsTypeName(text):
		return written{result: lost}
	case strings.HasPrefix(text, "@{"):
		if v, ok := powershell.Hash(text); ok {
			return plainText(v)
		}
	case strings.HasPrefix(text, "{") && strings.HasSuffix(text, "}") && strings.Contains(text, ":"):
		if v, ok := powershell.ParseJSON(text); ok && v.Kind == powershell.Nested {
			return plainText(v)
		}
	}
	return written{text, stored}
}

// storeList stores the values of a list, and what stands for one: a text with separators, or a single value.
func storeList(row evidence.Row, c *exportColumn, v powershell.Value) outcome {
	items := itemsOf(v)
	if v.Kind == powershell.Text {
		items = nil
		for _, text := range separated(c.Name, v.Text) {
			items = append(items, powershell.Value{Kind: powershell.Text, Text: text})
		}
	}
	result := absent
	for _, item := range items {
		w := plainText(item)
		if w.result == stored {
			w.text = strings.TrimPrefix(w.text, "Domain=")
			if row.SetText(c.index, w.text) != nil {
				w.result = strange
			}
		}
		result = max(result, w.result)
	}
	return result
}

// itemsOf gives the values of a list, with or without the wrapper that Windows PowerShell puts around some.
func itemsOf(v powershell.Value) []powershell.Value {
	switch v.Kind {
	case powershell.List:
		return v.Items
	case powershell.Nested:
		if list, ok := v.Get("value"); ok && list.Kind == powershell.List {
			return list.Items
		}
	case powershell.Null:
		return nil
	}
	return []powershell.Value{v}
}

// separated takes a list apart that somebody joined to a text. Addresses may hold blanks and commas; each begins with its type.
func separated(column, text string) []string {
	parts := strings.FieldsFunc(text, func(r rune) bool { return r == ';' || r == '\n' || r == '\r' || r == '|' })
	addresses := strings.HasSuffix(column, "ProxyAddresses")
	var all []string
	for _, part := range parts {
		if !addresses {
			all = append(all, strings.FieldsFunc(part, func(r rune) bool { return r == ' ' || r == ',' })...)
			continue
		}
		begun := len(all)
		for word := range strings.FieldsSeq(part) {
			kind, rest, ok := strings.Cut(word, ":")
			if len(all) > begun && (!ok || rest == "" || strings.ContainsAny(kind, "/=@,")) {
				all[len(all)-1] += " " + word
			} else {
				all = append(all, strings.TrimSuffix(word, ","))
			}
		}
	}
	return all
}
