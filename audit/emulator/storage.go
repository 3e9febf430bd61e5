package emulator

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/xml"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Storage is an http.Handler that answers as Amazon S3 with one bucket, which is named in the path. What it has of S3 is
// what writing objects once takes. It is safe for concurrent use.
type Storage struct {
	Bucket, Owner, Region string
	// PageCap is the largest number of keys on a page; 0 is 1,000. EmptyPages has a page without a key go before each.
	PageCap    int
	EmptyPages bool
	// Latency is how long each answer takes at least.
	Latency time.Duration
	// Overwrites ignores If-None-Match, as some stores do that speak as S3 does.
	Overwrites bool
	// Fault is what happens to a request, and nth counts those of its action and key from 1. May be nil.
	Fault func(q StorageRequest, nth int) StorageFault
	// Allows has the requests refused of which it says false, as policies have. Nil allows all.
	Allows func(StorageRequest) bool

	mu      sync.Mutex
	objects map[string][]byte
	asked   []StorageRequest
	counted map[string]int
}

// StorageRequest is what a bucket was asked.
type StorageRequest struct {
	Action      string // "s3:PutObject", "s3:GetObject", "s3:ListObjectsV2", "s3:HeadBucket"; empty for any other
	Key         string // or the prefix of a list
	AccessKey   string // that it was signed with
	IfNoneMatch string
	Owner       string // whom the caller expects the bucket to be of
}

// StorageFault is what goes wrong with a request to a bucket.
type StorageFault string

// The faults.
const (
	StorageConflict StorageFault = "ConditionalRequestConflict" // another writes it at the same time
	StorageSlowDown StorageFault = "SlowDown"
	StorageLost     StorageFault = "lost"     // it is done, and the answer never comes
	StorageTorn     StorageFault = "torn"     // the answer ends in its middle
	StorageEmpty    StorageFault = "empty"    // the answer has no body
	StorageRedirect StorageFault = "redirect" // to another address
)

// Asked lists the requests so far.
func (s *Storage) Asked() []StorageRequest {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.asked)
}

// Object is what the bucket keeps under a key; nil where it keeps nothing.
func (s *Storage) Object(key string) []byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.objects[key]
}

// Keep puts an object there, or takes it away where content is nil, as somebody does who asks nobody.
func (s *Storage) Keep(key string, content []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.keep(key, content)
}

func (s *Storage) keep(key string, content []byte) {
	if s.objects == nil {
		s.objects = map[string][]byte{}
	}
	s.objects[key] = content
	if content == nil {
		delete(s.objects, key)
	}
}

// Keys lists the keys that begin with a prefix, sorted.
func (s *Storage) Keys(prefix string) []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var keys []string
	for key := range s.objects {
		if strings.HasPrefix(key, prefix) {
			keys = append(keys, key)
		}
	}
	slices.Sort(keys)
	return keys
}

// Start listens on a free port of 127.0.0.1, as [Server.Start] does.
func (s *Storage) Start() (endpoint string, stop func(), err error) { return listen(s, "127.0.0.1:0") }

// ServeHTTP answers one request.
func (s *Storage) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	bucket, key, named := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	query := r.URL.Query()
	q := StorageRequest{Key: key, AccessKey: scopeOf(r).accessKey, IfNoneMatch: r.Header.Get("If-None-Match"), Owner: r.Header.Get("X-Amz-Expected-Bucket-Owner")}
	switch {
	case key != "" && r.Method == http.MethodPut:
		q.Action = "s3:PutObject"
	case key != "" && r.Method == http.MethodGet:
		q.Action = "s3:GetObject"
	case !named && r.Method == http.MethodGet && query.Get("list-type") == "2":
		q.Action, q.Key = "s3:ListObjectsV2", query.Get("prefix")
	case !named && r.Method == http.MethodHead:
		q.Action = "s3:HeadBucket"
	}
	fault := s.count(q)
	if !wait(r.Context(), s.Latency) {
		panic(http.ErrAbortHandler)
	}
	if fault == StorageTorn {
		w = &tornWriter{w}
	}
	w.Header().Set("X-Amz-Bucket-Region", s.Region)
	switch region := scopeOf(r).region; {
	case bucket != s.Bucket:
		refuse(w, http.StatusNotFound, "NoSuchBucket")
	case fault == StorageRedirect, region != s.Region:
		w.Header().Set("Location", "http://127.0.0.1:1/elsewhere")
		refuse(w, http.StatusMovedPermanently, "PermanentRedirect")
	case fault == StorageSlowDown:
		refuse(w, http.StatusServiceUnavailable, string(fault))
	case fault == StorageConflict:
		refuse(w, http.StatusConflict, string(fault))
	case fault == StorageEmpty:
		w.WriteHeader(http.StatusOK)
	case q.Owner != "" && q.Owner != s.Owner, s.Allows != nil && !s.Allows(q):
		refuse(w, http.StatusForbidden, "AccessDenied")
	case q.Action == "s3:HeadBucket":
		w.WriteHeader(http.StatusOK)
	case q.Action == "s3:PutObject":
		s.put(w, r, q, body)
	case q.Action == "s3:GetObject":
		s.get(w, q)
	case q.Action == "s3:ListObjectsV2":
		s.list(w, q, query)
	default:
		refuse(w, http.StatusNotImplemented, "NotImplemented")
	}
	if fault == StorageLost {
		panic(http.ErrAbortHandler)
	}
}

// count notes a request, and says what goes wrong with it.
func (s *Storage) count(q StorageRequest) StorageFault {
	s.mu.Lock()
	s.asked = append(s.asked, q)
	if s.counted == nil {
		s.counted = map[string]int{}
	}
	s.counted[q.Action+" "+q.Key]++
	nth := s.counted[q.Action+" "+q.Key]
	s.mu.Unlock()
	if s.Fault == nil {
		return ""
	}
	return s.Fault(q, nth)
}

func (s *Storage) put(w http.ResponseWriter, r *http.Request, q StorageRequest, body []byte) {
	sum := sha256.Sum256(body)
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case r.Header.Get("X-Amz-Checksum-Sha256") != base64.StdEncoding.EncodeToString(sum[:]):
		refuse(w, http.StatusBadRequest, "BadDigest")
	case s.objects[q.Key] != nil && q.IfNoneMatch == "*" && !s.Overwrites:
		refuse(w, http.StatusPreconditionFailed, "PreconditionFailed")
	default:
		s.keep(q.Key, body)
		w.WriteHeader(http.StatusOK)
	}
}

// get gives an object. That there is none is told to those alone who may list the bucket (S3 API reference, GetObject).
func (s *Storage) get(w http.ResponseWriter, q StorageRequest) {
	content := s.Object(q.Key)
	switch {
	case content != nil:
		sum := sha256.Sum256(content)
		w.Header().Set("X-Amz-Checksum-Sha256", base64.StdEncoding.EncodeToString(sum[:]))
		w.Header().Set("Content-Length", strconv.Itoa(len(content)))
		w.WriteHeader(http.StatusOK)
		_, _ = w.Write(content) // who went away is told nothing
	case s.Allows != nil && !s.Allows(StorageRequest{Action: "s3:ListObjectsV2", AccessKey: q.AccessKey}):
		refuse(w, http.StatusForbidden, "AccessDenied")
	default:
		refuse(w, http.StatusNotFound, "NoSuchKey")
	}
}

type storedObject struct {
	Key  string
	Size int
}

type storagePage struct {
	XMLName               xml.Name `xml:"http://s3.amazonaws.com/doc/2006-03-01/ ListBucketResult"`
	Name                  string
	Prefix                string
	EncodingType          string `xml:",omitempty"`
	KeyCount              int
	IsTruncated           bool
	NextContinuationToken string `xml:",omitempty"`
	Contents              []storedObject
}

// list gives a page. A token is the last key before it, behind a mark: whether an empty page went before it already.
func (s *Storage) list(w http.ResponseWriter, q StorageRequest, query url.Values) {
	p := storagePage{Name: s.Bucket, Prefix: q.Key, EncodingType: query.Get("encoding-type")}
	mark, after, _ := strings.Cut(query.Get("continuation-token"), " ")
	keys := slices.DeleteFunc(s.Keys(q.Key), func(key string) bool { return after != "" && key <= after })
	most := 1000
	if s.PageCap > 0 {
		most = s.PageCap
	}
	switch {
	case s.EmptyPages && mark != "full":
		p.IsTruncated, p.NextContinuationToken, keys = true, "full "+after, nil
	case len(keys) > most:
		keys = keys[:most]
		p.IsTruncated, p.NextContinuationToken = true, "next "+keys[most-1]
	}
	for _, key := range keys {
		size := len(s.Object(key))
		if p.EncodingType == "url" {
			key = strings.ReplaceAll(url.QueryEscape(key), "%2F", "/")
		}
		p.Contents = append(p.Contents, storedObject{key, size})
	}
	p.KeyCount = len(p.Contents)
	text, err := xml.Marshal(p)
	if err != nil {
		panic(err) // strings and numbers
	}
	w.Header().Set("Content-Length", strconv.Itoa(len(xml.Header)+len(text)))
	w.WriteHeader(http.StatusOK)
	_, _ = w.Write(slices.Concat([]byte(xml.Header), text)) // as above
}

func refuse(w http.ResponseWriter, status int, code string) {
	text := fmt.Sprintf("%s<Error><Code>%s</Code><Message>As the test has it.</Message></Error>", xml.Header, code)
	w.Header().Set("Content-Length", strconv.Itoa(len(text)))
	w.WriteHeader(status)
	_, _ = io.Copy(w, bytes.NewBufferString(text)) // as above
}

// tornWriter cuts the connection in the middle of an answer.
type tornWriter struct{ http.ResponseWriter }

func (w *tornWriter) Write(text []byte) (int, error) {
	_, _ = w.ResponseWriter.Write(text[:len(text)/2])
	_ = http.NewResponseController(w.ResponseWriter).Flush()
	panic(http.ErrAbortHandler)
}
