package cli

import (
	"io"
	"os"
	"sync"
	"time"

	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"
	"golang.org/x/term"

	"hybridaudit/audit/text"
	"hybridaudit/sources/evidence"
)

// progress shows how far the reading is: bars on a terminal, a log line every few seconds elsewhere and with --log-format json, nothing with
// --quiet.
type progress struct {
	app    *app
	mu     sync.Mutex
	bars   *mpb.Progress
	known  map[evidence.Dataset]*mpb.Bar
	counts map[evidence.Dataset][]count // by source
	begun  time.Time
	told   map[evidence.Dataset]time.Time
	asked  int // sources
	labels *text.Catalogue
}

// count is how far one source is with a dataset.
type count struct{ rows, expected int }

// lines passes log lines on: to the error stream, or above the bars while there are any.
type lines struct {
	mu sync.Mutex
	to io.Writer
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.to.Write(p)
}

func (l *lines) redirect(to io.Writer) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.to = to
}

const tellEvery = 3 * time.Second

func (a *app) newProgress() *progress {
	p := &progress{app: a, known: map[evidence.Dataset]*mpb.Bar{}, counts: map[evidence.Dataset][]count{}, told: map[evidence.Dataset]time.Time{}, begun: time.Now()}
	if labels, err := text.English(); err == nil {
		p.labels = labels
	}
	if a.bars() {
		p.bars = mpb.New(mpb.WithOutput(a.io.Err), mpb.WithWidth(40), mpb.WithRefreshRate(150*time.Millisecond))
		a.lines.redirect(p.bars)
	}
	return p
}

// terminalStream says whether a stream is one.
func terminalStream(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// source gives the function that a source tells how many rows of a dataset it has read so far; it may be called from any goroutine. What several forests or tenants
// give is shown together.
func (p *progress) source() func(d evidence.Dataset, rows, expected int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	number := p.asked
	p.asked++
	return func(d evidence.Dataset, rows, expected int) {
		p.mu.Lock()
		defer p.mu.Unlock()
		for len(p.counts[d]) <= number {
			p.counts[d] = append(p.counts[d], count{})
		}
		p.counts[d][number] = count{rows, expected}
		total := count{}
		for _, c := range p.counts[d] {
			total.rows += c.rows
			if total.expected >= 0 && c.expected >= 0 {
				total.expected += c.expected
			} else {
				total.expected = -1
			}
		}
		p.show(d, total.rows, total.expected)
	}
}

func (p *progress) show(d evidence.Dataset, rows, expected int) {
	if p.bars == nil {
		if p.told[d].IsZero() {
			p.told[d] = p.begun
		}
		if now := time.Now(); now.Sub(p.told[d]) > tellEvery {
			p.told[d] = now
			p.app.log.Info("reading", "dataset", string(d), "rows", rows, "expected", expected)
		}
		return
	}
	bar := p.known[d]
	if bar == nil {
		bar = p.bars.AddBar(0, mpb.PrependDecorators(decor.Name(p.label(d), decor.WCSyncSpaceR)), mpb.AppendDecorators(decor.CountersNoUnit("%d / %d")))
		p.known[d] = bar
	}
	bar.SetTotal(int64(max(rows, expected)), false)
	bar.SetCurrent(int64(rows))
}

func (p *progress) label(d evidence.Dataset) string {
	if p.labels == nil {
		return string(d)
	}
	return p.labels.Get("dataset." + string(d))
}

// close ends the bars and leaves them standing as they are.
func (p *progress) close() {
	if p.bars == nil {
		return
	}
	p.mu.Lock()
	for _, b := range p.known {
		b.SetTotal(-1, true)
	}
	p.mu.Unlock()
	p.bars.Wait()
	p.app.lines.redirect(p.app.io.Err)
}
