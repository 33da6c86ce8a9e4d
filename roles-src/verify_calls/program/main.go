// Command call-probe asks the servers of calls what a client would ask them, and says in JSON what it got.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
)

const usage = `call-probe asks the servers of calls what a client would ask them.

  call-probe turn --uri turn:relay.example.net:3478?transport=udp < secret   allocates, relays, is refused
  call-probe room --url wss://calls.example.net --key calls < secret         publishes, and receives

Each prints one JSON object. Status: 0 all was as promised; 1 something was not, for which sentences stand in "problems" and
on standard error; 2 it was asked wrongly. --help after either names the options.
`

// answer is what a command prints.
type answer interface{ broken() []string }

func main() {
	os.Exit(run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}

func run(args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	commands := map[string]func(context.Context, []string, io.Reader, io.Writer) (answer, error){
		"turn": turnCommand,
		"room": roomCommand,
	}
	if len(args) == 0 || commands[args[0]] == nil {
		fmt.Fprint(stderr, usage)
		return 2
	}
	got, err := commands[args[0]](context.Background(), args[1:], stdin, stderr)
	switch {
	case errors.Is(err, flag.ErrHelp):
		return 0
	case err != nil:
		fmt.Fprintf(stderr, "call-probe: %v\n", err)
		return 2
	}
	encoder := json.NewEncoder(stdout)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(got); err != nil {
		fmt.Fprintf(stderr, "call-probe: %v\n", err)
		return 2
	}
	for _, problem := range got.broken() {
		fmt.Fprintln(stderr, problem)
	}
	if len(got.broken()) > 0 {
		return 1
	}
	return 0
}
