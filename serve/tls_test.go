package serve

import (
	"bufio"
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// writeCertificate writes a certificate for 127.0.0.1 and its key into a folder, and returns it.
func writeCertificate(
	t *testing.T, folder string, serial int64,
) (cert, key string, parsed *x509.Certificate) {
	t.Helper()
	cert, key = filepath.Join(folder, "cert.pem"), filepath.Join(folder, "key.pem")
	secret, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	about := &x509.Certificate{
		SerialNumber: big.NewInt(serial),
		NotAfter:     time.Now().Add(time.Hour),
		IPAddresses:  []net.IP{net.IPv4(127, 0, 0, 1)},
	}
	content, err := x509.CreateCertificate(rand.Reader, about, about, secret.Public(), secret)
	if err != nil {
		t.Fatal(err)
	}
	secretBytes, err := x509.MarshalPKCS8PrivateKey(secret)
	if err != nil {
		t.Fatal(err)
	}
	for path, block := range map[string]*pem.Block{
		cert: {Type: "CERTIFICATE", Bytes: content},
		key:  {Type: "PRIVATE KEY", Bytes: secretBytes},
	} {
		if err := os.WriteFile(path, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if parsed, err = x509.ParseCertificate(content); err != nil {
		t.Fatal(err)
	}
	return cert, key, parsed
}

// trustedCertificate writes a certificate and its key, and returns a pool that trusts it.
func trustedCertificate(t *testing.T) (cert, key string, trusted *x509.CertPool) {
	t.Helper()
	cert, key, parsed := writeCertificate(t, t.TempDir(), 7)
	trusted = x509.NewCertPool()
	trusted.AddCert(parsed)
	return cert, key, trusted
}

// overHTTP2 returns a client of HTTP/2 that trusts certificates.
func overHTTP2(trusted *x509.CertPool) *http.Client {
	return &http.Client{Timeout: 20 * time.Second, Transport: &http.Transport{
		TLSClientConfig: &tls.Config{RootCAs: trusted}, ForceAttemptHTTP2: true,
	}}
}

// The server uses the certificate in the file, also when that changes. If the file is damaged, it
// keeps the one before.
func TestTLS(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	cert, key, _ := writeCertificate(t, folder, 7)
	r := start(t, func(c *Config) { c.Cert, c.Key = cert, key })
	// Not verified, so that the test can see which certificate it is.
	config := &tls.Config{InsecureSkipVerify: true, NextProtos: []string{"http/1.1"}}
	serial := func() int64 {
		conn, err := tls.Dial("tcp", strings.TrimPrefix(r.url, "https://"), config)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		fmt.Fprint(conn, "GET /v2/health/live HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
		got, err := http.ReadResponse(bufio.NewReader(conn), nil)
		if err != nil || got.StatusCode != http.StatusOK {
			t.Fatalf("%v: %v", got, err)
		}
		io.Copy(io.Discard, got.Body)
		got.Body.Close()
		return conn.ConnectionState().PeerCertificates[0].SerialNumber.Int64()
	}
	eventually(t, func() bool { return serial() == 7 })
	writeCertificate(t, folder, 8)
	eventually(t, func() bool { return serial() == 8 })
	if err := os.WriteFile(key, []byte("damaged"), 0o600); err != nil {
		t.Fatal(err)
	}
	eventually(t, func() bool {
		serial()
		return strings.Contains(r.logs.String(), "certificate not loaded")
	})
	if got := serial(); got != 8 {
		t.Errorf("the certificate is %d, want 8", got)
	}
}

// A connection of HTTP/2 has no more requests at once than there may be connections.
func TestMemoryOfHTTP2(t *testing.T) {
	cert, key, trusted := trustedCertificate(t)
	r := start(t, func(c *Config) { c.Cert, c.Key, c.Connections = cert, key, 3 })
	batch := r.models[0].current.Load().batch
	free := batch.block()
	http2 := overHTTP2(trusted)
	defer http2.CloseIdleConnections()
	statuses := make(chan int, 4)
	ask := func() {
		body := bytes.NewReader(oneRow(t, 2, "odd number", ""))
		got, err := http2.Post(r.url+inferPath, asJSON, body)
		if err != nil {
			t.Error(err)
			statuses <- 0
			return
		}
		got.Body.Close()
		if got.ProtoMajor != 2 {
			t.Errorf("answered by %s", got.Proto)
		}
		statuses <- got.StatusCode
	}
	for i := range 3 {
		go ask()
		eventually(t, func() bool { return batch.length() == i+1 })
	}
	if ask(); <-statuses != http.StatusServiceUnavailable {
		t.Error("a fourth request is read")
	}
	free()
	for range 3 {
		if status := <-statuses; status != http.StatusOK {
			t.Errorf("status %d", status)
		}
	}
	if left := r.reads.left.Load(); left != 3 {
		t.Errorf("%d requests more could be read, want 3", left)
	}
}
