package objects

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/valyala/fastjson"
)

// Page is one answer of a collection. The raw text stays where it was read; Elements are its objects.
type Page struct {
	Body     []byte
	Next     string // @odata.nextLink, "" on the last page
	Delta    string // @odata.deltaLink, on the last page of a delta query
	Context  string // @odata.context: what the collection is of
	Elements [][]byte
}

// PageError says why a text is no page.
type PageError struct{ Problem string }

func (e *PageError) Error() string { return e.Problem }

// ReadPage takes a page apart. It validates all of it, so that a page that was cut is refused before any of its rows is stored. whole says that an object without a list
// stands for itself. elements is reused. The error is a [PageError], which repeats nothing of the body.
func ReadPage(body []byte, elements [][]byte, whole bool) (Page, error) {
	p := Page{Body: body, Elements: elements[:0]}
	if deeper(body, maxDepth) {
		return p, &PageError{Problem: fmt.Sprintf("the page's objects are nested deeper than %d", maxDepth)}
	}
	if err := fastjson.ValidateBytes(body); err != nil { // its text repeats the body
		return p, &PageError{Problem: "the page is not complete JSON"}
	}
	body = bytes.TrimSpace(body)
	if len(body) == 0 || body[0] != '{' {
		return p, &PageError{Problem: "the page is no JSON object"}
	}
	var value []byte
	links := map[string]*string{"@odata.nextLink": &p.Next, "@odata.deltaLink": &p.Delta, "@odata.context": &p.Context}
	var faulty string
	members(body, func(key, v []byte) {
		if string(key) == "value" {
			value = v
			return
		}
		if to, ok := links[string(key)]; ok && json.Unmarshal(v, to) != nil {
			faulty = string(key)
		}
	})
	if faulty != "" {
		return p, &PageError{Problem: "the page's " + strings.TrimPrefix(faulty, "@odata.") + " is no text"}
	}
	switch {
	case value == nil && whole:
		p.Elements = append(p.Elements, body)
	case value == nil || value[0] != '[':
		return p, &PageError{Problem: `the page has no list "value"`}
	default:
		items(value, func(v []byte) { p.Elements = append(p.Elements, v) })
	}
	return p, nil
}

// maxDepth is how deep the objects of a page may be nested. Those of the service need ten; the validation calls itself for each level.
const maxDepth = 200

// deeper says that objects and arrays are nested deeper than most. The text need not be valid: up to its first fault, what is counted is what a parser meets.
func deeper(text []byte, most int) bool {
	depth := 0
	for i := 0; i < len(text); i++ {
		switch text[i] {
		case '"':
			for i++; i < len(text) && text[i] != '"'; i++ {
				if text[i] == '\\' {
					i++
				}
			}
		case '{', '[':
			if depth++; depth > most {
				return true
			}
		case '}', ']':
			depth--
		}
	}
	return false
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
