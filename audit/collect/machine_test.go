package collect

import (
	"net/http"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func TestMetadataThatHangsIsGivenUp(t *testing.T) {
	home(t, "")
	os.Unsetenv("AWS_EC2_METADATA_DISABLED")
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		_, err := SignIn(t.Context(), Options{Retryer: fastRetryer, HTTPClient: InProcess(http.HandlerFunc(hang))})
		if err == nil || !strings.HasPrefix(err.Error(), "getting credentials: found none") || !strings.Contains(Hint(err), "--demo") {
			t.Errorf("got %v (%s), want that there are no credentials", err, Hint(err))
		}
		if took := time.Since(began); took > localLimit {
			t.Errorf("got the error after %s, want it within %s", took, localLimit)
		}
	})
}

func TestInstanceRoleIsUsed(t *testing.T) {
	home(t, "")
	os.Unsetenv("AWS_EC2_METADATA_DISABLED")
	metadata := newFakeAWS(t, nil)
	metadata.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/latest/api/token":
			w.Header().Set("X-Aws-Ec2-Metadata-Token-Ttl-Seconds", "300")
			w.Write([]byte("metadata-token"))
		case "/latest/meta-data/iam/security-credentials/":
			w.Write([]byte("auditor"))
		default:
			w.Write([]byte(`{"Code":"Success","Type":"AWS-HMAC","AccessKeyId":"ASIAINSTANCEEXAMPLE","SecretAccessKey":"s","Token":"t","Expiration":"2099-01-01T00:00:00Z"}`))
		}
	})
	t.Setenv("AWS_EC2_METADATA_SERVICE_ENDPOINT", metadata.URL)
	server := newFakeAWS(t, nil)
	s := signedIn(t, Options{Endpoint: server.URL, Retryer: fastRetryer})
	if got := server.last(t, "GetCallerIdentity").key; got != "ASIAINSTANCEEXAMPLE" {
		t.Errorf("got %s, want the instance's role", got)
	}
	if bill := s.Calls(); len(bill.SignIn) != 1 || bill.SignIn["sts:GetCallerIdentity"] != 1 {
		t.Errorf("got %v, want the metadata off the bill", bill.SignIn)
	}
}

func TestContainerRoleIsUsed(t *testing.T) {
	home(t, "")
	container := newFakeAWS(t, nil)
	container.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.Write([]byte(`{"AccessKeyId":"ASIACONTAINEREXAMPLE","SecretAccessKey":"s","Token":"t","Expiration":"2099-01-01T00:00:00Z"}`))
	})
	t.Setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", container.URL)
	server := newFakeAWS(t, nil)
	signedIn(t, Options{Endpoint: server.URL, Retryer: fastRetryer})
	if got := server.last(t, "GetCallerIdentity").key; got != "ASIACONTAINEREXAMPLE" {
		t.Errorf("got %s, want the container's role", got)
	}
}
