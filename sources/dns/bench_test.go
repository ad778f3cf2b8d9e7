package dns

import (
	"fmt"
	"testing"
	"time"

	"hybridaudit/sources/evidence"
	"hybridaudit/sources/evidence/targets"

	miekg "github.com/miekg/dns"
)

// BenchmarkDomains asks three resolvers, each 20 ms away, about 500 domains, and shows how near the time comes to that of the questions by themselves.
func BenchmarkDomains(b *testing.B) {
	const delay = 20 * time.Millisecond
	say := func(q *miekg.Msg, _ bool) [][]byte {
		m := new(miekg.Msg).SetRcode(q, miekg.RcodeNameError)
		m.RecursionAvailable = true
		return packed(m)
	}
	inside, one, two := listenAt(b, "127.0.0.1:0", delay, say), listenAt(b, "127.0.0.1:0", delay, say), listenAt(b, "127.0.0.1:0", delay, say)
	var t targets.Targets
	for i := range 500 {
		t.Domains = append(t.Domains, targets.Domain{Name: fmt.Sprintf("d%03d.example.com", i), Verified: true})
	}
	for _, workers := range []int{32, 128} {
		b.Run(fmt.Sprintf("workers=%d", workers), func(b *testing.B) {
			before := len(inside.questions()) + len(one.questions()) + len(two.questions())
			for b.Loop() {
				builder := evidence.NewBuilder(time.Now())
				if err := Collect(b.Context(), Config{Internal: []string{inside.addr}, Public: []string{one.addr, two.addr}, Workers: workers, PerSecond: 1 << 20, Targets: t}, builder); err != nil {
					b.Fatal(err)
				}
			}
			asked := len(inside.questions()) + len(one.questions()) + len(two.questions()) - before
			b.ReportMetric(float64(asked)/b.Elapsed().Seconds(), "questions/s")
			b.ReportMetric(b.Elapsed().Seconds()/(delay.Seconds()*float64(asked)/float64(workers)), "of-ideal")
		})
	}
}
