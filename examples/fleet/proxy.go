package main

import (
	"errors"
	"fmt"
	"log"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"slices"
	"sync"
)

// A proxy hands requests to its instances, one after the other. It is as plain as a load
// balancer can be: it knows nothing of sessions.
type proxy struct {
	mu        sync.Mutex
	instances []string // their addresses
	next      int
}

func (p *proxy) add(addr string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.instances = append(p.instances, addr)
}

func (p *proxy) remove(addr string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.instances = slices.DeleteFunc(p.instances, func(a string) bool { return a == addr })
}

// turn returns the instances in the order in which to try them.
func (p *proxy) turn() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.instances) == 0 {
		return nil
	}
	p.next = (p.next + 1) % len(p.instances)
	return slices.Concat(p.instances[p.next:], p.instances[:p.next])
}

func (p *proxy) handler() http.Handler {
	return &httputil.ReverseProxy{
		Rewrite:   func(r *httputil.ProxyRequest) { r.SetXForwarded() },
		Transport: p,
		ErrorHandler: func(w http.ResponseWriter, r *http.Request, err error) {
			if r.Context().Err() != nil {
				return // the client is gone
			}
			log.Printf("proxy: %v", err)
			http.Error(w, "No instance answered.", http.StatusBadGateway)
		},
	}
}

// transport keeps connections: all requests go to a few addresses.
var transport = &http.Transport{MaxIdleConnsPerHost: 64}

// RoundTrip passes over an instance that does not listen, as during its restart.
func (p *proxy) RoundTrip(r *http.Request) (*http.Response, error) {
	err := errors.New("there is no instance")
	for _, addr := range p.turn() {
		to, parseErr := url.Parse(addr)
		if parseErr != nil {
			return nil, parseErr
		}
		out := r.Clone(r.Context())
		out.URL.Scheme, out.URL.Host = to.Scheme, to.Host
		var resp *http.Response
		if resp, err = transport.RoundTrip(out); err == nil {
			return resp, nil
		}
		if dial, ok := errors.AsType[*net.OpError](err); !ok || dial.Op != "dial" {
			return nil, fmt.Errorf("%s: %w", addr, err)
		}
	}
	return nil, err
}
