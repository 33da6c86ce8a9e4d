package main

import (
	"context"
	"encoding/binary"
	"maps"
	"net"
	"net/netip"
	"slices"
	"sync"
	"time"
)

const sendingInterval = 5 * time.Millisecond

// packetMark begins each packet of a round; its number follows.
const packetMark = "call-probe "

// packet is a numbered packet, some 200 bytes as those of calls are.
func packet(number int) []byte {
	data := make([]byte, 200)
	copy(data, packetMark)
	binary.BigEndian.PutUint32(data[len(packetMark):], uint32(number))
	return data
}

// numberOf is the number of a packet, and whether it is one.
func numberOf(data []byte) (int, bool) {
	if len(data) < len(packetMark)+4 || string(data[:len(packetMark)]) != packetMark {
		return 0, false
	}
	return int(binary.BigEndian.Uint32(data[len(packetMark):])), true
}

// send sends packets 0 to count - 1 and returns how many it could.
func send(ctx context.Context, conn net.PacketConn, to netip.AddrPort, count int) int {
	sent := 0
	for number := range count {
		if _, err := conn.WriteTo(packet(number), net.UDPAddrFromAddrPort(to)); err == nil {
			sent++
		}
		select {
		case <-ctx.Done():
			return sent
		case <-time.After(sendingInterval):
		}
	}
	return sent
}

// collection counts different packets.
type collection struct {
	mutex  sync.Mutex
	wanted int
	seen   map[int]bool
	// full is closed once all that are wanted are there.
	full chan struct{}
}

func newCollection(wanted int) *collection {
	return &collection{wanted: wanted, seen: map[int]bool{}, full: make(chan struct{})}
}

// collect reads and counts each packet once that `accept` is content with, until the returned function is called: who
// reads afterwards then misses nothing.
func collect(conn net.PacketConn, wanted int, accept func(data []byte, from net.Addr) bool) (*collection, func()) {
	c := newCollection(wanted)
	var reading sync.WaitGroup
	reading.Go(func() {
		buffer := make([]byte, 2048)
		for {
			n, from, err := conn.ReadFrom(buffer)
			if err != nil {
				return
			}
			if number, ok := numberOf(buffer[:n]); ok && accept(buffer[:n], from) {
				c.add(number)
			}
		}
	})
	return c, func() {
		conn.SetReadDeadline(time.Now())
		reading.Wait()
		conn.SetReadDeadline(time.Time{})
	}
}

// add counts a packet unless it was seen, or enough were.
func (c *collection) add(number int) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	if c.seen[number] || len(c.seen) == c.wanted {
		return
	}
	c.seen[number] = true
	if len(c.seen) == c.wanted {
		close(c.full)
	}
}

// counts are how many arrived, and how many did not among those between the first and the last that did.
func (c *collection) counts() (arrived, missing int) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	if len(c.seen) == 0 {
		return 0, 0
	}
	numbers := slices.Collect(maps.Keys(c.seen))
	return len(numbers), slices.Max(numbers) - slices.Min(numbers) + 1 - len(numbers)
}

// wait returns how many there are, when all are there or the time is over.
func (c *collection) wait(ctx context.Context) int {
	select {
	case <-c.full:
	case <-ctx.Done():
	}
	arrived, _ := c.counts()
	return arrived
}
