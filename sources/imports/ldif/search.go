package ldif

import (
	"bytes"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Search is what one search wrote into a file. Only ldapsearch's comments tell more than that there are entries; ldifde writes none, and "ldapsearch -LL"
// leaves them out.
type Search struct {
	Index int  // position among the searches of the file
	Line  int  // where it begins
	Known bool // the comments are there: base, scope, filter and attributes are what was asked for
	// Base is a distinguished name; Scope is "subtree", "oneLevel", "baseObject" or "children". Filter is "" when it is one of many.
	Base, Scope, Filter string
	All                 bool     // all attributes but the operational ones were asked for, whatever else was
	Attributes          []string // asked for by name
	Records             int      // that the file holds
	Referrals           int      // references to other naming contexts
	Added               int      // records that say "changetype: add", as ldifde's do

	result  string // code and text of the result, "" when there is none
	code    int
	ended   bool // a result, or the count of responses, stands behind the records
	paged   bool // cookies of pages were seen
	more    bool // the last of them was not empty
	stated  int  // entries that the file itself counts, -1 when it does not
	counted bool // the number of responses stands there
	open    bool // the last record is followed by no empty line
}

// Fault says why the search gave less than it should have, "" when nothing speaks against its being whole. Of a search that is not Known little can be said.
func (s *Search) Fault() string {
	switch {
	case s.result != "" && s.code != 0:
		return "the search ended with " + s.result
	case s.more:
		return "the pages that follow are missing: ldapsearch needs -E pr=1000/noprompt"
	case s.Known && !s.ended, s.paged && !s.ended && !s.Known:
		return "the end of ldapsearch's output is missing: the file was cut"
	case s.Known && s.result == "":
		return "ldapsearch -L does not write how the search ended: run it without -L"
	case s.stated >= 0 && s.stated != s.Records:
		return fmt.Sprintf("the file counts %d entries and holds %d: it was cut or edited", s.stated, s.Records)
	}
	return ""
}

// Abrupt says that the file ends right behind a record, without the empty line that all exporters write.
func (s *Search) Abrupt() bool { return s.open && !s.ended }

// head is the comment block that ldapsearch begins with.
type head struct {
	reading bool
	search  Search
}

// comment looks for ldapsearch's own comments. Those above each entry hold the entry's name with commas, and so are never taken for them.
func (r *Reader) comment(l line) {
	text := bytes.TrimRight(l.text[1:], " ")
	switch {
	case string(text) == " extended LDIF", !r.head.reading && isProtocol(text):
		r.head = head{reading: true, search: Search{Line: l.number, Known: true, stated: -1}}
	case r.head.reading:
		r.head.read(string(text))
	case string(text) == " search result":
		r.searching().ended = true
	case bytes.HasPrefix(text, []byte(" refldap")):
		r.searching().Referrals++
	case bytes.HasPrefix(text, []byte(" pagedresults: ")):
		r.pagedResults(text[len(" pagedresults: "):])
	case bytes.HasPrefix(text, []byte(" numResponses: ")):
		if _, ok := number(text[len(" numResponses: "):]); ok {
			s := r.searching()
			s.ended, s.counted = true, true
			if s.stated < 0 {
				s.stated = 0 // entries are counted only where there are some
			}
		}
	case bytes.HasPrefix(text, []byte(" numEntries: ")):
		if n, ok := number(text[len(" numEntries: "):]); ok && r.searching().counted {
			r.searching().stated = n
		}
	}
}

func isProtocol(text []byte) bool {
	return len(text) == len(" LDAPv3") && bytes.HasPrefix(text, []byte(" LDAPv")) && text[len(text)-1] >= '2' && text[len(text)-1] <= '3'
}

func number(text []byte) (int, bool) {
	n, err := strconv.Atoi(string(text))
	return n, err == nil && n >= 0
}

// read takes one comment of the head.
func (h *head) read(text string) {
	s := &h.search
	if rest, ok := strings.CutPrefix(text, " base <"); ok {
		if i := strings.LastIndexByte(rest, '>'); i >= 0 {
			s.Base = rest[:i]
			_, s.Scope, _ = strings.Cut(rest[i:], " with scope ")
		}
	} else if rest, ok := strings.CutPrefix(text, " filter: "); ok {
		s.Filter = rest
	} else if rest, ok := strings.CutPrefix(text, " requesting:"); ok {
		for name := range strings.FieldsSeq(rest) {
			switch name {
			case "ALL", "*":
				s.All = true
			default:
				s.Attributes = append(s.Attributes, name)
			}
		}
	}
}

// headEnds begins the search that a head announced. Each page has a head of its own: the same head after a page that was not the last goes on with the
// search before it.
func (r *Reader) headEnds(l line) error {
	if !r.head.reading {
		return nil
	}
	r.head.reading = false
	next := r.head.search
	if s := r.current(); s != nil && s.more && s.Known && s.Base == next.Base && s.Scope == next.Scope && s.Filter == next.Filter && s.All == next.All &&
		slices.Equal(s.Attributes, next.Attributes) {
		s.more, s.ended = false, false
		return nil
	}
	return r.begin(next, l.number)
}

// begin appends a search.
func (r *Reader) begin(s Search, at int) error {
	if len(r.searches) >= r.limits.Searches {
		return r.fault(TooLarge, at, fmt.Sprintf("the file holds the output of more than %d searches", r.limits.Searches), "split it")
	}
	s.Index = len(r.searches)
	r.searches = append(r.searches, &s)
	return nil
}

// current is the search that was begun last, nil before the first.
func (r *Reader) current() *Search {
	if len(r.searches) == 0 {
		return nil
	}
	return r.searches[len(r.searches)-1]
}

// searching is the search that a line belongs to; one of which nothing is known when none was begun.
func (r *Reader) searching() *Search {
	if len(r.searches) == 0 {
		r.searches = append(r.searches, &Search{Line: r.in.number, stated: -1})
	}
	return r.current()
}

// pagedResults takes what stands behind a page: the server's estimate of all entries, if it gives one, and the mark of the next page; an empty one ends the
// search.
func (r *Reader) pagedResults(text []byte) {
	if estimate, ok := bytes.CutPrefix(text, []byte("estimate=")); ok {
		digits, rest, _ := bytes.Cut(estimate, []byte(" "))
		if _, ok := number(digits); !ok {
			return
		}
		text = rest
	}
	mark, ok := bytes.CutPrefix(text, []byte("cookie="))
	if !ok {
		return
	}
	mark = bytes.TrimSpace(mark)
	if bytes.ContainsFunc(mark, func(c rune) bool { return !strings.ContainsRune(base64Alphabet, c) }) {
		return
	}
	s := r.searching()
	s.paged, s.more, s.ended = true, len(mark) > 0, true
}

const base64Alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/="

// entered notes a record in the search that it belongs to, a new one when the last was over. Of a search without comments that can only be told by its pages.
func (r *Reader) entered(at int) (*Search, error) {
	s := r.searching()
	if s.ended && !s.more {
		if err := r.begin(Search{Line: at, stated: -1}, at); err != nil {
			return nil, err
		}
		s = r.current()
	}
	s.more, s.ended = false, false
	s.Records++
	return s, nil
}
