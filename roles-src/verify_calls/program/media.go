package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/livekit/protocol/livekit"
	"github.com/pion/rtp"
	"github.com/pion/webrtc/v4"
)

// samplesPerMillisecond is Opus' clock.
const samplesPerMillisecond = 48

// publish offers a track and sends numbered packets on it until the context ends.
func (p *participant) publish(ctx context.Context, interval time.Duration) error {
	track, err := webrtc.NewTrackLocalStaticRTP(opus.RTPCodecCapability, "probe", "call-probe")
	if err != nil {
		return err
	}
	_, err = p.publishing.connection.AddTransceiverFromTrack(track,
		webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionSendonly})
	if err != nil {
		return err
	}
	err = p.send(&livekit.SignalRequest{Message: &livekit.SignalRequest_AddTrack{AddTrack: &livekit.AddTrackRequest{
		Cid:        track.ID(),
		Name:       "probe",
		Type:       livekit.TrackType_AUDIO,
		Source:     livekit.TrackSource_MICROPHONE,
		DisableRed: true,
	}}})
	if err != nil {
		return err
	}
	if _, err := await(ctx, p, p.published, "LiveKit does not take the track"); err != nil {
		return err
	}
	if err := p.offer(); err != nil {
		return err
	}
	if _, err := await(ctx, p, p.publishing.connected, "the publisher's media do not connect"); err != nil {
		return err
	}
	ticker := time.NewTicker(interval)
	defer ticker.Stop()
	step := uint32(interval.Milliseconds()) * samplesPerMillisecond
	for number := uint32(0); ; number++ {
		sent := &rtp.Packet{
			Header:  rtp.Header{Version: 2, SequenceNumber: uint16(number), Timestamp: number * step},
			Payload: packet(int(number)),
		}
		if err := track.WriteRTP(sent); err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		}
	}
}

// receive waits for a track and for packets of it. It returns what arrived, also where that is not enough.
func (p *participant) receive(ctx context.Context, wanted int, failed <-chan error) (*collection, error) {
	arrived := newCollection(wanted)
	select {
	case track := <-p.tracks:
		go func() {
			for {
				got, _, err := track.ReadRTP()
				if err != nil {
					return
				}
				if number, ok := numberOf(got.Payload); ok {
					arrived.add(number)
				}
			}
		}()
	case err := <-failed:
		return arrived, err
	case err := <-p.ended:
		return arrived, fmt.Errorf("%w: %v", errSignalsEnded, err)
	case <-ctx.Done():
		return arrived, errors.New("no track came in time")
	}
	select {
	case <-arrived.full:
		return arrived, nil
	case err := <-failed:
		return arrived, err
	case err := <-p.ended:
		return arrived, fmt.Errorf("%w: %v", errSignalsEnded, err)
	case <-ctx.Done():
		return arrived, errors.New("the time is over")
	}
}

// await waits for a value, for the end of the signals or for that of the time.
func await[T any](ctx context.Context, p *participant, values <-chan T, otherwise string) (T, error) {
	var none T
	select {
	case value := <-values:
		return value, nil
	case err := <-p.ended:
		return none, fmt.Errorf("%s: %w: %v", otherwise, errSignalsEnded, err)
	case <-ctx.Done():
		return none, errors.New(otherwise)
	}
}
