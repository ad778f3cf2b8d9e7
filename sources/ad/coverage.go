package ad

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"hybridaudit/sources/evidence"
)

// end sets state and reason of a dataset from what went wrong.
func end(c *evidence.Coverage, faults []error) {
	if len(faults) == 0 {
		c.State, c.Reason = evidence.Complete, ""
		return
	}
	c.State = evidence.Partial
	if c.Rows == 0 {
		c.State = evidence.Failed
	}
	var reasons []string
	for _, err := range faults {
		if fault := (*Error)(nil); errors.As(err, &fault) && fault.SignIn() {
			c.SignIn = true
		}
		text := err.Error()
		if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) && !errors.As(err, new(*Error)) {
			text = "interrupted"
		}
		if !slices.Contains(reasons, text) {
			reasons = append(reasons, text)
		}
	}
	c.Reason = strings.Join(reasons, "; ")
	if c.State == evidence.Partial {
		c.Reason += fmt.Sprintf(" (%d rows were read)", c.Rows)
	}
}
