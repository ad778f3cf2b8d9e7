package xlsx

import (
	"bufio"
	"cmp"
	"errors"
	"fmt"
	"hash"
	"hash/crc32"
	"io"
	"io/fs"
	"math"
	"os"
	"slices"
	"time"

	"github.com/klauspost/compress/flate"
	"github.com/klauspost/compress/zip"
)

// container gathers the parts of a workbook, compressed, in a temporary file, and writes them out in a fixed order: excelize hands streamed sheets over in
// the random order of a map, and programs that look at the first bytes of a file expect the list of content types there. It implements excelize.ZipWriter.
type container struct {
	out      io.Writer
	modified time.Time
	spill    *os.File
	buffer   *bufio.Writer
	offset   int64
	parts    []*part
	deflate  *flate.Writer
}

// part is one member of the archive; it lies at offset in the temporary file.
type part struct {
	c            *container
	name         string
	offset       int64
	size, packed int64
	sum          hash.Hash32
	closed       bool
}

// newContainer makes a container that writes to out when it is closed. The temporary file goes to dir, or to the system's place when dir is "".
func newContainer(out io.Writer, dir string, modified time.Time) (*container, error) {
	spill, err := os.CreateTemp(dir, "hybridaudit-xlsx-")
	if err != nil {
		return nil, fmt.Errorf("making a temporary file: %w", err)
	}
	c := &container{out: out, modified: modified, spill: spill, buffer: bufio.NewWriterSize(spill, 1<<18)}
	c.deflate, err = flate.NewWriter(packed{c}, flate.DefaultCompression)
	if err != nil {
		return nil, errors.Join(err, c.remove())
	}
	return c, nil
}

// remove ends the container and removes its temporary file.
func (c *container) remove() error {
	return errors.Join(c.spill.Close(), os.Remove(c.spill.Name()))
}

// packed takes what the compressor gives.
type packed struct{ c *container }

func (p packed) Write(b []byte) (int, error) {
	n, err := p.c.buffer.Write(b)
	p.c.offset += int64(n)
	return n, err
}

// Create starts a part; the one before it is finished.
func (c *container) Create(name string) (io.Writer, error) {
	if err := c.finish(); err != nil {
		return nil, err
	}
	p := &part{c: c, name: name, offset: c.offset, sum: crc32.NewIEEE()}
	c.parts = append(c.parts, p)
	c.deflate.Reset(packed{c})
	return p, nil
}

// AddFS is part of excelize.ZipWriter; workbooks are never made of file systems.
func (c *container) AddFS(fs.FS) error {
	return errors.New("adding a file system to a workbook is not supported")
}

// Write compresses a piece of the part.
func (p *part) Write(b []byte) (int, error) {
	_, _ = p.sum.Write(b) // a hash never fails
	p.size += int64(len(b))
	if p.size >= math.MaxUint32 {
		return 0, fmt.Errorf("%s is larger than 4 GiB, which spreadsheet programs refuse", p.name)
	}
	return p.c.deflate.Write(b)
}

func (c *container) finish() error {
	if len(c.parts) == 0 || c.parts[len(c.parts)-1].closed {
		return nil
	}
	p := c.parts[len(c.parts)-1]
	if err := c.deflate.Close(); err != nil {
		return fmt.Errorf("compressing %s: %w", p.name, err)
	}
	p.packed, p.closed = c.offset-p.offset, true
	return nil
}

// rank puts the parts first that readers look at first.
func rank(name string) int {
	switch name {
	case "[Content_Types].xml":
		return 0
	case "_rels/.rels":
		return 1
	case "xl/workbook.xml":
		return 2
	}
	return 3
}

// Close writes the archive to the output.
func (c *container) Close() error {
	if err := c.finish(); err != nil {
		return err
	}
	if err := c.buffer.Flush(); err != nil {
		return fmt.Errorf("writing a temporary file: %w", err)
	}
	slices.SortFunc(c.parts, func(a, b *part) int {
		return cmp.Or(cmp.Compare(rank(a.name), rank(b.name)), cmp.Compare(a.name, b.name))
	})
	archive := zip.NewWriter(c.out)
	for _, p := range c.parts {
		if err := c.copy(archive, p); err != nil {
			return fmt.Errorf("writing %s: %w", p.name, err)
		}
	}
	return archive.Close()
}

func (c *container) copy(archive *zip.Writer, p *part) error {
	const version = 20 // deflate; no part needs more
	h := &zip.FileHeader{
		Name: p.name, Method: zip.Deflate, CRC32: p.sum.Sum32(), CreatorVersion: version, ReaderVersion: version,
		CompressedSize64: uint64(p.packed), UncompressedSize64: uint64(p.size), //nolint:gosec // sizes are not negative
	}
	h.SetModTime(c.modified) //nolint:staticcheck // a raw header needs the DOS form
	to, err := archive.CreateRaw(h)
	if err != nil {
		return err
	}
	_, err = io.Copy(to, io.NewSectionReader(c.spill, p.offset, p.packed))
	return err
}
