package main

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"

	"github.com/gorilla/websocket"
	"github.com/livekit/protocol/livekit"
	"github.com/pion/webrtc/v4"
	"google.golang.org/protobuf/proto"
)

// signalProtocol is the version of LiveKit's signalling that is spoken: a connection for each direction of media.
const signalProtocol = "15"

// participant is somebody in a room: a connection for signals, and two for media.
type participant struct {
	signals *websocket.Conn
	sending sync.Mutex
	relays  []*livekit.ICEServer

	publishing, receiving *peer
	published             chan *livekit.TrackInfo
	tracks                chan *webrtc.TrackRemote
	// ended holds why the signals ended, once they did.
	ended chan error
}

// refusedError is an answer of HTTP where signals were asked for.
type refusedError struct{ status, text string }

func (e *refusedError) Error() string {
	return strings.TrimSpace(fmt.Sprintf("it answers %s %s", e.status, e.text))
}

// join enters a room, as clients do.
func join(ctx context.Context, address, token, way string) (*participant, error) {
	target, err := url.Parse(address)
	if err != nil {
		return nil, err
	}
	target = target.JoinPath("rtc")
	target.RawQuery = url.Values{
		"protocol":       {signalProtocol},
		"sdk":            {"go"},
		"auto_subscribe": {"1"},
	}.Encode()
	dialer := websocket.Dialer{TLSClientConfig: &tls.Config{MinVersion: tls.VersionTLS12}}
	// In a header, since addresses are written into logs.
	signals, response, err := dialer.DialContext(ctx, target.String(), http.Header{"Authorization": {"Bearer " + token}})
	if err != nil {
		if response == nil {
			return nil, err
		}
		text, _ := io.ReadAll(io.LimitReader(response.Body, 200))
		return nil, &refusedError{response.Status, strings.TrimSpace(string(text))}
	}
	p := &participant{
		signals:   signals,
		published: make(chan *livekit.TrackInfo, 1),
		tracks:    make(chan *webrtc.TrackRemote, 1),
		ended:     make(chan error, 1),
	}
	context.AfterFunc(ctx, func() { signals.Close() })
	first, err := p.read()
	if err != nil {
		signals.Close()
		return nil, err
	}
	if first.GetJoin() == nil {
		signals.Close()
		return nil, fmt.Errorf("the first message is %T and not who joined", first.GetMessage())
	}
	p.relays = first.GetJoin().GetIceServers()
	if p.publishing, err = newPeer(p, livekit.SignalTarget_PUBLISHER, way); err == nil {
		p.receiving, err = newPeer(p, livekit.SignalTarget_SUBSCRIBER, way)
	}
	if err != nil {
		p.leave()
		return nil, err
	}
	p.receiving.connection.OnTrack(func(track *webrtc.TrackRemote, _ *webrtc.RTPReceiver) {
		select {
		case p.tracks <- track:
		default:
		}
	})
	go func() { p.ended <- p.listen() }()
	return p, nil
}

// leave ends the participation; the room ends by itself when nobody is in it.
func (p *participant) leave() {
	p.send(&livekit.SignalRequest{Message: &livekit.SignalRequest_Leave{Leave: &livekit.LeaveRequest{
		Reason: livekit.DisconnectReason_CLIENT_INITIATED,
	}}})
	for _, peer := range []*peer{p.publishing, p.receiving} {
		if peer != nil {
			peer.connection.Close()
		}
	}
	p.signals.Close()
}

// toldRelays are the relays that LiveKit told of, as URIs.
func (p *participant) toldRelays() []string {
	told := []string{}
	for _, server := range p.relays {
		for _, text := range server.GetUrls() {
			var uri relayURI
			if uri.Set(text) == nil {
				told = append(told, uri.String())
			}
		}
	}
	slices.Sort(told)
	return slices.Compact(told)
}

func (p *participant) read() (*livekit.SignalResponse, error) {
	_, data, err := p.signals.ReadMessage()
	if err != nil {
		return nil, err
	}
	message := &livekit.SignalResponse{}
	return message, proto.Unmarshal(data, message)
}

func (p *participant) send(request *livekit.SignalRequest) error {
	data, err := proto.Marshal(request)
	if err != nil {
		return err
	}
	p.sending.Lock()
	defer p.sending.Unlock()
	return p.signals.WriteMessage(websocket.BinaryMessage, data)
}

// listen answers signals until they end, and returns why they did.
func (p *participant) listen() error {
	for {
		message, err := p.read()
		if err != nil {
			return err
		}
		switch said := message.GetMessage().(type) {
		case *livekit.SignalResponse_Answer:
			err = p.publishing.takeDescription(webrtc.SDPTypeAnswer, said.Answer.GetSdp())
		case *livekit.SignalResponse_Offer:
			err = p.answer(said.Offer)
		case *livekit.SignalResponse_Trickle:
			var found webrtc.ICECandidateInit
			if err = json.Unmarshal([]byte(said.Trickle.GetCandidateInit()), &found); err == nil {
				err = p.peerOf(said.Trickle.GetTarget()).takeCandidate(found)
			}
		case *livekit.SignalResponse_TrackPublished:
			select {
			case p.published <- said.TrackPublished.GetTrack():
			default:
			}
		case *livekit.SignalResponse_Leave:
			err = fmt.Errorf("LiveKit ends the participation: %s", said.Leave.GetReason())
		}
		if err != nil {
			return err
		}
	}
}

func (p *participant) peerOf(target livekit.SignalTarget) *peer {
	if target == livekit.SignalTarget_PUBLISHER {
		return p.publishing
	}
	return p.receiving
}

// answer takes what LiveKit offers to send.
func (p *participant) answer(offer *livekit.SessionDescription) error {
	if err := p.receiving.takeDescription(webrtc.SDPTypeOffer, offer.GetSdp()); err != nil {
		return err
	}
	answer, err := p.receiving.connection.CreateAnswer(nil)
	if err != nil {
		return err
	}
	if err := p.receiving.connection.SetLocalDescription(answer); err != nil {
		return err
	}
	return p.send(&livekit.SignalRequest{Message: &livekit.SignalRequest_Answer{
		Answer: &livekit.SessionDescription{Type: "answer", Sdp: answer.SDP, Id: offer.GetId()},
	}})
}

// offer tells LiveKit what will be sent.
func (p *participant) offer() error {
	offer, err := p.publishing.connection.CreateOffer(nil)
	if err != nil {
		return err
	}
	if err := p.publishing.connection.SetLocalDescription(offer); err != nil {
		return err
	}
	return p.send(&livekit.SignalRequest{Message: &livekit.SignalRequest_Offer{
		Offer: &livekit.SessionDescription{Type: "offer", Sdp: offer.SDP, Id: 1},
	}})
}

var errSignalsEnded = errors.New("the signals ended")
