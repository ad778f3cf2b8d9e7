package graph

import (
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// shortestWait is waited where the service says 0 or names a moment that is over, so that no loop spins.
const shortestWait = time.Second

// retryAfter reads how long an answer wants us to wait: seconds with or without a fraction, or an HTTP date, which is compared with the answer's own
// Date, so that a wrong clock here does not matter. ok is false without a readable header.
func retryAfter(h http.Header, now time.Time) (wait time.Duration, ok bool) {
	text := strings.TrimSpace(h.Get("Retry-After"))
	if text == "" {
		return 0, false
	}
	if seconds, err := strconv.ParseFloat(text, 64); err == nil {
		switch {
		case math.IsNaN(seconds):
			return 0, false
		case seconds > math.MaxInt32:
			return math.MaxInt32 * time.Second, true
		case seconds <= 0:
			return shortestWait, true
		}
		return time.Duration(math.Ceil(seconds * float64(time.Second))), true
	}
	at, err := http.ParseTime(text)
	if err != nil {
		return 0, false
	}
	if sent, err := http.ParseTime(h.Get("Date")); err == nil {
		now = sent
	}
	return max(at.Sub(now), shortestWait), true
}

// backoff is the wait before the repetition with the given number, from 1, when nobody said how long.
func backoff(repetition int) time.Duration {
	return time.Second << min(repetition, 6)
}
