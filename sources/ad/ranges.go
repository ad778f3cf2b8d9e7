package ad

import (
	"fmt"
	"strings"

	"github.com/go-ldap/ldap/v3"

	"hybridaudit/sources/evidence/directory"
	"hybridaudit/sources/evidence/entries"
)

// maxRanges bounds how many further parts of one attribute of one object are asked for: 1,500,000 values at the usual size of a part.
const maxRanges = 1000

// rest reads the further parts of an attribute, part by part as the server cuts them. whole is false when the server refused one or stopped giving values;
// an error is a lost connection.
func (s *session) rest(g directory.GUID, attribute string, next int) (values [][]byte, whole bool, err error) {
	for range maxRanges {
		wanted := fmt.Sprintf("%s;range=%d-*", attribute, next)
		e, fault := s.base("<GUID="+g.String()+">", "(objectClass=*)", []string{wanted})
		switch {
		case fault != nil && fault.Kind == ConnectionLost:
			return nil, false, fault
		case fault != nil || e == nil:
			return values, false, nil
		}
		part, following, found := rangedAttribute(e, attribute)
		if !found || len(part) == 0 {
			return values, false, nil
		}
		values = append(values, part...)
		if following == 0 {
			return values, true, nil
		}
		if following <= next {
			return values, false, nil
		}
		next = following
	}
	return values, false, nil
}

// rangedAttribute finds the part of an attribute in an answer.
func rangedAttribute(e *ldap.Entry, attribute string) (values [][]byte, next int, found bool) {
	for _, a := range e.Attributes {
		name, options, _ := strings.Cut(a.Name, ";")
		if !strings.EqualFold(name, attribute) {
			continue
		}
		if next, ok := entries.NextOfRange(options); ok {
			return a.ByteValues, next, true
		}
	}
	return nil, 0, false
}
