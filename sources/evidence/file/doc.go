// Package file is the format in which evidence travels: a zip with manifest.json and one zstd-compressed member of JSON lines for each dataset.
//
// The manifest names the schema version, the tool, when the evidence was taken, the coverage, and for each member the rows, the unpacked size and the
// SHA-256 of its stored bytes. A file that is truncated, damaged, from a newer schema or larger than the limits is refused with an error that says so;
// nothing of it is used. A file may be encrypted as a whole with age.
package file
