package file

import (
	"fmt"
	"time"

	"hybridaudit/sources/evidence"
)

// SchemaVersion is what Write writes. Read takes it and all older ones.
const SchemaVersion = 1

const (
	manifestName = "manifest.json"
	memberSuffix = ".jsonl.zst"
)

// manifest describes an evidence file.
type manifest struct {
	Schema   int                 `json:"schemaVersion"`
	Tool     string              `json:"tool"`
	Taken    time.Time           `json:"taken"`
	Members  []member            `json:"members"`
	Coverage []evidence.Coverage `json:"coverage"`
}

type member struct {
	Dataset evidence.Dataset `json:"dataset"`
	Rows    int              `json:"rows"`
	Size    int64            `json:"size"`   // unpacked, bytes
	SHA256  string           `json:"sha256"` // of the stored bytes, hex
}

// Limits bound what Read unpacks. The zero value means [DefaultLimits].
type Limits struct {
	Unpacked int64  // all members together, bytes
	Memory   uint64 // of the decompressor, bytes
	Line     int    // one row, bytes
}

// DefaultLimits are enough for the evidence of several million people.
func DefaultLimits() Limits { return Limits{Unpacked: 64 << 30, Memory: 128 << 20, Line: 16 << 20} }

const (
	maxManifest = 16 << 20
	maxPacked   = 16 << 30
)

// DamagedError says that a file is no evidence file that can be trusted. Problem is a clause for people.
type DamagedError struct{ Problem string }

func (e *DamagedError) Error() string { return e.Problem }

// NewerError says that a newer version of the tool wrote the file.
type NewerError struct {
	Schema int
	Tool   string
}

func (e *NewerError) Error() string {
	return fmt.Sprintf("it has evidence schema %d, written by %s; this version reads up to %d: use a newer hybridaudit", e.Schema, e.Tool, SchemaVersion)
}

func damaged(format string, args ...any) error { return &DamagedError{fmt.Sprintf(format, args...)} }
