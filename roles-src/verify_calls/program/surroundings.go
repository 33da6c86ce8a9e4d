package main

import (
	"bufio"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"os"
	"strconv"
	"strings"
	"time"
)

// errUsage marks what the caller got wrong, for the exit status.
var errUsage = errors.New("asked wrongly")

func newFlags(command string, stderr io.Writer) *flag.FlagSet {
	flags := flag.NewFlagSet("call-probe "+command, flag.ContinueOnError)
	flags.SetOutput(stderr)
	return flags
}

// orUsage keeps apart who asked for help and who needs some.
func orUsage(err error) error {
	if errors.Is(err, flag.ErrHelp) {
		return err
	}
	return fmt.Errorf("%w: %v", errUsage, err)
}

// line is a question and its answer for people, with the end of the line.
func line(asked string, got, problems []string) string {
	verdict := "good   "
	parts := got
	if len(problems) > 0 {
		verdict = "WRONG  "
		parts = nil
		for _, problem := range problems {
			parts = append(parts, strings.TrimSuffix(problem, "."))
		}
		parts = append(parts, got...)
	}
	return verdict + asked + ": " + strings.Join(parts, "; ") + "\n"
}

func seconds(since time.Time) float64 { return time.Since(since).Round(time.Millisecond).Seconds() }

// common are the options of both commands.
type common struct {
	secretFile string
	ca         string
	resolver   string
	timeout    time.Duration
}

func (c *common) register(flags *flag.FlagSet) {
	flags.StringVar(&c.secretFile, "secret-file", "-", "file whose first line is the secret; - for standard input")
	flags.StringVar(&c.ca, "ca", "", "file of the CA that alone is trusted; the system's unless told")
	flags.StringVar(&c.resolver, "resolver", "", "address of the name server, asked over TCP; the system's unless told")
	flags.DurationVar(&c.timeout, "timeout", 30*time.Second, "when to give up")
}

// apply sets what holds for the whole process, the libraries' own connections too: whom to trust and whom to ask for names.
// It returns the secret.
func (c *common) apply(stdin io.Reader) (string, error) {
	if c.ca != "" {
		if _, err := os.Stat(c.ca); err != nil {
			return "", fmt.Errorf("%w: --ca: %v", errUsage, err)
		}
		// Go reads both when the first certificate is checked.
		os.Setenv("SSL_CERT_FILE", c.ca)
		os.Setenv("SSL_CERT_DIR", "/nonexistent")
	}
	if c.resolver != "" {
		server := c.resolver
		if _, _, err := net.SplitHostPort(server); err != nil {
			server = net.JoinHostPort(server, "53")
		}
		net.DefaultResolver = &net.Resolver{
			PreferGo: true,
			// Over TCP, which gets through where UDP is closed.
			Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
				return (&net.Dialer{}).DialContext(ctx, "tcp", server)
			},
		}
	}
	return readSecret(c.secretFile, stdin)
}

// readSecret reads the first line of a file or of standard input: a command line is seen by everybody on the machine.
func readSecret(file string, stdin io.Reader) (string, error) {
	from := stdin
	if file != "-" {
		opened, err := os.Open(file)
		if err != nil {
			return "", fmt.Errorf("%w: --secret-file: %v", errUsage, err)
		}
		defer opened.Close()
		from = opened
	}
	line, err := bufio.NewReader(from).ReadString('\n')
	if err != nil && err != io.EOF {
		return "", err
	}
	secret := strings.TrimRight(line, "\r\n")
	if secret == "" {
		return "", fmt.Errorf("%w: the secret is empty", errUsage)
	}
	return secret, nil
}

// eachOf reads values that stand in one option with commas between, or in several options.
func eachOf(read func(string) error) func(string) error {
	return func(text string) error {
		for part := range strings.SplitSeq(text, ",") {
			if part == "" {
				continue
			}
			if err := read(part); err != nil {
				return err
			}
		}
		return nil
	}
}

// portRange is a range such as 7882-7897, or one port.
type portRange struct{ first, last uint16 }

func (r *portRange) String() string {
	if r.first == r.last {
		return strconv.Itoa(int(r.first))
	}
	return fmt.Sprintf("%d-%d", r.first, r.last)
}

func (r *portRange) Set(text string) error {
	from, to, isRange := strings.Cut(text, "-")
	if !isRange {
		to = from
	}
	first, err := strconv.ParseUint(from, 10, 16)
	if err != nil {
		return fmt.Errorf("%q is no range of ports", text)
	}
	last, err := strconv.ParseUint(to, 10, 16)
	if err != nil || last < first {
		return fmt.Errorf("%q is no range of ports", text)
	}
	r.first, r.last = uint16(first), uint16(last)
	return nil
}

func (r *portRange) has(port uint16) bool { return r.first <= port && port <= r.last }
