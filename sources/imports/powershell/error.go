package powershell

import "fmt"

// Error says what is wrong with a file, in which line, and what to do. It repeats no value.
type Error struct {
	File   string
	Line   int // the first is 1; 0 when it is about the whole file
	What   string
	Advice string
}

func (e *Error) Error() string {
	text := e.File
	if e.Line > 0 {
		text = fmt.Sprintf("%s:%d", e.File, e.Line)
	}
	text += ": " + e.What
	if e.Advice != "" {
		text += " (" + e.Advice + ")"
	}
	return text
}

// Limits bound what a file may make a reader hold. Zero fields stand for the defaults.
type Limits struct {
	Object  int // bytes of one object; 64 MiB
	Depth   int // of objects in objects; 100
	Values  int // values of one object; 1,000,000
	Columns int // properties of one object; 4,000
	// Refs and Held bound the objects that later ones may refer to, in CliXml: how many, 100,000, and the bytes they take in the file, 64 MiB. Those that nobody
	// referred to for the longest time are forgotten beyond that.
	Refs, Held int
}

// Filled replaces zero fields.
func (l Limits) Filled() Limits {
	or := func(v *int, standard int) {
		if *v <= 0 {
			*v = standard
		}
	}
	or(&l.Object, 64<<20)
	or(&l.Depth, 100)
	or(&l.Values, 1_000_000)
	or(&l.Columns, 4000)
	or(&l.Refs, 100_000)
	or(&l.Held, 64<<20)
	return l
}

// Object is an object of the output.
type Object struct {
	Value
	Line int // where it begins
}
