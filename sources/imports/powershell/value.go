package powershell

import (
	"regexp"
	"strings"
	"time"
)

// Kind says what a value is.
type Kind uint8

// The kinds of values.
const (
	Null Kind = iota
	Text
	Bool
	Number // as written, in Text
	Time
	List
	Nested // an object
	Lost   // it had a value that the file does not keep
)

// Value is the value of a property. The zero value is null.
type Value struct {
	Kind Kind
	// Text is a text, a number as written, and what an object shows as text where the file says it (the name of an enumeration's value, for one).
	Text  string
	Bool  bool
	Time  time.Time
	Items []Value // of a list
	// Members are an object's properties.
	Members []Member
	// Types are the names of the .NET types, the most special first, where the file says them.
	Types []string
}

// Member is a property of an object.
type Member struct {
	Name  string
	Value Value
}

// Get finds a property by its name without regard to case, as PowerShell does.
func (v Value) Get(name string) (Value, bool) {
	for i := range v.Members {
		if strings.EqualFold(v.Members[i].Name, name) {
			return v.Members[i].Value, true
		}
	}
	return Value{}, false
}

// typeText is what the text of an object looks like that has none of its own: the name of its type. A name needs an assembly's namespace to be told from other text.
var typeText = regexp.MustCompile(`^(?:Deserialized\.|Selected\.)?(?:System|Microsoft)\.[A-Za-z0-9_.+` + "`" + `]+(?:\[.*\])?$|^(?:System\.)?[A-Za-z]+\[\]$|^System\.Collections\.`)

// IsTypeName says that a text is the name of a .NET type, which stands where an object or a list was not kept.
func IsTypeName(text string) bool {
	if !strings.HasSuffix(text, "]") && !strings.HasPrefix(text, "System.") && !strings.HasPrefix(text, "Microsoft.") && !strings.HasPrefix(text, "Deserialized.") && !strings.HasPrefix(text, "Selected.") {
		return false // nearly all texts
	}
	return typeText.MatchString(text)
}

// Written reads a value that stands as text in a file that knows only texts: null for none, lost for the name of a type.
func Written(text string) Value {
	switch {
	case text == "":
		return Value{}
	case IsTypeName(text):
		return Value{Kind: Lost, Text: text}
	}
	return Value{Kind: Text, Text: text}
}

// hash is an object as PowerShell shows it within a text: @{Name=a; Authority=b}.
var hash = regexp.MustCompile(`(?s)^@\{(.*)\}$`)

// Hash takes an object apart that was written as @{Name=a; Authority=b}; false when the text is none.
func Hash(text string) (Value, bool) {
	m := hash.FindStringSubmatch(text)
	if m == nil {
		return Value{}, false
	}
	v := Value{Kind: Nested}
	for part := range strings.SplitSeq(m[1], ";") {
		if name, value, ok := strings.Cut(part, "="); ok {
			v.Members = append(v.Members, Member{strings.TrimSpace(name), Written(strings.TrimSpace(value))})
		}
	}
	return v, true
}
