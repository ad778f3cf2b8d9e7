package jsonfile

import (
	"encoding/json"
	"strconv"
	"time"
	"unicode/utf8"
)

// object is a JSON object under construction: its members without the braces around them.
type object []byte

func (o object) key(name string) object {
	if len(o) == 0 {
		o = append(o, '{')
	} else {
		o = append(o, ',')
	}
	o = appendString(o, name)
	return append(o, ':')
}

func (o object) value(name string, value []byte) object { return append(o.key(name), value...) }
func (o object) str(name, value string) object          { return appendString(o.key(name), value) }
func (o object) num(name string, value int) object {
	return strconv.AppendInt(o.key(name), int64(value), 10)
}
func (o object) flag(name string, value bool) object    { return strconv.AppendBool(o.key(name), value) }
func (o object) at(name string, value time.Time) object { return appendTime(o.key(name), value) }
func (o object) list(name string, values []string) object {
	return appendList(o.key(name), values)
}

func (o object) float(name string, value float64) object {
	return strconv.AppendFloat(o.key(name), value, 'g', -1, 64)
}

func (o object) end() []byte {
	if len(o) == 0 {
		return []byte("{}")
	}
	return append(o, '}')
}

// appendList appends an array of strings; without values an empty one.
func appendList(b []byte, values []string) []byte {
	b = append(b, '[')
	for i, v := range values {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendString(b, v)
	}
	return append(b, ']')
}

// appendString appends a JSON string. Nearly all strings are plain and are copied.
func appendString(b []byte, s string) []byte {
	for i := range len(s) {
		if c := s[i]; c < 0x20 || c == '"' || c == '\\' || c >= 0x7f {
			return appendQuoted(b, s)
		}
	}
	b = append(b, '"')
	b = append(b, s...)
	return append(b, '"')
}

// appendQuoted escapes what JSON demands and, beyond that, what could disguise a value where the file is shown.
func appendQuoted(b []byte, s string) []byte {
	b = append(b, '"')
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			b = append(b, '\\', byte(r))
		case concealed(r):
			b = append(b, '\\', 'u')
			const hex = "0123456789abcdef"
			b = append(b, hex[r>>12&0xf], hex[r>>8&0xf], hex[r>>4&0xf], hex[r&0xf])
		default:
			b = utf8.AppendRune(b, r) // bytes that are not UTF-8 become U+FFFD
		}
	}
	return append(b, '"')
}

// concealed are control characters, the marks that turn the direction of text, line separators and non-characters; all lie below U+10000.
func concealed(r rune) bool {
	switch {
	case r < 0x20, r >= 0x7f && r <= 0x9f, r == 0x061C, r == 0x200E, r == 0x200F, r >= 0x2028 && r <= 0x202E, r >= 0x2066 && r <= 0x2069:
		return true
	}
	return r == 0xFEFF || r >= 0xFFFE && r <= 0xFFFF
}

// appendValue appends an argument of a finding with its own JSON type.
func appendValue(b []byte, v any) []byte {
	switch v := v.(type) {
	case string:
		return appendString(b, v)
	case int:
		return strconv.AppendInt(b, int64(v), 10)
	case []string:
		return appendList(b, v)
	case time.Time:
		return appendTime(b, v)
	}
	// No rule gives anything else; should one ever do so, its argument is still written.
	other, err := json.Marshal(v)
	if err != nil {
		return append(b, "null"...)
	}
	return append(b, other...)
}
