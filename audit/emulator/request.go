package emulator

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
)

// IAM and STS speak the query protocol, in which every request names its API's version.
const (
	iamVersion = "2010-05-08"
	stsVersion = "2011-06-15"
)

// maxRequestBytes is far above what a read can be.
const maxRequestBytes = 1 << 20

// targets are the services that a header says a request is to, by what it begins with.
var targets = map[string]string{"AWSOrganizationsV20161128": "organizations", "SWBExternalService": "sso", "AWSIdentityStore": "identitystore"}

// request is one request on its way through the server.
type request struct {
	service string     // "iam", "sts", "account", "access-analyzer", "organizations", "sso" or "identitystore"
	name    string     // "ListUsers"; empty where the service has no such operation
	json    bool       // not the query protocol
	form    url.Values // the parameters, of whatever protocol
	scope   scope
	session session
	id      string
}

// scope is what a request was signed with, and for. The signature itself is not checked.
type scope struct {
	accessKey, region, service string
}

func (q *request) action() string { return q.service + ":" + q.name }

func (q *request) namespace() string {
	if q.service == "sts" {
		return "https://sts.amazonaws.com/doc/" + stsVersion + "/"
	}
	return "https://iam.amazonaws.com/doc/" + iamVersion + "/"
}

// parse reads what a request asks for. The request is there even where it can't be read, for the answer's form.
func parse(r *http.Request) (*request, *apiError) {
	q := &request{service: "iam"}
	err := r.ParseForm()
	q.form, q.scope = r.Form, scopeOf(r)
	route, ok := routes[r.Method+" "+r.URL.Path]
	target, name, _ := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
	switch service := targets[target]; {
	case service != "":
		q.json, q.service, q.name = true, service, name
	case ok:
		q.json, q.service, q.name = true, route.service, route.name
	case q.scope.service == "account" || q.scope.service == "access-analyzer":
		q.json, q.service = true, q.scope.service
	default:
		q.name = r.Form.Get("Action")
		if r.Form.Get("Version") == stsVersion {
			q.service = "sts"
		}
	}
	if err == nil && q.json && r.Method == http.MethodPost {
		err = q.readJSON(r)
	}
	if err != nil {
		return q, q.fails("MalformedInput", "The request could not be read: "+err.Error())
	}
	return q, nil
}

// readJSON takes the parameters from a body: strings, numbers and lists of them are all that the operations have.
func (q *request) readJSON(r *http.Request) error {
	var body map[string]any
	decoder := json.NewDecoder(r.Body)
	decoder.UseNumber()
	if err := decoder.Decode(&body); err != nil && err != io.EOF { // an empty body is no parameters
		return err
	}
	for name, value := range body {
		list, ok := value.([]any)
		if !ok {
			list = []any{value}
		}
		for _, item := range list {
			if item != nil {
				q.form.Add(name, fmt.Sprint(item))
			}
		}
	}
	return nil
}

// addressed refuses a request for an operation that no service has.
func (q *request) addressed() *apiError {
	version := q.form.Get("Version")
	switch {
	case q.json && q.name == "":
		return q.fails("InvalidAction", "")
	case !q.json && (q.name == "" || version != iamVersion && version != stsVersion):
		return q.fails("InvalidAction", fmt.Sprintf("Could not find operation %q for version %q", q.name, version))
	}
	return nil
}

// scopeOf reads the credential of a signature, KEY/DATE/REGION/SERVICE/aws4_request; it is empty where a request isn't
// signed.
func scopeOf(r *http.Request) scope {
	_, credential, ok := strings.Cut(r.Header.Get("Authorization"), "Credential=")
	if !ok {
		credential = r.Form.Get("X-Amz-Credential")
	}
	credential, _, _ = strings.Cut(credential, ",")
	parts := append(strings.Split(credential, "/"), "", "", "")
	return scope{accessKey: parts[0], region: parts[2], service: parts[3]}
}
