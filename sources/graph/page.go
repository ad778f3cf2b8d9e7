package graph

import (
	"bytes"
	"encoding/json"

	"github.com/valyala/fastjson"
)

// page is one answer of a collection. The raw text stays where it was read; elements are its objects.
type page struct {
	body     []byte
	next     string // "" on the last page
	elements [][]byte
}

// single says that the whole body may stand for the only object of a collection.
type single bool

// readPage takes a page apart. It validates all of it, so that a page that was cut is refused before any of its rows is stored. elements is reused.
func readPage(body []byte, elements [][]byte, whole single) (page, error) {
	p := page{body: body, elements: elements[:0]}
	if err := fastjson.ValidateBytes(body); err != nil { // its text repeats the body
		return p, &bodyError{problem: "the page is not complete JSON"}
	}
	body = bytes.TrimSpace(body)
	if len(body) == 0 || body[0] != '{' {
		return p, &bodyError{problem: "the page is no JSON object"}
	}
	var value, next []byte
	members(body, func(key, v []byte) {
		switch string(key) {
		case "value":
			value = v
		case "@odata.nextLink":
			next = v
		}
	})
	if next != nil && json.Unmarshal(next, &p.next) != nil {
		return p, &bodyError{problem: "the page's nextLink is no text"}
	}
	switch {
	case value == nil && bool(whole):
		p.elements = append(p.elements, body)
	case value == nil || value[0] != '[':
		return p, &bodyError{problem: `the page has no list "value"`}
	default:
		items(value, func(v []byte) { p.elements = append(p.elements, v) })
	}
	return p, nil
}

// members walks over the members of a valid JSON object. Keys are given as they stand between the quotes.
func members(object []byte, yield func(key, value []byte)) {
	i := space(object, 1)
	for object[i] == '"' {
		end := stringEnd(object, i)
		key := object[i+1 : end-1]
		i = space(object, space(object, end)+1) // behind the colon
		end = valueEnd(object, i)
		yield(key, object[i:end])
		i = space(object, end)
		if object[i] == ',' {
			i = space(object, i+1)
		}
	}
}

// items walks over the items of a valid JSON array.
func items(array []byte, yield func(value []byte)) {
	i := space(array, 1)
	for array[i] != ']' {
		end := valueEnd(array, i)
		yield(array[i:end])
		i = space(array, end)
		if array[i] == ',' {
			i = space(array, i+1)
		}
	}
}

func space(b []byte, i int) int {
	for b[i] == ' ' || b[i] == '\n' || b[i] == '\t' || b[i] == '\r' {
		i++
	}
	return i
}

// stringEnd is the index behind the string that begins at i.
func stringEnd(b []byte, i int) int {
	for i++; ; i++ {
		i += bytes.IndexByte(b[i:], '"')
		back := i
		for b[back-1] == '\\' {
			back--
		}
		if (i-back)%2 == 0 { // an odd number of backslashes escapes the quote
			return i + 1
		}
	}
}

// valueEnd is the index behind the value that begins at i.
func valueEnd(b []byte, i int) int {
	switch b[i] {
	case '"':
		return stringEnd(b, i)
	case '{', '[':
		depth := 0
		for {
			switch b[i] {
			case '"':
				i = stringEnd(b, i)
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
	}
	for i < len(b) {
		switch b[i] {
		case ',', ']', '}', ' ', '\n', '\t', '\r':
			return i
		}
		i++
	}
	return i
}
