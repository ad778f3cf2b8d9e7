package dns

import (
	"context"
	"testing"
	"time"
)

// A server that was given up, and is due to be tried again, is not tried for ever once time is over.
func TestNoTrialsWhenTimeIsOver(t *testing.T) {
	t.Parallel()
	ctx, stop := context.WithCancel(t.Context())
	stop()
	for name, s := range map[string]*server{"dead": {dead: true}, "silent": {silent: maxSilent}} {
		ended := make(chan string, 1)
		trials := 0
		go func() {
			ended <- s.willing(ctx, subject{}, func(question) bool {
				if trials++; trials > 1000 {
					time.Sleep(time.Hour) // the test has failed: do not burn the processor
				}
				return false
			})
		}()
		select {
		case why := <-ended:
			if why == "" {
				t.Errorf("%s: questions may still be asked", name)
			}
		case <-time.After(5 * time.Second):
			t.Errorf("%s: still being tried", name)
		}
	}
}
