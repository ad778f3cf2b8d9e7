// Package aside writes files so that a reader finds the old content or the new one, never half of either: beside the place first, then renamed.
package aside

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// File is content that is not yet in its place.
type File struct {
	temporary string
	path      string
}

// Write makes the content of path beside it, mode 0600, in a folder that exists. The old file stays until Commit. On an error nothing is left.
func Write(path string, content func(io.Writer) error) (_ *File, err error) {
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*.tmp")
	if err != nil {
		return nil, fmt.Errorf("writing %s: %w", path, err)
	}
	defer func() {
		if err != nil {
			err = errors.Join(fmt.Errorf("writing %s: %w", path, err), ignoreClosed(f.Close()), os.Remove(f.Name()))
		}
	}()
	b := bufio.NewWriterSize(f, 1<<18)
	if err = content(b); err != nil {
		return nil, err
	}
	if err = b.Flush(); err != nil {
		return nil, err
	}
	if err = f.Sync(); err != nil {
		return nil, err
	}
	if err = f.Close(); err != nil {
		return nil, err
	}
	return &File{f.Name(), path}, nil
}

func ignoreClosed(err error) error {
	if errors.Is(err, os.ErrClosed) {
		return nil
	}
	return err
}

// Commit puts the content in its place.
func (f *File) Commit() error {
	if err := os.Rename(f.temporary, f.path); err != nil {
		return errors.Join(fmt.Errorf("writing %s: %w", f.path, err), f.Discard())
	}
	return nil
}

// Discard forgets the content; the old file stays.
func (f *File) Discard() error {
	if err := os.Remove(f.temporary); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	return nil
}

// Path is where the content belongs.
func (f *File) Path() string { return f.path }
