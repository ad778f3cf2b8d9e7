// Package entries turns the entries of a directory, from a server or from a file, into rows of evidence, and tells what they lack.
//
// A directory leaves out what an account may not read and says nothing of it. The package counts what it stores, and concludes from what each object must
// have and from what products write together which attributes were refused.
package entries
