package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/pion/logging"
	"github.com/pion/stun/v3"
	"github.com/pion/turn/v5"
)

// relayURI is a relay as clients are told of it (RFC 7065).
type relayURI struct {
	host      string
	port      uint16
	tls       bool
	transport string
}

var uriShape = regexp.MustCompile(`^(turns?):([^:?\[\]]+)(?::(\d+))?(?:\?transport=(udp|tcp))?$`)

// Set reads a URI; an empty one is none.
func (u *relayURI) Set(text string) error {
	if text == "" {
		*u = relayURI{}
		return nil
	}
	found := uriShape.FindStringSubmatch(text)
	if found == nil {
		return fmt.Errorf("%q is no URI of a relay, such as turn:relay.example.net:3478?transport=udp", text)
	}
	*u = relayURI{host: found[2], port: 3478, tls: found[1] == "turns", transport: found[4]}
	if u.tls {
		u.port = 5349
	}
	if found[3] != "" {
		port, err := strconv.ParseUint(found[3], 10, 16)
		if err != nil {
			return fmt.Errorf("%q is no port", found[3])
		}
		u.port = uint16(port)
	}
	if u.transport == "" {
		u.transport = "udp"
		if u.tls {
			u.transport = "tcp"
		}
	}
	if u.tls && u.transport == "udp" {
		return fmt.Errorf("%q is DTLS, which this program does not speak", text)
	}
	return nil
}

func (u *relayURI) String() string {
	if u.host == "" {
		return ""
	}
	scheme := "turn"
	if u.tls {
		scheme = "turns"
	}
	return fmt.Sprintf("%s:%s:%d?transport=%s", scheme, u.host, u.port, u.transport)
}

// login is a name and a password that end by themselves.
type login struct{ name, password string }

// restLogin makes a login of the secret that servers share with the relays. It holds for an hour.
func restLogin(secret string) login {
	// It only fails where a hash cannot be written to.
	name, password, _ := turn.GenerateLongTermTURNRESTCredentials(secret, "call-probe", time.Hour)
	return login{name, password}
}

// relay is an allocation.
type relay struct {
	client   *turn.Client
	conn     net.PacketConn
	server   netip.AddrPort
	local    netip.Addr
	mapped   string
	relayed  netip.AddrPort
	security string
	close    func()
}

// openRelay allocates an address at a relay.
func openRelay(ctx context.Context, uri relayURI, as login) (*relay, error) {
	fail := func(err error) (*relay, error) { return nil, fmt.Errorf("%s: %w", uri.String(), err) }
	addresses, err := net.DefaultResolver.LookupNetIP(ctx, "ip4", uri.host)
	if err != nil {
		return fail(err)
	}
	r := &relay{server: netip.AddrPortFrom(addresses[0].Unmap(), uri.port)}
	// A client needs an unconnected socket; a connected one knows which of the machine's addresses leads there.
	connected, err := (&net.Dialer{}).DialContext(ctx, uri.transport, r.server.String())
	if err != nil {
		return fail(err)
	}
	r.local = addrPort(connected.LocalAddr()).Addr()
	var conn net.PacketConn
	switch {
	case uri.transport == "udp":
		connected.Close()
		if conn, err = net.ListenPacket("udp4", net.JoinHostPort(r.local.String(), "0")); err != nil {
			return fail(err)
		}
	case uri.tls:
		secured := tls.Client(connected, &tls.Config{ServerName: uri.host, MinVersion: tls.VersionTLS12})
		if err := secured.HandshakeContext(ctx); err != nil {
			connected.Close()
			return fail(err)
		}
		state := secured.ConnectionState()
		r.security = fmt.Sprintf("%s, certificate of %s by %s", tls.VersionName(state.Version),
			strings.Join(state.PeerCertificates[0].DNSNames, " "), state.PeerCertificates[0].Issuer.CommonName)
		conn = turn.NewSTUNConn(secured)
	default:
		conn = turn.NewSTUNConn(connected)
	}
	quiet := logging.NewDefaultLoggerFactory()
	quiet.DefaultLogLevel = logging.LogLevelDisabled
	client, err := turn.NewClient(&turn.ClientConfig{
		TURNServerAddr: r.server.String(),
		STUNServerAddr: r.server.String(),
		Username:       as.name,
		Password:       as.password,
		Conn:           conn,
		LoggerFactory:  quiet,
	})
	if err != nil {
		conn.Close()
		return fail(err)
	}
	// The client waits for a server that does not answer for longer than a probe has time.
	stop := context.AfterFunc(ctx, func() { conn.Close(); client.Close() })
	r.client = client
	r.close = func() {
		stop()
		if r.conn != nil {
			r.conn.Close()
		}
		client.Close()
		conn.Close()
	}
	if err := client.Listen(); err != nil {
		r.close()
		return fail(err)
	}
	if r.conn, err = client.Allocate(); err != nil {
		r.close()
		return fail(err)
	}
	r.relayed = addrPort(r.conn.LocalAddr())
	if mapped, err := client.SendBindingRequest(); err == nil {
		r.mapped = mapped.String()
	}
	return r, nil
}

// reason is what the relay said, as code and words, or what else went wrong.
func reason(err error) string {
	var said *stun.TurnError
	if errors.As(err, &said) {
		return strings.TrimSpace(fmt.Sprintf("%d %s", said.ErrorCodeAttr.Code, said.ErrorCodeAttr.Reason))
	}
	return err.Error()
}

func addrPort(address net.Addr) netip.AddrPort {
	parsed, err := netip.ParseAddrPort(address.String())
	if err != nil {
		return netip.AddrPort{}
	}
	return netip.AddrPortFrom(parsed.Addr().Unmap(), parsed.Port())
}
