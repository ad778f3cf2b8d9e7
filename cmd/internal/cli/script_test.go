package cli

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"filippo.io/age"
	"github.com/rogpeppe/go-internal/testscript"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"hybridaudit": func() { os.Exit(Main(os.Args[1:], IO{In: os.Stdin, Out: os.Stdout, Err: os.Stderr})) },
	})
}

// TestScripts runs testdata/script/*.txtar: one behaviour each. Beside the usual commands there are those of scriptCommands.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir: filepath.Join("testdata", "script"), RequireExplicitExec: true, RequireUniqueNames: true, Cmds: scriptCommands(),
		Deadline:  time.Now().Add(15 * time.Minute), // a script that hangs ends then; under the race detector all of them take minutes
		Condition: scriptCondition,
		Setup: func(e *testscript.Env) error {
			e.Values[scriptKey{}] = &script{folders: map[string]map[string]string{}, searched: searched{}, env: e}
			return nil
		},
	})
}

func scriptCondition(name string) (bool, error) {
	if name == "root" {
		return os.Geteuid() == 0, nil
	}
	return false, fmt.Errorf("unknown condition %q", name)
}

type scriptKey struct{}

// script is what the commands of one script share.
type script struct {
	env      *testscript.Env
	secrets  []string // that must not appear in any output
	searched searched
	folders  map[string]map[string]string // content of files, by folder and name
}

// hide adds secrets; what was searched already is searched for them again.
func (s *script) hide(secrets ...string) {
	s.secrets = append(s.secrets, secrets...)
	clear(s.searched)
}

func of(ts *testscript.TestScript) *script { return ts.Value(scriptKey{}).(*script) }

func scriptCommands() map[string]func(ts *testscript.TestScript, neg bool, args []string) {
	command := func(usage string, least int, run func(ts *testscript.TestScript, args []string)) func(*testscript.TestScript, bool, []string) {
		return func(ts *testscript.TestScript, neg bool, args []string) {
			if neg || len(args) < least {
				ts.Fatalf("usage: %s", usage)
			}
			run(ts, args)
		}
	}
	return map[string]func(ts *testscript.TestScript, neg bool, args []string){
		"ends":      command("ends CODE program [argument]...", 2, cmdEnds),
		"serve":     command("serve NAME [option=value]...", 1, cmdServe),
		"silent":    command("silent NAME", 1, cmdSilent),
		"ports":     command("ports NAME COUNT", 2, cmdPorts),
		"await":     command("await FILE...", 1, cmdAwait),
		"terminate": command("terminate", 0, cmdTerminate),
		"mode":      command("mode OCTAL PATH...", 2, cmdMode),
		"remember":  command("remember FOLDER", 1, cmdRemember),
		"unchanged": command("unchanged FOLDER", 1, cmdUnchanged),
		"changed":   command("changed FOLDER", 1, cmdChanged),
		"holds":     command("holds FOLDER NAME...", 1, cmdHolds),
		"spoil":     command("spoil truncated|flipped|newer FROM TO", 3, cmdSpoil),
		"agekey":    command("agekey NAME", 1, cmdAgeKey),
		"secret":    command("secret TEXT...", 1, func(ts *testscript.TestScript, args []string) { of(ts).hide(args...) }),
		"jsonlines": command("jsonlines stdout|stderr", 1, cmdJSONLines),
		"isjson":    command("isjson FILE", 1, cmdIsJSON),
	}
}

// ends runs a program that must end with the given code, and checks that it neither panicked nor gave a secret away in what it printed and wrote.
func cmdEnds(ts *testscript.TestScript, args []string) {
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	err = ts.Exec(args[1], args[2:]...)
	got := 0
	var failed *exec.ExitError
	if errors.As(err, &failed) {
		got = failed.ExitCode()
	} else {
		ts.Check(err)
	}
	if got != want {
		ts.Fatalf("%s ended with %d, want %d", args[1], got, want)
	}
	if strings.Contains(ts.ReadFile("stderr"), "goroutine ") {
		ts.Fatalf("it panicked")
	}
	s := of(ts)
	for _, stream := range []string{"stdout", "stderr"} {
		ts.Check(leak(stream, []byte(ts.ReadFile(stream)), s.secrets))
	}
	ts.Check(s.searched.leaks(s.env.WorkDir, s.secrets))
}

// silent listens under NAME and never answers; NAME is set to host:port.
func cmdSilent(ts *testscript.TestScript, args []string) {
	l, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp", "127.0.0.1:0")
	ts.Check(err)
	ended := make(chan struct{})
	accepted := ts.MkAbs(args[0] + ".accepted")
	go func() {
		defer close(ended)
		var open []net.Conn
		for {
			c, err := l.Accept()
			if err != nil {
				break
			}
			open = append(open, c)
			_ = os.WriteFile(accepted, []byte("somebody is connected\n"), 0o600)
		}
		for _, c := range open {
			_ = c.Close()
		}
	}()
	ts.Defer(func() {
		_ = l.Close()
		<-ended
	})
	ts.Setenv(args[0], l.Addr().String())
}

// ports finds free ports that follow one another and sets NAME to the first.
func cmdPorts(ts *testscript.TestScript, args []string) {
	n, err := strconv.Atoi(args[1])
	ts.Check(err)
	for range 50 {
		if first := freePorts(n); first > 0 {
			ts.Setenv(args[0], strconv.Itoa(first))
			return
		}
	}
	ts.Fatalf("there are no %d free ports in a row", n)
}

func freePorts(n int) int {
	var config net.ListenConfig
	first := 0
	for i := range n {
		l, err := config.Listen(context.Background(), "tcp", fmt.Sprintf("127.0.0.1:%d", max(first+i, 0)))
		if err != nil {
			return 0
		}
		defer func() { _ = l.Close() }()
		if i == 0 {
			first = l.Addr().(*net.TCPAddr).Port
		}
	}
	return first
}

func cmdAwait(ts *testscript.TestScript, args []string) {
	for _, name := range args {
		path := ts.MkAbs(name)
		for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(10 * time.Millisecond) {
			if _, err := os.Stat(path); err == nil {
				break
			}
			if time.Now().After(deadline) {
				ts.Fatalf("%s does not come into being", name)
			}
		}
	}
}

// terminate sends SIGTERM to everything in the background.
func cmdTerminate(ts *testscript.TestScript, _ []string) {
	for _, c := range ts.BackgroundCmds() {
		ts.Check(c.Process.Signal(syscall.SIGTERM))
	}
}

func cmdMode(ts *testscript.TestScript, args []string) {
	want, err := strconv.ParseUint(args[0], 8, 32)
	ts.Check(err)
	for _, name := range args[1:] {
		info, err := os.Stat(ts.MkAbs(name))
		ts.Check(err)
		if got := info.Mode().Perm(); got != fs.FileMode(want) {
			ts.Fatalf("%s has the mode %#o, want %#o", name, got, want)
		}
	}
}

// content reads all files of a folder, their times included: a file that is written again with the same content is not untouched.
func content(ts *testscript.TestScript, folder string) map[string]string {
	all := map[string]string{}
	entries, err := os.ReadDir(ts.MkAbs(folder))
	ts.Check(err)
	for _, e := range entries {
		info, err := e.Info()
		ts.Check(err)
		data := []byte("folder")
		if !e.IsDir() {
			data, err = os.ReadFile(filepath.Join(ts.MkAbs(folder), e.Name()))
			ts.Check(err)
		}
		all[e.Name()] = info.ModTime().String() + "\n" + string(data)
	}
	return all
}

func cmdRemember(ts *testscript.TestScript, args []string) {
	of(ts).folders[args[0]] = content(ts, args[0])
}

func cmdUnchanged(ts *testscript.TestScript, args []string) {
	before, now := of(ts).folders[args[0]], content(ts, args[0])
	if before == nil || !maps.Equal(before, now) {
		ts.Fatalf("%s had %q and has %q, or one of them is not what it was", args[0], slices.Sorted(maps.Keys(before)), slices.Sorted(maps.Keys(now)))
	}
}

// changed checks that every file of the folder is another one than before.
func cmdChanged(ts *testscript.TestScript, args []string) {
	before := of(ts).folders[args[0]]
	for name, data := range content(ts, args[0]) {
		if before[name] == data && !strings.HasSuffix(data, "\nfolder") {
			ts.Fatalf("%s is what it was", name)
		}
	}
}

// holds checks that a folder has these files and no others: no leftovers.
func cmdHolds(ts *testscript.TestScript, args []string) {
	names := slices.Sorted(maps.Keys(content(ts, args[0])))
	if want := slices.Sorted(slices.Values(args[1:])); !slices.Equal(names, want) {
		ts.Fatalf("%s holds %q, want %q", args[0], names, want)
	}
}

func cmdSpoil(ts *testscript.TestScript, args []string) {
	data := []byte(ts.ReadFile(args[1]))
	switch args[0] {
	case "truncated":
		data = data[:len(data)*2/3]
	case "flipped":
		z, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
		ts.Check(err)
		i := slices.IndexFunc(z.File, func(f *zip.File) bool { return strings.HasPrefix(f.Name, "ad.users") })
		at, err := z.File[i].DataOffset()
		ts.Check(err)
		data[at+int64(z.File[i].CompressedSize64/2)] ^= 0x20
	case "newer":
		var b bytes.Buffer
		w := zip.NewWriter(&b)
		m, err := w.Create("manifest.json")
		ts.Check(err)
		_, err = m.Write([]byte(`{"schemaVersion": 99, "tool": "hybridaudit 9.0"}`))
		ts.Check(errors.Join(err, w.Close()))
		data = b.Bytes()
	default:
		ts.Fatalf("nobody knows how to spoil by %q", args[0])
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[2]), data, 0o600))
}

// agekey writes a new age identity to NAME.key and sets NAME to its recipient.
func cmdAgeKey(ts *testscript.TestScript, args []string) {
	id, err := age.GenerateX25519Identity()
	ts.Check(err)
	ts.Check(os.WriteFile(ts.MkAbs(args[0]+".key"), []byte("# a key of the test\n"+id.String()+"\n"), 0o600))
	ts.Setenv(args[0], id.Recipient().String())
}

// jsonlines checks that a stream has lines and that each is a JSON object.
func cmdJSONLines(ts *testscript.TestScript, args []string) {
	text := ts.ReadFile(args[0])
	if text == "" {
		ts.Fatalf("%s is empty", args[0])
	}
	for line := range strings.Lines(text) {
		var object map[string]any
		if err := json.Unmarshal([]byte(line), &object); err != nil {
			ts.Fatalf("%v: %s", err, line)
		}
	}
}

func cmdIsJSON(ts *testscript.TestScript, args []string) {
	var v any
	ts.Check(json.Unmarshal([]byte(ts.ReadFile(args[0])), &v))
}
