package xlsx_test

import (
	"fmt"
	"io"
	"os"
	"strings"
	"testing"

	"hybridaudit/audit"
	"hybridaudit/reports/document"
	"hybridaudit/reports/document/documenttest"
	"hybridaudit/reports/xlsx"
)

// BenchmarkMillionFindings writes a workbook with a million findings of fifteen columns. It shows the rows written in a second and, on Linux, the most
// memory that the process ever held, the findings themselves included.
func BenchmarkMillionFindings(b *testing.B) {
	d := million(b)
	before := peak(b)
	b.ResetTimer()
	var size counter
	for b.Loop() {
		size = 0
		if err := xlsx.Write(b.Context(), &size, d, xlsx.Options{TempDir: b.TempDir()}); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(d.Count()*b.N)/b.Elapsed().Seconds(), "rows/s")
	b.ReportMetric(float64(before)/1024, "MiB-before")
	b.ReportMetric(float64(peak(b))/1024, "MiB-peak")
	b.ReportMetric(float64(size)/(1<<20), "MiB-file")
}

type counter int64

func (c *counter) Write(p []byte) (int, error) {
	*c += counter(len(p))
	return len(p), nil
}

var _ io.Writer = (*counter)(nil)

// million makes findings that share what they can, so that the memory shown is that of the writer.
func million(b *testing.B) *document.Document {
	b.Helper()
	result, err := documenttest.Result(documenttest.Options{People: 1000})
	if err != nil {
		b.Fatal(err)
	}
	found := result.Findings
	const n = 1_000_000
	result.Findings = make([]audit.Finding, n)
	for i := range result.Findings {
		f := found[i%len(found)]
		f.Subject.Key = documenttest.ID('x', i)
		f.Value = fmt.Sprintf("sip:somebody%d@contoso.com", i)
		result.Findings[i] = f
	}
	m, err := documenttest.Meta(documenttest.Options{})
	if err != nil {
		b.Fatal(err)
	}
	return document.New(result, m)
}

// peak is the most memory that the process ever held, in KiB; 0 where the system does not tell.
func peak(b *testing.B) int {
	b.Helper()
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(status)) {
		var kib int
		if _, err := fmt.Sscanf(line, "VmHWM: %d kB", &kib); err == nil {
			return kib
		}
	}
	return 0
}
