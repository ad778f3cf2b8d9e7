//go:build unix

package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strconv"
)

// workWord as the first argument makes this program a worker: one process that does one job and prints, as JSON, what it took. The process that prints the
// table starts them; it stays small itself, since the kernel counts the memory of the process that started another as that one's when it begins.
const workWord = "work"

var errArguments = errors.New("a worker was started with other arguments than it takes")

// work does the job that the first argument names.
func work(ctx context.Context, args []string) error {
	if len(args) == 0 {
		return errArguments
	}
	jobs := map[string]func(context.Context, []string) (any, error){
		"ldif": ldifWork, "lab": labWork, "pages": pagesWork, "collect": collectWork,
		"ad": adWork, "graph": graphWork, "http": httpWork,
		"load": loadWork, "judge": judgeWork,
		"addresses": addressesWork, "duplicates": duplicatesWork,
		"findings":  findingsWork,
		"resolvers": resolversWork, "lookups": lookupsWork, "oneByOne": oneByOneWork,
	}
	job := jobs[args[0]]
	if job == nil {
		return errArguments
	}
	result, err := job(ctx, args[1:])
	if err != nil {
		return fmt.Errorf("%s: %w", args[0], err)
	}
	return json.NewEncoder(os.Stdout).Encode(result)
}

// numbered reads a positive number among a worker's arguments.
func numbered(args []string, i int) (int, error) {
	if i >= len(args) {
		return 0, errArguments
	}
	n, err := strconv.Atoi(args[i])
	if err != nil || n < 1 {
		return 0, errArguments
	}
	return n, nil
}

// input reads the JSON that a worker is given.
func input[T any]() (T, error) {
	var v T
	if err := json.NewDecoder(os.Stdin).Decode(&v); err != nil {
		return v, fmt.Errorf("reading what to work on: %w", err)
	}
	return v, nil
}
