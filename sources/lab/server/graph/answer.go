package graphlab

import (
	"bytes"
	"compress/gzip"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// answer is one request being answered.
type answer struct {
	w         http.ResponseWriter
	r         *http.Request
	seen      *Request
	now       time.Time
	requestID string
}

// begin sets the headers that every answer carries.
func (a *answer) begin() {
	a.requestID = newGUID()
	h := a.w.Header()
	h.Set("request-id", a.requestID)
	if id := a.seen.ClientRequestID; id != "" {
		h.Set("client-request-id", id)
	} else {
		h.Set("client-request-id", a.requestID)
	}
	h.Set("Cache-Control", "no-cache")
	h.Set("Date", a.now.UTC().Format(http.TimeFormat))
}

// origin is the scheme, host and port under which the client reached the server.
func (a *answer) origin() string {
	if a.r.TLS != nil {
		return "https://" + a.r.Host
	}
	return "http://" + a.r.Host
}

// wait lets time pass until the client gives up.
func (a *answer) wait(d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-a.r.Context().Done():
	}
}

// json writes a body of the kind Graph sends.
func (a *answer) json(status int, body []byte) {
	a.send(status, jsonType, body)
}

// send writes a body, compressed when the client accepts it.
func (a *answer) send(status int, contentType string, body []byte) {
	a.seen.Status = status
	h := a.w.Header()
	h.Set("Content-Type", contentType)
	h.Set("Vary", "Accept-Encoding")
	if len(body) > 1024 && strings.Contains(a.r.Header.Get("Accept-Encoding"), "gzip") {
		h.Set("Content-Encoding", "gzip")
		body = compressed(body)
	}
	h.Set("Content-Length", strconv.Itoa(len(body)))
	a.w.WriteHeader(status)
	if a.r.Method != http.MethodHead {
		_, _ = a.w.Write(body)
	}
}

func compressed(body []byte) []byte {
	var b bytes.Buffer
	z, err := gzip.NewWriterLevel(&b, gzip.BestSpeed)
	if err != nil { // only for an unknown level
		return body
	}
	_, _ = z.Write(body) // a bytes.Buffer takes everything
	_ = z.Close()
	return b.Bytes()
}

// graphError answers as Graph does.
func (a *answer) graphError(status int, code, format string, args ...any) {
	type inner struct {
		Date            string `json:"date"`
		RequestID       string `json:"request-id"`
		ClientRequestID string `json:"client-request-id"`
	}
	type odataError struct {
		Code    string `json:"code"`
		Message string `json:"message"`
		Inner   inner  `json:"innerError"`
	}
	body, err := json.Marshal(map[string]odataError{"error": {
		Code: code, Message: fmt.Sprintf(format, args...),
		Inner: inner{a.now.UTC().Format("2006-01-02T15:04:05"), a.requestID, a.w.Header().Get("client-request-id")},
	}})
	if err != nil { // strings always marshal
		body = []byte(`{}`)
	}
	a.send(status, "application/json", body)
}

// cut breaks the connection: with reset before anything was sent, otherwise after the given beginning of a body of the announced length.
func (a *answer) cut(reset bool, contentType string, body []byte) {
	if !reset {
		a.seen.Status = http.StatusOK
		h := a.w.Header()
		h.Set("Content-Type", contentType)
		h.Set("Content-Length", strconv.Itoa(len(body)))
		a.w.WriteHeader(http.StatusOK)
		_, _ = a.w.Write(body[:len(body)/2])
		_ = http.NewResponseController(a.w).Flush()
	} else if conn, _, err := http.NewResponseController(a.w).Hijack(); err == nil { // HTTP/1 only
		c := conn
		if t, ok := c.(interface{ NetConn() net.Conn }); ok {
			c = t.NetConn()
		}
		if t, ok := c.(*net.TCPConn); ok {
			_ = t.SetLinger(0)
		}
		_ = c.Close()
		return
	}
	panic(http.ErrAbortHandler) // the documented way to end a connection without an answer; net/http recovers it silently
}

// newGUID gives a random GUID in text form.
func newGUID() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}
