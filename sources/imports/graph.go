package imports

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"time"

	"hybridaudit/sources/evidence"
	"hybridaudit/sources/imports/documents"
	"hybridaudit/sources/imports/plain"
)

// MaxPages is how many files of Graph pages one import takes, and how many pages they may hold.
const (
	MaxPageFiles = 100_000
	MaxPages     = 1_000_000
)

// GraphOptions say what is known of saved pages that they do not tell themselves.
type GraphOptions struct {
	// Name is what to call the tenant when no page tells its id.
	Name string
	// Wanted are the datasets that the audit needs: those of which there is no page are Failed, so that the gap is seen.
	Wanted []evidence.Dataset
	Limits documents.Limits
	// Progress is called now and then with the rows that a dataset has; expected is always -1. It is nil when nobody wants to know.
	Progress func(d evidence.Dataset, rows, expected int)
	// Log gets what was found in the files; nothing that names a person. Nil discards.
	Log *slog.Logger
}

// PageError says why a file holds no pages of Microsoft Graph that can be used.
type PageError struct {
	File    string
	Line    int // 0 when it is about the whole file
	Problem string
}

func (e *PageError) Error() string {
	if e.Line > 0 {
		return fmt.Sprintf("%s:%d: %s", e.File, e.Line, e.Problem)
	}
	return e.File + ": " + e.Problem
}

// Graph reads pages of Microsoft Graph that were saved of one tenant, in any number of files: one page or several in each, as arrays or one behind the other. Which collection a page
// is of is told by its @odata.context. The files are read twice, since which properties were asked for and which page is the last may be told by any of them.
//
// An error says that a file is none of the kind ([*PageError], [*documents.Error]), cannot be read, or is of another tenant; it is the context's when that ended. That pages are missing, or lack
// properties, is no error: the coverage tells it. Coverage and rows call the tenant by its id, or by o.Name when no page tells that.
func Graph(ctx context.Context, files []File, o GraphOptions) (*evidence.Snapshot, error) {
	switch {
	case len(files) == 0:
		return nil, errors.New("there is no file with pages of Microsoft Graph")
	case len(files) > MaxPageFiles:
		return nil, fmt.Errorf("%d files with pages of Microsoft Graph are too many: at most %d are read together", len(files), MaxPageFiles)
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Progress == nil {
		o.Progress = func(evidence.Dataset, int, int) {}
	}
	s := newPages(files, o)
	if err := s.look(ctx); err != nil {
		return nil, err
	}
	s.choose()
	f := newPageFilling(s)
	if err := f.fill(ctx); err != nil {
		return nil, err
	}
	return f.close(), nil
}

// each gives the JSON objects of a file, which hold the pages.
func (f File) each(ctx context.Context, l documents.Limits, use func(documents.Value) error) (err error) {
	source, err := f.Open()
	if err != nil {
		return fmt.Errorf("opening %s: %w", f.Name, err)
	}
	defer func() {
		if fault := source.Close(); fault != nil && err == nil {
			err = fmt.Errorf("closing %s: %w", f.Name, fault)
		}
	}()
	r := documents.NewReader(plain.UTF8(source), f.Name, l)
	for {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		v, err := r.Next()
		switch {
		case err == io.EOF: //nolint:errorlint // a wrapped one is a fault of the source
			return nil
		case err != nil:
			return err
		}
		if err := use(v); err != nil {
			return err
		}
	}
}

// newest is the time of the newest of some files.
func newest(files []File, of map[int]bool) (oldest, latest time.Time) {
	for i := range of {
		at := files[i].Modified.UTC()
		if oldest.IsZero() || at.Before(oldest) {
			oldest = at
		}
		if at.After(latest) {
			latest = at
		}
	}
	return oldest, latest
}
