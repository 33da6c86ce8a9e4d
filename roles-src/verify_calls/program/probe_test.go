package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/pion/stun/v3"
	"github.com/pion/turn/v5"
)

func TestURIsOfRelaysAreReadAsClientsReadThem(t *testing.T) {
	for text, want := range map[string]string{
		"turn:relay.example.net":                     "turn:relay.example.net:3478?transport=udp",
		"turn:relay.example.net:80?transport=tcp":    "turn:relay.example.net:80?transport=tcp",
		"turns:relay.example.net":                    "turns:relay.example.net:5349?transport=tcp",
		"turns:192.0.2.1:443?transport=tcp":          "turns:192.0.2.1:443?transport=tcp",
		"stun:relay.example.net":                     "",
		"turn:relay.example.net:99999":               "",
		"turns:relay.example.net:5349?transport=udp": "",
	} {
		var uri relayURI
		if err := uri.Set(text); (err == nil) != (want != "") || (err == nil && uri.String() != want) {
			t.Errorf("%s is read as %q (%v), not as %q", text, uri.String(), err, want)
		}
	}
}

func TestRangesOfPortsHoldTheirEnds(t *testing.T) {
	var ports portRange
	if err := ports.Set("7882-7897"); err != nil {
		t.Fatal(err)
	}
	for port, want := range map[uint16]bool{7881: false, 7882: true, 7897: true, 7898: false} {
		if ports.has(port) != want {
			t.Errorf("%d in %s: %v", port, &ports, !want)
		}
	}
	for _, wrong := range []string{"", "2-1", "1-", "70000", "a-b"} {
		if ports.Set(wrong) == nil {
			t.Errorf("%q is taken for a range", wrong)
		}
	}
}

func TestPacketsAreCountedOnce(t *testing.T) {
	seen := newCollection(3)
	for _, number := range []int{7, 7, 9} {
		got, ok := numberOf(packet(number))
		if !ok || got != number {
			t.Fatalf("packet %d is read as %d, %v", number, got, ok)
		}
		seen.add(got)
	}
	if arrived, missing := seen.counts(); arrived != 2 || missing != 1 {
		t.Errorf("%d arrived and %d are missing", arrived, missing)
	}
	if _, ok := numberOf([]byte("somebody else's")); ok {
		t.Error("a packet of somebody else is counted")
	}
}

func TestMediaThatTookAnotherWayAreAProblem(t *testing.T) {
	options := roomOptions{
		way: wayUDP, udpPorts: portRange{7882, 7897}, tcpPort: portRange{7881, 7881},
		servers:        []netip.Addr{netip.MustParseAddr("192.0.2.21")},
		relayAddresses: []netip.Addr{netip.MustParseAddr("192.0.2.11")},
	}
	server := candidate{Address: "192.0.2.21", Port: 7882, Type: "host", Protocol: "udp"}
	relayed := candidate{Address: "192.0.2.11", Port: 50000, Type: "relay", Protocol: "udp", Relay: "udp"}
	for name, path := range map[string]struct {
		local, remote candidate
		way           string
		problems      int
	}{
		"direct":                {candidate{"198.51.100.1", 5, "host", "udp", ""}, server, wayUDP, 0},
		"another port":          {candidate{"198.51.100.1", 5, "host", "udp", ""}, candidate{"192.0.2.21", 7900, "host", "udp", ""}, wayUDP, 1},
		"another server":        {candidate{"198.51.100.1", 5, "host", "udp", ""}, candidate{"192.0.2.99", 7882, "host", "udp", ""}, wayUDP, 1},
		"TCP":                   {candidate{"198.51.100.1", 5, "host", "tcp", ""}, candidate{"192.0.2.21", 7881, "host", "tcp", ""}, wayTCP, 0},
		"TCP instead of UDP":    {candidate{"198.51.100.1", 5, "host", "tcp", ""}, candidate{"192.0.2.21", 7881, "host", "tcp", ""}, wayUDP, 1},
		"relayed":               {relayed, server, wayRelayUDP, 0},
		"relayed by another":    {candidate{"192.0.2.12", 5, "relay", "udp", "udp"}, server, wayRelayUDP, 1},
		"relayed, but over UDP": {relayed, server, wayRelayTLS, 1},
		"whatever":              {relayed, server, anyWay, 0},
	} {
		options.way = path.way
		got := &roomAnswer{}
		got.judge("publisher", &mediaPath{path.local, path.remote}, options)
		if len(got.Problems) != path.problems {
			t.Errorf("%s: %q", name, got.Problems)
		}
	}
}

func TestAskingWronglyIsNoFinding(t *testing.T) {
	for _, args := range [][]string{{}, {"other"}, {"turn"}, {"room", "--url", "ws://[::1]"}, {"turn", "--uri", "stun:x"}} {
		var out, said bytes.Buffer
		if code := run(args, strings.NewReader("secret\n"), &out, &said); code != 2 || out.Len() > 0 || said.Len() == 0 {
			t.Errorf("%v: status %d, %q, %q", args, code, out.String(), said.String())
		}
	}
}

func TestSecretsAreTheFirstLineOfTheirFile(t *testing.T) {
	file := filepath.Join(t.TempDir(), "secret")
	os.WriteFile(file, []byte("one\r\ntwo\n"), 0o600)
	if got, err := readSecret(file, nil); got != "one" || err != nil {
		t.Errorf("%q, %v", got, err)
	}
	if _, err := readSecret("-", strings.NewReader("\n")); !errors.Is(err, errUsage) {
		t.Errorf("an empty secret: %v", err)
	}
}

// relayFor starts a relay on loopback that refuses the peers that are given.
func relayFor(t *testing.T, secret string, refused string) string {
	conn, err := net.ListenPacket("udp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server, err := turn.NewServer(turn.ServerConfig{
		Realm:       "example.net",
		AuthHandler: turn.LongTermTURNRESTAuthHandler(secret, nil),
		PacketConnConfigs: []turn.PacketConnConfig{{
			PacketConn: conn,
			RelayAddressGenerator: &turn.RelayAddressGeneratorStatic{
				RelayAddress: net.ParseIP("127.0.0.1"), Address: "127.0.0.1",
			},
			PermissionHandler: func(_ net.Addr, peer net.IP) bool { return peer.String() != refused },
		}},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { server.Close() })
	return "turn:" + conn.LocalAddr().String() + "?transport=udp"
}

func TestARelayIsAskedForAllThatItPromises(t *testing.T) {
	uri, other := relayFor(t, "right", "192.0.2.13"), relayFor(t, "right", "")
	ask := func(secret string, more ...string) (int, *turnAnswer) {
		var out, said bytes.Buffer
		code := run(append([]string{"turn", "--uri", uri, "--packets", "20"}, more...), strings.NewReader(secret), &out, &said)
		got := &turnAnswer{}
		if err := json.Unmarshal(out.Bytes(), got); err != nil {
			t.Fatalf("%v: %q, %q", err, out.String(), said.String())
		}
		return code, got
	}
	code, got := ask("right", "--through", other, "--refused", "192.0.2.13:5432")
	if code != 0 || len(got.Rounds) != 2 || got.Rounds[0].Returned != 20 || got.Rounds[1].Returned != 20 ||
		!strings.HasPrefix(got.Stranger, "40") || !strings.HasPrefix(got.Refused[0].Answer, "403") {
		t.Errorf("status %d: %+v", code, got)
	}
	if code, got := ask("right", "--through", "", "--refused", "192.0.2.14:5432,192.0.2.13:22"); code != 1 || len(got.Problems) != 1 {
		t.Errorf("an open relay: status %d, %q", code, got.Problems)
	}
	if code, got := ask("right", "--relay-ports", "1-2"); code != 1 || len(got.Problems) != 1 {
		t.Errorf("another port: status %d, %q", code, got.Problems)
	}
	if code, got := ask("wrong"); code != 1 || len(got.Problems) != 1 || got.Relayed != "" {
		t.Errorf("a wrong secret: status %d, %+v", code, got)
	}
}

func TestARelayThatDoesNotAnswerIsWaitedForNoLongerThanTold(t *testing.T) {
	silent, err := net.ListenPacket("udp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	start := time.Now()
	var out, said bytes.Buffer
	args := []string{"turn", "--uri", "turn:" + silent.LocalAddr().String(), "--timeout", "1s"}
	if code := run(args, strings.NewReader("x"), &out, &said); code != 1 || time.Since(start) > 20*time.Second {
		t.Errorf("status %d after %v: %s", code, time.Since(start), said.String())
	}
}

func TestWhatARelaySaysIsToldWithItsCode(t *testing.T) {
	err := &stun.TurnError{ErrorCodeAttr: stun.ErrorCodeAttribute{Code: 403, Reason: []byte("Forbidden IP")}}
	if got := reason(err); got != "403 Forbidden IP" {
		t.Error(got)
	}
}
