// Go's net/http against the server at the URL given: prints "ok", or what went wrong and exits with 1.
package main

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

func fetch(client *http.Client, method, url string, body io.Reader, fields map[string]string) (*http.Response, []byte, error) {
	request, err := http.NewRequestWithContext(context.Background(), method, url, body)
	if err != nil {
		return nil, nil, err
	}
	for name, value := range fields {
		request.Header.Set(name, value)
	}
	response, err := client.Do(request)
	if err != nil {
		return nil, nil, err
	}
	defer response.Body.Close()
	content, err := io.ReadAll(response.Body)
	return response, content, err
}

func expect(what string, holds bool) error {
	if holds {
		return nil
	}
	return errors.New(what)
}

// 2,000 requests by 20 goroutines: connections are used again, and every answer is right.
func keepAlive(url string, page []byte) error {
	var opened, wrong atomic.Int64
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 20, MaxConnsPerHost: 20}}
	trace := &httptrace.ClientTrace{GotConn: func(info httptrace.GotConnInfo) {
		if !info.Reused {
			opened.Add(1)
		}
	}}
	var group sync.WaitGroup
	for i := 0; i < 20; i++ {
		group.Add(1)
		go func() {
			defer group.Done()
			for j := 0; j < 100; j++ {
				request, _ := http.NewRequestWithContext(httptrace.WithClientTrace(context.Background(), trace), "GET", url+"/page.html", nil)
				response, err := client.Do(request)
				if err != nil {
					wrong.Add(1)
					continue
				}
				content, err := io.ReadAll(response.Body)
				response.Body.Close()
				if err != nil || !bytes.Equal(content, page) {
					wrong.Add(1)
				}
			}
		}()
	}
	group.Wait()
	return expect(fmt.Sprintf("keep-alive: %d wrong answers, %d connections", wrong.Load(), opened.Load()), wrong.Load() == 0 && opened.Load() <= 20)
}

func run(url string) error {
	client := &http.Client{Transport: &http.Transport{ExpectContinueTimeout: 10 * time.Second}}
	_, page, err := fetch(client, "GET", url+"/page.html", nil, nil)
	if err != nil {
		return err
	}
	if err := keepAlive(url, page); err != nil {
		return err
	}
	response, whole, err := fetch(client, "GET", url+"/large.bin", nil, nil)
	if err != nil {
		return err
	}
	etag := response.Header.Get("ETag")
	response, part, err := fetch(client, "GET", url+"/large.bin", nil, map[string]string{"Range": "bytes=1000000-", "If-Range": etag})
	if err != nil {
		return err
	}
	if err := expect("range", response.StatusCode == 206 && bytes.Equal(part, whole[1000000:])); err != nil {
		return err
	}
	response, none, err := fetch(client, "GET", url+"/large.bin", nil, map[string]string{"If-None-Match": etag})
	if err != nil || response.StatusCode != 304 || len(none) != 0 {
		return fmt.Errorf("condition: %v %v", response, err)
	}
	// The transport asks for gzip of its own accord, and decodes it.
	response, text, err := fetch(client, "GET", url+"/compressed/text.txt", nil, nil)
	if err != nil || !response.Uncompressed || !strings.HasPrefix(string(text), "line 0 ") {
		return fmt.Errorf("gzip: %v %v", response, err)
	}
	// A body of unknown length (chunked), which waits for 100 Continue.
	response, _, err = fetch(client, "PUT", url+"/store/go.bin", io.MultiReader(bytes.NewReader(whole)), map[string]string{"Expect": "100-continue"})
	if err != nil || response.StatusCode != 201 {
		return fmt.Errorf("upload: %v %v", response, err)
	}
	_, stored, err := fetch(client, "GET", url+"/store/go.bin", nil, nil)
	if err != nil || sha256.Sum256(stored) != sha256.Sum256(whole) {
		return fmt.Errorf("what was uploaded came back changed: %v", err)
	}
	var packed bytes.Buffer
	writer := gzip.NewWriter(&packed)
	_, _ = writer.Write(whole[:100000])
	_ = writer.Close()
	response, _, err = fetch(client, "PUT", url+"/store/unpacked.bin", &packed, map[string]string{"Content-Encoding": "gzip"})
	if err != nil || response.StatusCode != 201 {
		return fmt.Errorf("compressed upload: %v %v", response, err)
	}
	_, stored, err = fetch(client, "GET", url+"/store/unpacked.bin", nil, nil)
	if err != nil || !bytes.Equal(stored, whole[:100000]) {
		return fmt.Errorf("a compressed upload came back changed: %v", err)
	}
	// Refused before it is sent: the client reads the answer although it has more to send.
	response, _, err = fetch(client, "PUT", url+"/store/huge.bin", io.MultiReader(bytes.NewReader(whole), bytes.NewReader(whole), bytes.NewReader(whole)), nil)
	return expect(fmt.Sprintf("too large: %v %v", response, err), err == nil && response.StatusCode == 413)
}

func main() {
	if err := run(os.Args[1]); err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	fmt.Println("ok")
}
