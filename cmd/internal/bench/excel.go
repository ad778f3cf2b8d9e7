//go:build unix

package main

import (
	"archive/zip"
	"bufio"
	"context"
	_ "embed"
	"errors"
	"fmt"
	"html"
	"io"
	"os"
	"regexp"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
	"time"

	"hybridaudit/audit"
	"hybridaudit/audit/rules"
	"hybridaudit/audit/text"
	"hybridaudit/reports/document"
	"hybridaudit/reports/xlsx"
	"hybridaudit/sources/lab/server"
)

//go:embed testdata/constantmemory.c
var peerSource []byte

// excel writes findings into a workbook.
func (b *bench) excel(ctx context.Context) ([]line, error) {
	if err := need("gcc"); err != nil {
		return nil, err
	}
	program, err := b.compiled(ctx)
	if err != nil {
		return nil, err
	}
	// The first run gives the workbook of which the peer writes the cells.
	book, cells, n := b.path("ours.xlsx"), b.path("cells.txt"), strconv.Itoa(b.sizes.rows)
	if _, err := own(ctx, nil, "findings", n, book); err != nil {
		return nil, err
	}
	columns, err := writeCells(book, cells)
	if err != nil {
		return nil, err
	}
	ours, theirs, err := alternate(ctx, b.rounds, func(ctx context.Context) (cost, error) { return own(ctx, nil, "findings", n, book) },
		func(ctx context.Context) (cost, error) {
			k, err := command{name: program, args: []string{cells, b.path("peer.xlsx")}}.run(ctx)
			k.Units = b.sizes.rows
			return k, err
		})
	if err != nil {
		return nil, err
	}
	work, name := fmt.Sprintf("Excel, %s findings × %d columns", count(float64(b.sizes.rows)), columns), "libxlsxwriter, constant memory, same cells"
	return []line{
		elapsed().against(work, ours, theirs, name, atMost(1)),
		processor().against(work, ours, theirs, name, nil),
		memory().against(work+", above the findings", ours, theirs, name, below(300, "< 300 MiB")),
	}, nil
}

// compiled builds the peer.
func (b *bench) compiled(ctx context.Context) (string, error) {
	source, program := b.path("constantmemory.c"), b.path("constantmemory")
	if err := os.WriteFile(source, peerSource, 0o600); err != nil {
		return "", err
	}
	probe := command{name: "gcc", args: []string{"-fsyntax-only", "-include", "xlsxwriter.h", "-x", "c", os.DevNull}}
	if _, err := probe.run(ctx); err != nil {
		return "", &missingError{"libxlsxwriter-dev", "make peers"}
	}
	_, err := command{name: "gcc", args: []string{"-O2", "-Wall", "-Werror", "-o", program, source, "-lxlsxwriter"}}.run(ctx)
	return program, err
}

// findingsWork makes so many findings out of those of an evidence file, and measures the writing of the workbook.
func findingsWork(ctx context.Context, args []string) (any, error) {
	n, err := numbered(args, 0)
	if err != nil || len(args) != 2 {
		return nil, errArguments
	}
	d, err := findings(ctx, n)
	if err != nil {
		return nil, err
	}
	f, err := os.Create(args[1])
	if err != nil {
		return nil, err
	}
	debug.FreeOSMemory()
	before, err := watchMemory()
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	p := begin()
	w := bufio.NewWriterSize(f, 1<<20)
	if err := errors.Join(xlsx.Write(ctx, w, d, xlsx.Options{}), w.Flush(), f.Close()); err != nil {
		return nil, err
	}
	k := p.end(n)
	peak, err := memoryOf("VmHWM")
	k.Peak = peak - before
	runtime.KeepAlive(d)
	return k, err
}

// findings repeats the findings of a small audit until there are n; each is another subject's.
func findings(ctx context.Context, n int) (_ *document.Document, err error) {
	org, err := organisation(600, time.Now())
	if err != nil {
		return nil, err
	}
	r, err := server.Start(ctx, org, server.Options{})
	if err != nil {
		return nil, err
	}
	s, err := readBoth(ctx, served(r))
	if err := errors.Join(err, r.Stop()); err != nil {
		return nil, err
	}
	result, err := audit.Run(ctx, s, audit.Options{Rules: rules.All()})
	if err != nil {
		return nil, err
	}
	found := result.Findings
	if len(found) == 0 {
		return nil, errors.New("the sample has no findings")
	}
	result.Persons = nil // one sheet is compared
	result.Findings = make([]audit.Finding, n)
	for i := range result.Findings {
		f := found[i%len(found)]
		if i >= len(found) {
			f.Subject.Key = fmt.Sprintf("%08x-%04x%s", i, i/len(found), f.Subject.Key[min(13, len(f.Subject.Key)):])
		}
		result.Findings[i] = f
	}
	words, err := text.English()
	if err != nil {
		return nil, err
	}
	return document.New(result, document.Meta{Tool: "bench", Version: "0", Lang: words.Lang, Words: words, Made: time.Now()}), nil
}

// watchMemory begins to watch the largest resident set anew and gives the present one.
func watchMemory() (int64, error) {
	if err := os.WriteFile("/proc/self/clear_refs", []byte("5"), 0o600); err != nil {
		return 0, err
	}
	return memoryOf("VmRSS")
}

// memoryOf reads a size from the process's status.
func memoryOf(name string) (int64, error) {
	data, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0, err
	}
	for line := range strings.Lines(string(data)) {
		if rest, ok := strings.CutPrefix(line, name+":"); ok {
			kib, err := strconv.ParseInt(strings.TrimSuffix(strings.TrimSpace(rest), " kB"), 10, 64)
			return kib << 10, err
		}
	}
	return 0, fmt.Errorf("/proc/self/status has no %s", name)
}

var (
	cellText = regexp.MustCompile(`<c [^>]*?(?:/>|>(.*?)</c>)`)
	formula  = regexp.MustCompile(`<f>(.*?)</f>`)
	value    = regexp.MustCompile(`<(?:v|t)(?: [^>]*)?>(.*?)</(?:v|t)>`)
)

// writeCells writes the cells of a workbook's largest sheet into a file: a line a row, the cells separated by unit separators, a letter in front of each
// says whether it is text or a formula with its result. It gives the number of columns.
func writeCells(book, path string) (columns int, err error) {
	z, err := zip.OpenReader(book)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, z.Close()) }()
	var largest *zip.File
	for _, f := range z.File {
		if strings.HasPrefix(f.Name, "xl/worksheets/sheet") && (largest == nil || f.UncompressedSize64 > largest.UncompressedSize64) {
			largest = f
		}
	}
	if largest == nil {
		return 0, errors.New("the workbook has no sheet")
	}
	sheet, err := largest.Open()
	if err != nil {
		return 0, err
	}
	f, err := os.Create(path)
	if err != nil {
		return 0, err
	}
	w := bufio.NewWriterSize(f, 1<<20)
	columns, err = copyCells(w, sheet)
	return columns, errors.Join(err, w.Flush(), f.Close(), sheet.Close())
}

// copyCells takes the XML row by row, as excelize's stream writes it.
func copyCells(w *bufio.Writer, sheet io.Reader) (columns int, err error) {
	rows := bufio.NewScanner(sheet)
	rows.Buffer(make([]byte, 1<<20), 1<<26)
	rows.Split(func(data []byte, atEOF bool) (int, []byte, error) {
		const end = "</row>"
		if i := strings.Index(string(data), end); i >= 0 {
			return i + len(end), data[:i], nil
		}
		if atEOF {
			return len(data), nil, nil
		}
		return 0, nil, nil
	})
	oneLine := strings.NewReplacer("\n", " ", "\r", " ")
	for rows.Scan() {
		cells := cellText.FindAllStringSubmatch(rows.Text(), -1)
		columns = max(columns, len(cells))
		for i, c := range cells {
			if i > 0 {
				_ = w.WriteByte(0x1f) // the error stays until Flush
			}
			content := ""
			if v := value.FindStringSubmatch(c[1]); v != nil {
				content = oneLine.Replace(html.UnescapeString(v[1]))
			}
			if m := formula.FindStringSubmatch(c[1]); m != nil {
				content = "f" + html.UnescapeString(m[1]) + "\x1e" + content
			} else {
				content = "s" + content
			}
			_, _ = w.WriteString(content)
		}
		_ = w.WriteByte('\n')
	}
	return columns, rows.Err()
}
