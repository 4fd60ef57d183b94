// Runs a file with starlark-go, for tests/bench/language.py: Debian packages the library,
// but not its command.
package main

import (
	"fmt"
	"os"

	"go.starlark.net/starlark"
)

func main() {
	thread := &starlark.Thread{
		Print: func(_ *starlark.Thread, line string) { fmt.Println(line) },
	}
	if _, err := starlark.ExecFile(thread, os.Args[1], nil, nil); err != nil {
		if detailed, ok := err.(*starlark.EvalError); ok {
			fmt.Fprintln(os.Stderr, detailed.Backtrace())
		} else {
			fmt.Fprintln(os.Stderr, err)
		}
		os.Exit(1)
	}
}
