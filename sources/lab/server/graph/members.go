package graphlab

import (
	"bytes"
	"errors"
)

var errNotObject = errors.New("not a JSON object")

// eachMember walks over the members of a JSON object without decoding the values; it trusts the text to be valid JSON but never reads beyond it.
// key is the text between the quotes, value the raw value.
func eachMember(raw []byte, yield func(key, value []byte)) error {
	i := skipSpace(raw, 0)
	if i >= len(raw) || raw[i] != '{' {
		return errNotObject
	}
	i = skipSpace(raw, i+1)
	if i < len(raw) && raw[i] == '}' {
		return nil
	}
	for i < len(raw) {
		end := skipString(raw, i)
		if end < 0 {
			return errNotObject
		}
		key := raw[i+1 : end-1]
		i = skipSpace(raw, end)
		if i >= len(raw) || raw[i] != ':' {
			return errNotObject
		}
		i = skipSpace(raw, i+1)
		end = skipValue(raw, i)
		if end < 0 {
			return errNotObject
		}
		yield(key, raw[i:end])
		i = skipSpace(raw, end)
		if i >= len(raw) {
			return errNotObject
		}
		if raw[i] == '}' {
			return nil
		}
		if raw[i] != ',' {
			return errNotObject
		}
		i = skipSpace(raw, i+1)
	}
	return errNotObject
}

func skipSpace(b []byte, i int) int {
	for i < len(b) && (b[i] == ' ' || b[i] == '\n' || b[i] == '\t' || b[i] == '\r') {
		i++
	}
	return i
}

// skipString returns the index behind the closing quote of the string that begins at i, -1 when there is none.
func skipString(b []byte, i int) int {
	if i >= len(b) || b[i] != '"' {
		return -1
	}
	for i++; i < len(b); i++ {
		switch b[i] {
		case '\\':
			i++
		case '"':
			return i + 1
		}
	}
	return -1
}

// skipValue returns the index behind the JSON value that begins at i, -1 when the text ends inside it.
func skipValue(b []byte, i int) int {
	if i >= len(b) {
		return -1
	}
	switch b[i] {
	case '"':
		return skipString(b, i)
	case '{', '[':
		depth := 0
		for i < len(b) {
			switch b[i] {
			case '"':
				end := skipString(b, i)
				if end < 0 {
					return -1
				}
				i = end
				continue
			case '{', '[':
				depth++
			case '}', ']':
				if depth--; depth == 0 {
					return i + 1
				}
			}
			i++
		}
		return -1
	default:
		start := i
		for i < len(b) && bytes.IndexByte([]byte(",]} \n\t\r"), b[i]) < 0 {
			i++
		}
		if i == start {
			return -1
		}
		return i
	}
}

// member returns the raw value of one member, nil when the object lacks it.
func member(raw []byte, name string) []byte {
	var found []byte
	_ = eachMember(raw, func(key, value []byte) {
		if string(key) == name {
			found = value
		}
	})
	return found
}

// project appends the object reduced to the named members and its annotations, in the object's own order; nil names keep all but the hidden ones.
func project(dst, raw []byte, names, hidden map[string]bool) []byte {
	dst = append(dst, '{')
	first := true
	_ = eachMember(raw, func(key, value []byte) {
		annotation := bytes.IndexByte(key, '@') >= 0
		if !annotation && ((names != nil && !names[string(key)]) || hidden[string(key)]) {
			return
		}
		if !first {
			dst = append(dst, ',')
		}
		first = false
		dst = append(dst, '"')
		dst = append(dst, key...)
		dst = append(dst, '"', ':')
		dst = append(dst, value...)
	})
	return append(dst, '}')
}
