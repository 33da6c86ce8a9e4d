package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/netip"
	"strings"
	"time"
)

// turnAnswer is what a relay did.
type turnAnswer struct {
	URI string `json:"uri"`
	// Server is the address that was connected to, Security what TLS agreed upon.
	Server   string `json:"server,omitempty"`
	Security string `json:"security,omitempty"`
	// Mapped is how the relay sees this machine, Relayed the address that it lends.
	Mapped  string `json:"mapped,omitempty"`
	Relayed string `json:"relayed,omitempty"`
	// Stranger is what somebody with a wrong password was told.
	Stranger string      `json:"stranger,omitempty"`
	Rounds   []turnRound `json:"rounds"`
	Refused  []refusal   `json:"refused"`
	Seconds  float64     `json:"seconds"`
	Problems []string    `json:"problems"`
	// Said is all of it as a line for people.
	Said string `json:"said"`
}

// turnRound is packets through the relay to a peer, and back.
type turnRound struct {
	Peer string `json:"peer"`
	// Through is the relay that the peer is at, where it is at one.
	Through  string `json:"through,omitempty"`
	Sent     int    `json:"sent"`
	Arrived  int    `json:"arrived"`
	Returned int    `json:"returned"`
}

// refusal is what the relay said of a peer that nobody may reach through it.
type refusal struct {
	Peer   string `json:"peer"`
	Answer string `json:"answer"`
}

func (a *turnAnswer) broken() []string { return a.Problems }
func (a *turnAnswer) say() {
	parts := []string{}
	if a.Security != "" {
		parts = append(parts, a.Security)
	}
	if a.Relayed != "" {
		parts = append(parts, a.Relayed+" lent to "+a.Mapped, "a wrong password: "+a.Stranger)
	}
	for _, r := range a.Rounds {
		peer := "this machine at " + r.Peer
		if r.Through != "" {
			peer = r.Peer + " of " + r.Through
		}
		parts = append(parts, fmt.Sprintf("%d packets to %s, %d arrived, %d came back", r.Sent, peer, r.Arrived, r.Returned))
	}
	for _, r := range a.Refused {
		parts = append(parts, r.Peer+": "+r.Answer)
	}
	a.Said = line("TURN "+a.URI, parts, a.Problems)
}
func (a *turnAnswer) fail(format string, values ...any) {
	a.Problems = append(a.Problems, fmt.Sprintf(format, values...))
}

type turnOptions struct {
	common
	uri, through relayURI
	relayPorts   portRange
	refused      []netip.AddrPort
	packets      int
	secret       string
}

func turnCommand(ctx context.Context, args []string, stdin io.Reader, stderr io.Writer) (answer, error) {
	options := turnOptions{relayPorts: portRange{1, 65535}}
	flags := newFlags("turn", stderr)
	options.register(flags)
	flags.Var(&options.uri, "uri", "the relay, such as turns:relay.example.net:5349?transport=tcp")
	flags.Var(&options.through, "through", "a second relay: packets go to an allocation there, too")
	flags.Var(&options.relayPorts, "relay-ports", "ports that relays lend")
	flags.Func("refused", "addresses and ports of peers that have to be refused", eachOf(func(text string) error {
		peer, err := netip.ParseAddrPort(text)
		options.refused = append(options.refused, peer)
		return err
	}))
	flags.IntVar(&options.packets, "packets", 50, "packets of a round")
	if err := flags.Parse(args); err != nil {
		return nil, orUsage(err)
	}
	if options.uri.host == "" || flags.NArg() > 0 || options.packets < 1 {
		return nil, fmt.Errorf("%w: say --uri, some --packets, and nothing beside options", errUsage)
	}
	var err error
	if options.secret, err = options.apply(stdin); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, options.timeout)
	defer cancel()
	return probeTurn(ctx, options), nil
}

func probeTurn(ctx context.Context, options turnOptions) *turnAnswer {
	start := time.Now()
	got := &turnAnswer{URI: options.uri.String(), Rounds: []turnRound{}, Refused: []refusal{}, Problems: []string{}}
	defer func() { got.Seconds = seconds(start); got.say() }()

	relay, err := openRelay(ctx, options.uri, restLogin(options.secret))
	if err != nil {
		got.fail("%v.", err)
		return got
	}
	defer relay.close()
	got.Server, got.Security = relay.server.String(), relay.security
	got.Mapped, got.Relayed = relay.mapped, relay.relayed.String()
	if port := relay.relayed.Port(); !options.relayPorts.has(port) {
		got.fail("%s lends port %d, which is not among %s.", got.URI, port, &options.relayPorts)
	}

	got.Stranger = askAsStranger(ctx, options)
	// RFC 8489 says 401; some say 400.
	if !strings.HasPrefix(got.Stranger, "401") && !strings.HasPrefix(got.Stranger, "400") {
		got.fail("%s does not refuse a wrong password: it says %q.", got.URI, got.Stranger)
	}
	got.toThisMachine(ctx, relay, options)
	if options.through.host != "" {
		got.toOtherRelay(ctx, relay, options)
	}
	for _, peer := range options.refused {
		said := "nothing against it"
		if err := relay.client.CreatePermission(net.UDPAddrFromAddrPort(peer)); err != nil {
			said = reason(err)
		}
		got.Refused = append(got.Refused, refusal{peer.String(), said})
		if !strings.HasPrefix(said, "403") {
			got.fail("%s does not refuse the peer %s with 403: it says %q.", got.URI, peer, said)
		}
	}
	return got
}

// askAsStranger says what a wrong password gets: a relay that is open to all would lend an address.
func askAsStranger(ctx context.Context, options turnOptions) string {
	login := restLogin(options.secret)
	login.password = restLogin("not " + options.secret).password
	relay, err := openRelay(ctx, options.uri, login)
	if err != nil {
		return reason(err)
	}
	relay.close()
	return "an address, " + relay.relayed.String()
}

// toThisMachine sends packets through the relay to a socket of this machine's own.
func (a *turnAnswer) toThisMachine(ctx context.Context, relay *relay, options turnOptions) {
	peer, err := net.ListenUDP("udp", net.UDPAddrFromAddrPort(netip.AddrPortFrom(relay.local, 0)))
	if err != nil {
		a.fail("A socket for the peer could not be had: %v.", err)
		return
	}
	defer peer.Close()
	a.round(ctx, relay, peer, turnRound{Peer: peer.LocalAddr().String()}, options)
}

// toOtherRelay sends packets to an allocation at a second relay, as between two participants who both need one.
func (a *turnAnswer) toOtherRelay(ctx context.Context, relay *relay, options turnOptions) {
	other, err := openRelay(ctx, options.through, restLogin(options.secret))
	if err != nil {
		a.fail("%v.", err)
		return
	}
	defer other.close()
	if err := other.client.CreatePermission(net.UDPAddrFromAddrPort(relay.relayed)); err != nil {
		a.fail("%s does not let %s in: %s.", options.through.String(), relay.relayed, reason(err))
		return
	}
	round := turnRound{Peer: other.relayed.String(), Through: options.through.String()}
	a.round(ctx, relay, other.conn, round, options)
}

// round sends packets through the relay to a peer that sends each back, and wants nine of ten again.
func (a *turnAnswer) round(ctx context.Context, relay *relay, peer net.PacketConn, round turnRound, options turnOptions) {
	defer func() { a.Rounds = append(a.Rounds, round) }()
	to := addrPort(peer.LocalAddr())
	if err := relay.client.CreatePermission(net.UDPAddrFromAddrPort(to)); err != nil {
		a.fail("%s refuses the peer %s: %s.", a.URI, to, reason(err))
		return
	}
	ctx, cancel := context.WithTimeout(ctx, time.Duration(options.packets)*sendingInterval+2*time.Second)
	defer cancel()
	arrived, stopArriving := collect(peer, options.packets, func(data []byte, from net.Addr) bool {
		if addrPort(from) != relay.relayed {
			return false
		}
		_, err := peer.WriteTo(data, from)
		return err == nil
	})
	defer stopArriving()
	returned, stopReturning := collect(relay.conn, options.packets, func(_ []byte, from net.Addr) bool {
		return addrPort(from) == to
	})
	defer stopReturning()
	round.Sent = send(ctx, relay.conn, to, options.packets)
	round.Returned = returned.wait(ctx)
	round.Arrived = arrived.wait(ctx)
	if round.Returned*10 < options.packets*9 {
		a.fail("Of %d packets through %s to %s, %d arrived and %d came back.",
			round.Sent, a.URI, to, round.Arrived, round.Returned)
	}
}
