package imports

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"time"

	"hybridaudit/sources/evidence"
	"hybridaudit/sources/imports/ldif"
)

// MaxFiles is how many files one import takes.
const MaxFiles = 1000

// File is one file to import.
type File struct {
	Name string // stands in errors and in the coverage
	// Open is called twice, and what it gives is closed.
	Open     func() (io.ReadCloser, error)
	Modified time.Time
}

// Options say what is known of the files that they do not tell themselves.
type Options struct {
	// Taken is when the files were exported: the clock of the rules. Zero means the time of the oldest file.
	Taken time.Time
	// Wanted narrows what is kept of users, contacts and groups to these columns of evidence.ADUsers, memberOf among them when it is wanted; objectGUID,
	// distinguishedName and objectClass are always kept. Empty keeps them all, but for memberOf and others that are large.
	Wanted []string
	// AllAttributes says that no list of attributes was given when those files were exported that do not tell. Attributes that a domain controller computes
	// are not among "all".
	AllAttributes bool
	// Attributes is the list that was given, as for "ldifde -l"; "*" in it stands for all. It holds for the files that do not tell.
	Attributes []string
	// Whole says that the files that do not tell hold whole partitions, or all objects of the kinds that they hold any of.
	Whole  bool
	Limits ldif.Limits
	// Progress is called now and then with the rows that a dataset has; expected is always -1. It is nil when nobody wants to know.
	Progress func(d evidence.Dataset, rows, expected int)
	// Log gets what was found in the files; nothing that names a person. Nil discards.
	Log *slog.Logger
}

// validate gives every fault of the options and of the list of files.
func (o Options) validate(files []File) error {
	var faults []error
	switch {
	case len(files) == 0:
		faults = append(faults, errors.New("no LDIF file is given"))
	case len(files) > MaxFiles:
		faults = append(faults, fmt.Errorf("%d LDIF files are too many: at most %d are read together", len(files), MaxFiles))
	}
	columns := evidence.SchemaOf(evidence.ADUsers)
	for _, name := range o.Wanted {
		if _, ok := columns.Find(name); !ok || name == evidence.ADForestColumn {
			faults = append(faults, fmt.Errorf("%q is no attribute that evidence keeps", name))
		}
	}
	return errors.Join(faults...)
}

// LDIF reads the files and gives one snapshot for each forest, in the order of the forests' names. Each covers what a collector reads unless it is told otherwise. An error says that
// a file is not what it should be ([*ldif.Error]), cannot be read, holds nothing of a directory, or that the options are wrong; it is the context's when that
// ended. That files were cut, or lack something, is no error: the coverage tells it.
func LDIF(ctx context.Context, files []File, o Options) ([]*evidence.Snapshot, error) {
	if err := o.validate(files); err != nil {
		return nil, err
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Progress == nil {
		o.Progress = func(evidence.Dataset, int, int) {}
	}
	if o.Taken.IsZero() {
		o.Taken = slices.MinFunc(files, func(a, b File) int { return a.Modified.Compare(b.Modified) }).Modified
	}
	s := newSurvey(files)
	if err := s.look(ctx, o); err != nil {
		return nil, err
	}
	forests, err := s.forests()
	if err != nil {
		return nil, err
	}
	f, err := newFilling(s, forests, o)
	if err != nil {
		return nil, err
	}
	if err := f.fill(ctx); err != nil {
		return nil, err
	}
	var all []*evidence.Snapshot
	for _, one := range f.forests {
		one.close()
		all = append(all, one.builder.Seal())
	}
	return all, nil
}

// checkEvery is how many records pass between two looks at the context.
const checkEvery = 256

// records gives all records of a file to use, which must not keep their memory. The reader is given back at the end of the file, for what it then knows.
func (f File) records(ctx context.Context, l ldif.Limits, use func(*ldif.Record) error) (r *ldif.Reader, err error) {
	source, err := f.Open()
	if err != nil {
		return nil, fmt.Errorf("opening %s: %w", f.Name, err)
	}
	defer func() {
		if fault := source.Close(); fault != nil && err == nil {
			err = fmt.Errorf("closing %s: %w", f.Name, fault)
		}
	}()
	r = ldif.NewReader(source, f.Name, l)
	for n := 0; ; n++ {
		if n%checkEvery == 0 && ctx.Err() != nil {
			return nil, ctx.Err()
		}
		record, err := r.Next()
		switch {
		case err == io.EOF: //nolint:errorlint // a wrapped one is a fault of the source
			return r, nil
		case err != nil:
			return nil, err
		}
		if err := use(record); err != nil {
			return nil, err
		}
	}
}
