package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/livekit/protocol/auth"
)

// Ways that media may take between a client and LiveKit.
const (
	anyWay      = "any"
	wayUDP      = "udp"
	wayTCP      = "tcp"
	wayRelayUDP = "relay-udp"
	wayRelayTLS = "relay-tls"
)

var ways = []string{anyWay, wayUDP, wayTCP, wayRelayUDP, wayRelayTLS}

// roomAnswer is what became of a call of two.
type roomAnswer struct {
	URL  string `json:"url"`
	Room string `json:"room"`
	Way  string `json:"way"`
	// Shut is whether the way had to be shut.
	Shut bool `json:"shut,omitempty"`
	// Closed is what a token that may not make rooms got for a room that does not exist.
	Closed string `json:"closed,omitempty"`
	// Relays are those that LiveKit told the participants of.
	Relays []string `json:"relays"`
	// Packets arrived, each counted once; Missing did not, among those between the first and the last that did.
	Packets   int        `json:"packets"`
	Missing   int        `json:"missing"`
	Publisher *mediaPath `json:"publisher,omitempty"`
	Receiver  *mediaPath `json:"receiver,omitempty"`
	Seconds   float64    `json:"seconds"`
	Problems  []string   `json:"problems"`
	// Said is all of it as a line for people.
	Said string `json:"said"`
}

// mediaPath is the pair of candidates over which a participant's media go.
type mediaPath struct {
	Local  candidate `json:"local"`
	Remote candidate `json:"remote"`
}

func (p *mediaPath) String() string {
	how := p.Local.Type + " " + p.Local.Protocol
	if p.Local.Relay != "" {
		how = p.Local.Type + " over " + p.Local.Relay
	}
	return fmt.Sprintf("%s:%d (%s) - %s:%d", p.Local.Address, p.Local.Port, how, p.Remote.Address, p.Remote.Port)
}

// candidate is an address as ICE knows it. Relay says how a relay is reached, where there is one.
type candidate struct {
	Address  string `json:"address"`
	Port     uint16 `json:"port"`
	Type     string `json:"type"`
	Protocol string `json:"protocol"`
	Relay    string `json:"relay,omitempty"`
}

func (a *roomAnswer) broken() []string { return a.Problems }
func (a *roomAnswer) say() {
	parts := []string{}
	if a.Closed != "" {
		parts = append(parts, "a room that does not exist: "+a.Closed)
	}
	if a.Shut && len(a.Problems) == 0 {
		parts = append(parts, "shut, as it has to be")
	}
	if a.Packets == 0 {
		parts = append(parts, fmt.Sprintf("no RTP packet arrived in %.1f s", a.Seconds))
	} else {
		parts = append(parts, fmt.Sprintf("%d RTP packets arrived in %.1f s, %d were lost", a.Packets, a.Seconds, a.Missing))
	}
	if a.Publisher != nil {
		parts = append(parts, "publisher "+a.Publisher.String())
	}
	if a.Receiver != nil {
		parts = append(parts, "receiver "+a.Receiver.String())
	}
	a.Said = line("CALL "+a.URL+" by "+a.Way, parts, a.Problems)
}
func (a *roomAnswer) fail(format string, values ...any) {
	a.Problems = append(a.Problems, fmt.Sprintf(format, values...))
}

type roomOptions struct {
	common
	url, key, secret string
	way              string
	packets          int
	interval         time.Duration
	servers          []netip.Addr
	udpPorts         portRange
	tcpPort          portRange
	relayAddresses   []netip.Addr
	relays           []relayURI
	// shut says that the way must not lead anywhere, closed that a token alone makes no room.
	shut, closed bool
}

func roomCommand(ctx context.Context, args []string, stdin io.Reader, stderr io.Writer) (answer, error) {
	options := roomOptions{udpPorts: portRange{1, 65535}, tcpPort: portRange{1, 65535}}
	flags := newFlags("room", stderr)
	options.register(flags)
	addresses := func(to *[]netip.Addr) func(string) error {
		return eachOf(func(text string) error {
			address, err := netip.ParseAddr(text)
			*to = append(*to, address)
			return err
		})
	}
	flags.StringVar(&options.url, "url", "", "LiveKit as clients are told of it, such as wss://calls.example.net")
	flags.StringVar(&options.key, "key", "", "name of the API key whose secret is read")
	flags.StringVar(&options.way, "way", anyWay, "the way that media have to take: "+strings.Join(ways, ", "))
	flags.IntVar(&options.packets, "packets", 500, "RTP packets that have to arrive")
	flags.DurationVar(&options.interval, "interval", 10*time.Millisecond, "time between two packets")
	flags.Func("server", "addresses from which LiveKit sends media", addresses(&options.servers))
	flags.Var(&options.udpPorts, "udp-ports", "UDP ports of LiveKit's media")
	flags.Var(&options.tcpPort, "tcp-port", "TCP port of LiveKit's media")
	flags.Func("relay-address", "addresses that relays lend", addresses(&options.relayAddresses))
	flags.Func("relay", "URIs of relays that LiveKit has to tell of", eachOf(func(text string) error {
		var uri relayURI
		err := uri.Set(text)
		options.relays = append(options.relays, uri)
		return err
	}))
	flags.BoolVar(&options.shut, "shut", false, "the way has to be shut: no packet may arrive")
	flags.BoolVar(&options.closed, "closed", false, "rooms must not come to be by joining them with any token")
	if err := flags.Parse(args); err != nil {
		return nil, orUsage(err)
	}
	if options.url == "" || options.key == "" || options.packets < 1 || flags.NArg() > 0 {
		return nil, fmt.Errorf("%w: say --url, --key, some --packets, and nothing beside options", errUsage)
	}
	if !slices.Contains(ways, options.way) {
		return nil, fmt.Errorf("%w: --way is one of %s", errUsage, strings.Join(ways, ", "))
	}
	var err error
	if options.secret, err = options.apply(stdin); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, options.timeout)
	defer cancel()
	return probeRoom(ctx, options), nil
}

// token lets somebody into a room for a short while.
func (o *roomOptions) token(room, identity string, mayCreate bool) (string, error) {
	return auth.NewAccessToken(o.key, o.secret).
		SetVideoGrant(&auth.VideoGrant{RoomJoin: true, Room: room, RoomCreate: mayCreate}).
		SetIdentity(identity).
		SetValidFor(5 * time.Minute).
		ToJWT()
}

func probeRoom(ctx context.Context, options roomOptions) *roomAnswer {
	start := time.Now()
	room := "call-probe-" + strings.ToLower(rand.Text()[:12])
	got := &roomAnswer{URL: options.url, Room: room, Way: options.way, Shut: options.shut, Relays: []string{}, Problems: []string{}}
	defer func() { got.Seconds = seconds(start); got.say() }()

	if options.closed {
		got.Closed = askForClosedRoom(ctx, options, room)
		if !strings.HasPrefix(got.Closed, "404") {
			got.fail("%s answers a token that may not make rooms with %q, and not with 404.", options.url, got.Closed)
		}
	}
	err := got.call(ctx, options)
	switch {
	case options.shut && got.Packets > 0:
		got.fail("The way is not shut.")
	case options.shut && !errors.Is(err, errNoMedia):
		got.fail("Whether the way is shut was not seen: %v.", err)
	case !options.shut && err != nil:
		got.fail("%v.", err)
	}
	return got
}

// errNoMedia marks calls in which everything but the media went well.
var errNoMedia = errors.New("no packet came in time")

// askForClosedRoom joins a room that does not exist with a token that may not make it.
func askForClosedRoom(ctx context.Context, options roomOptions, room string) string {
	token, err := options.token(room, "stranger", false)
	if err != nil {
		return err.Error()
	}
	joined, err := join(ctx, options.url, token, options.way)
	if err == nil {
		joined.leave()
		return "a room"
	}
	var refused *refusedError
	if errors.As(err, &refused) {
		return refused.status
	}
	return err.Error()
}

// call lets one participant publish and another one receive.
func (a *roomAnswer) call(ctx context.Context, options roomOptions) error {
	var participants [2]*participant
	for i, identity := range []string{"receiver", "publisher"} {
		// Whoever comes first makes the room, which its token allows.
		token, err := options.token(a.Room, identity, i == 0)
		if err != nil {
			return err
		}
		if participants[i], err = join(ctx, options.url, token, options.way); err != nil {
			return fmt.Errorf("the %s cannot join: %w", identity, err)
		}
		defer participants[i].leave()
	}
	receiver, publisher := participants[0], participants[1]
	a.Relays = publisher.toldRelays()
	for _, uri := range options.relays {
		if !slices.Contains(a.Relays, uri.String()) {
			a.fail("LiveKit does not tell clients of the relay %s.", uri.String())
		}
	}

	ctx, stop := context.WithCancel(ctx)
	defer stop()
	var sending sync.WaitGroup
	defer sending.Wait()
	defer stop()
	failed := make(chan error, 1)
	sending.Go(func() {
		if err := publisher.publish(ctx, options.interval); err != nil && ctx.Err() == nil {
			failed <- err
		}
	})
	arrived, err := receiver.receive(ctx, options.packets, failed)
	a.Packets, a.Missing = arrived.counts()
	if ctx.Err() != nil && a.Packets == 0 {
		return errNoMedia
	}
	// Asked while media flow, and also where too few of them did.
	a.Publisher, a.Receiver = publisher.publishing.path(), receiver.receiving.path()
	if err != nil {
		return fmt.Errorf("%d of %d packets arrived: %w", a.Packets, options.packets, err)
	}
	if options.shut {
		return nil
	}
	a.judge("publisher", a.Publisher, options)
	a.judge("receiver", a.Receiver, options)
	return nil
}

// judge compares the way that media took with the way that they had to take.
func (a *roomAnswer) judge(who string, path *mediaPath, options roomOptions) {
	if path == nil {
		a.fail("The %s has no pair of candidates.", who)
		return
	}
	server, local := path.Remote, path.Local
	if address, err := netip.ParseAddr(server.Address); err != nil ||
		(len(options.servers) > 0 && !slices.Contains(options.servers, address)) {
		a.fail("The %s has media with %s, which is no address of LiveKit.", who, server.Address)
	}
	relayed := local.Type == "relay"
	ports := &options.udpPorts
	if local.Protocol == "tcp" && !relayed {
		ports = &options.tcpPort
	}
	if !ports.has(server.Port) {
		a.fail("The %s has media with port %d of LiveKit, which is not among %s.", who, server.Port, ports)
	}
	took := local.Protocol
	if relayed {
		took = "relay-" + local.Relay
	}
	if options.way != anyWay && took != options.way {
		a.fail("Media of the %s went by %s and not by %s.", who, took, options.way)
	}
	if address, err := netip.ParseAddr(local.Address); relayed && len(options.relayAddresses) > 0 &&
		(err != nil || !slices.Contains(options.relayAddresses, address)) {
		a.fail("The %s was lent %s, which is no address of a relay.", who, local.Address)
	}
}
