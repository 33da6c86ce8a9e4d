package main

import (
	"encoding/json"
	"fmt"
	"strings"
	"sync"

	"github.com/livekit/protocol/livekit"
	"github.com/pion/ice/v4"
	"github.com/pion/logging"
	"github.com/pion/webrtc/v4"
)

// peer is a connection for media in one direction.
type peer struct {
	connection *webrtc.PeerConnection
	mutex      sync.Mutex
	// early are candidates that came before the description that they belong to.
	early []webrtc.ICECandidateInit
	// connected is closed once media may flow.
	connected chan struct{}
}

// opus alone is offered: what is sent then arrives as it was sent.
var opus = webrtc.RTPCodecParameters{
	RTPCodecCapability: webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypeOpus, ClockRate: 48000, Channels: 2},
	PayloadType:        111,
}

// newPeer makes a connection that can take the given way only.
func newPeer(p *participant, target livekit.SignalTarget, way string) (*peer, error) {
	media := &webrtc.MediaEngine{}
	if err := media.RegisterCodec(opus, webrtc.RTPCodecTypeAudio); err != nil {
		return nil, err
	}
	settings := webrtc.SettingEngine{}
	quiet := logging.NewDefaultLoggerFactory()
	quiet.DefaultLogLevel = logging.LogLevelDisabled
	settings.LoggerFactory = quiet
	settings.SetICEMulticastDNSMode(ice.MulticastDNSModeDisabled)
	networks := []webrtc.NetworkType{webrtc.NetworkTypeUDP4, webrtc.NetworkTypeTCP4}
	configuration := webrtc.Configuration{ICEServers: serversFor(way, p.relays)}
	switch way {
	case wayUDP:
		networks = []webrtc.NetworkType{webrtc.NetworkTypeUDP4}
	case wayTCP:
		networks = []webrtc.NetworkType{webrtc.NetworkTypeTCP4}
	case wayRelayUDP, wayRelayTLS:
		networks = []webrtc.NetworkType{webrtc.NetworkTypeUDP4}
		configuration.ICETransportPolicy = webrtc.ICETransportPolicyRelay
		if len(configuration.ICEServers) == 0 {
			return nil, fmt.Errorf("LiveKit tells of no relay for %s", way)
		}
	}
	settings.SetNetworkTypes(networks)
	connection, err := webrtc.NewAPI(webrtc.WithMediaEngine(media), webrtc.WithSettingEngine(settings)).
		NewPeerConnection(configuration)
	if err != nil {
		return nil, err
	}
	made := &peer{connection: connection, connected: make(chan struct{})}
	var once sync.Once
	connection.OnConnectionStateChange(func(state webrtc.PeerConnectionState) {
		if state == webrtc.PeerConnectionStateConnected {
			once.Do(func() { close(made.connected) })
		}
	})
	connection.OnICECandidate(func(found *webrtc.ICECandidate) {
		if found == nil {
			return
		}
		if data, err := json.Marshal(found.ToJSON()); err == nil {
			p.send(&livekit.SignalRequest{Message: &livekit.SignalRequest_Trickle{
				Trickle: &livekit.TrickleRequest{CandidateInit: string(data), Target: target},
			}})
		}
	})
	return made, nil
}

// serversFor are the STUN and TURN servers, or for a way through relays those of that way alone.
func serversFor(way string, told []*livekit.ICEServer) []webrtc.ICEServer {
	servers := []webrtc.ICEServer{}
	for _, server := range told {
		urls := []string{}
		for _, text := range server.GetUrls() {
			var uri relayURI
			isRelay := uri.Set(text) == nil
			switch way {
			case wayRelayUDP:
				if isRelay && uri.transport == "udp" {
					urls = append(urls, uri.String())
				}
			case wayRelayTLS:
				if isRelay && uri.tls {
					urls = append(urls, uri.String())
				}
			case anyWay:
				if isRelay || strings.HasPrefix(text, "stun:") {
					urls = append(urls, text)
				}
			}
		}
		if len(urls) > 0 {
			servers = append(servers, webrtc.ICEServer{
				URLs: urls, Username: server.GetUsername(), Credential: server.GetCredential(),
			})
		}
	}
	return servers
}

func (p *peer) takeDescription(kind webrtc.SDPType, sdp string) error {
	if err := p.connection.SetRemoteDescription(webrtc.SessionDescription{Type: kind, SDP: sdp}); err != nil {
		return err
	}
	p.mutex.Lock()
	early := p.early
	p.early = nil
	p.mutex.Unlock()
	for _, found := range early {
		if err := p.connection.AddICECandidate(found); err != nil {
			return err
		}
	}
	return nil
}

func (p *peer) takeCandidate(found webrtc.ICECandidateInit) error {
	if p.connection.RemoteDescription() == nil {
		p.mutex.Lock()
		defer p.mutex.Unlock()
		p.early = append(p.early, found)
		return nil
	}
	return p.connection.AddICECandidate(found)
}

// path is the pair of candidates in use, nil where there is none.
func (p *peer) path() *mediaPath {
	stats := p.connection.GetStats()
	for _, transceiver := range p.connection.GetTransceivers() {
		var transport *webrtc.DTLSTransport
		if sender := transceiver.Sender(); sender != nil {
			transport = sender.Transport()
		}
		if receiver := transceiver.Receiver(); transport == nil && receiver != nil {
			transport = receiver.Transport()
		}
		if transport == nil {
			continue
		}
		pair, err := transport.ICETransport().GetSelectedCandidatePair()
		if err != nil || pair == nil {
			continue
		}
		return &mediaPath{Local: describe(pair.Local, stats), Remote: describe(pair.Remote, stats)}
	}
	return nil
}

func describe(c *webrtc.ICECandidate, stats webrtc.StatsReport) candidate {
	described := candidate{Address: c.Address, Port: c.Port, Type: c.Typ.String(), Protocol: c.Protocol.String()}
	if c.Typ != webrtc.ICECandidateTypeRelay {
		return described
	}
	for _, value := range stats {
		known, ok := value.(webrtc.ICECandidateStats)
		if ok && known.IP == c.Address && uint16(known.Port) == c.Port && known.RelayProtocol != "" {
			described.Relay = known.RelayProtocol
		}
	}
	return described
}
