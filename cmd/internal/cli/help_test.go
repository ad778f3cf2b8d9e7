package cli

import (
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/cobra"
)

// The help of every command shows an example that the command line accepts, and those that can end with more than 0 and 2 list their codes.
func TestHelp(t *testing.T) {
	withCodes := []string{"hybridaudit audit", "hybridaudit collect", "hybridaudit config check"}
	root := newRoot(&app{io: IO{Out: io.Discard, Err: io.Discard}})
	var walk func(c *cobra.Command)
	walk = func(c *cobra.Command) {
		args := append(strings.Fields(c.CommandPath())[1:], "--help")
		code, stdout, stderr := command(t.Context(), args...)
		if code != exitOK || stderr != "" {
			t.Errorf("%s --help ends with %d: %s", c.CommandPath(), code, stderr)
		}
		if !strings.Contains(stdout, "Examples:\n") || !strings.Contains(c.Example, "hybridaudit") {
			t.Errorf("%s --help shows no example:\n%s", c.CommandPath(), stdout)
		}
		if strings.Contains(stdout, "Exit codes:") != slices.Contains(withCodes, c.CommandPath()) {
			t.Errorf("%s --help: exit codes are missing, or there for nothing", c.CommandPath())
		}
		for line := range strings.Lines(c.Example) {
			checkExample(t, root, line)
		}
		for _, sub := range c.Commands() {
			walk(sub)
		}
	}
	walk(root)
}

// checkExample parses an example's command and flags without running it.
func checkExample(t *testing.T, root *cobra.Command, line string) {
	t.Helper()
	line, _, _ = strings.Cut(strings.TrimSpace(line), "  ") // a remark behind it
	words := strings.Fields(strings.TrimSuffix(strings.Split(line, " > ")[0], " &"))
	if words[0] != "hybridaudit" {
		t.Errorf("example %q", line)
		return
	}
	c, rest, err := root.Find(words[1:])
	if err == nil {
		err = c.ParseFlags(rest)
	}
	if err == nil && c.Args != nil {
		err = c.Args(c, c.Flags().Args())
	}
	if err != nil {
		t.Errorf("example %q: %v", line, err)
	}
}
