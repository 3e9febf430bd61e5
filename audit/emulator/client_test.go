package emulator_test

import (
	"context"
	"encoding/base64"
	"encoding/xml"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"sekisho/audit/account"
	"sekisho/audit/emulator"
)

// client speaks the query protocol and no more of AWS than that.
type client struct {
	t            *testing.T
	endpoint     string
	accessKey    string
	sessionToken string
}

// serve starts a server that ends with the test.
func serve(t *testing.T, s *account.Snapshot, o emulator.Options) (*emulator.Server, *client) {
	t.Helper()
	server := emulator.New(s, o)
	endpoint, stop, err := server.Start()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(stop)
	return server, &client{t: t, endpoint: endpoint, accessKey: "AKIAIOSFODNN7EXAMPLE"}
}

// reply is an answer: its status, and what its XML says. Code and Message are those of an error.
type reply struct {
	status  int
	body    []byte
	Code    string `xml:"Error>Code"`
	Message string `xml:"Error>Message"`
	Type    string `xml:"Error>Type"`
}

func (r reply) String() string { return fmt.Sprintf("%d %s %q", r.status, r.Code, r.Message) }

// send sends an action ("iam:ListUsers") with parameters, names and values in turn.
func (c *client) send(ctx context.Context, action string, parameters ...string) (reply, error) {
	service, name, _ := strings.Cut(action, ":")
	version := "2010-05-08"
	if service == "sts" {
		version = "2011-06-15"
	}
	form := url.Values{"Action": {name}, "Version": {version}}
	for i := 0; i+1 < len(parameters); i += 2 {
		form.Set(parameters[i], parameters[i+1])
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, c.endpoint, strings.NewReader(form.Encode()))
	if err != nil {
		return reply{}, err
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if c.accessKey != "" {
		request.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential="+c.accessKey+"/20261122/us-east-1/"+service+"/aws4_request, SignedHeaders=host, Signature=0")
	}
	if c.sessionToken != "" {
		request.Header.Set("X-Amz-Security-Token", c.sessionToken)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return reply{}, err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	r := reply{status: response.StatusCode, body: body}
	if err != nil {
		return r, err
	}
	if r.status != http.StatusOK && response.Header.Get("Content-Type") == "text/xml" {
		err = xml.Unmarshal(body, &r)
	}
	return r, err
}

// call is send for an action that is answered, be it with an error.
func (c *client) call(action string, parameters ...string) reply {
	c.t.Helper()
	r, err := c.send(c.t.Context(), action, parameters...)
	if err != nil {
		c.t.Fatalf("%s: %v", action, err)
	}
	return r
}

// refused checks that an action gets an error.
func (c *client) refused(status int, code, action string, parameters ...string) reply {
	c.t.Helper()
	r := c.call(action, parameters...)
	if r.status != status || r.Code != code {
		c.t.Errorf("%s %v: got %v, want %d %s", action, parameters, r, status, code)
	}
	return r
}

// read reads the answer of an action, which must be one.
func read[T any](c *client, action string, parameters ...string) T {
	c.t.Helper()
	var value T
	r := c.call(action, parameters...)
	if r.status != http.StatusOK {
		c.t.Fatalf("%s %v: got %v, want an answer", action, parameters, r)
	}
	if err := xml.Unmarshal(r.body, &value); err != nil {
		c.t.Fatalf("%s: %v in %s", action, err, r.body)
	}
	return value
}

// pages reads a list page by page; more tells whether there is another one and its marker.
func pages[T any](c *client, more func(T) (bool, string), action string, parameters ...string) []T {
	c.t.Helper()
	all := []T{read[T](c, action, parameters...)}
	for {
		truncated, marker := more(all[len(all)-1])
		if !truncated {
			return all
		}
		all = append(all, read[T](c, action, append([]string{"Marker", marker}, parameters...)...))
	}
}

// The answers, as the IAM API reference describes their XML.
type (
	xmlUser struct {
		Path, UserName, UserId, Arn  string
		CreateDate, PasswordLastUsed *time.Time
	}
	xmlUserPage struct {
		Users       []xmlUser `xml:"ListUsersResult>Users>member"`
		IsTruncated bool      `xml:"ListUsersResult>IsTruncated"`
		Marker      string    `xml:"ListUsersResult>Marker"`
	}
	xmlDevicePage struct {
		Devices []struct {
			SerialNumber string
			EnableDate   *time.Time
			User         *xmlUser
		} `xml:"ListVirtualMFADevicesResult>VirtualMFADevices>member"`
		IsTruncated bool   `xml:"ListVirtualMFADevicesResult>IsTruncated"`
		Marker      string `xml:"ListVirtualMFADevicesResult>Marker"`
	}
	xmlInline   struct{ PolicyName, PolicyDocument string }
	xmlAttached struct{ PolicyName, PolicyArn string }
	xmlEntity   struct {
		UserName, GroupName, RoleName, PolicyName string
		UserId, GroupId, RoleId, PolicyId         string
		Arn, Path                                 string
		CreateDate                                time.Time
		Groups                                    []string      `xml:"GroupList>member"`
		UserInline                                []xmlInline   `xml:"UserPolicyList>member"`
		GroupInline                               []xmlInline   `xml:"GroupPolicyList>member"`
		RoleInline                                []xmlInline   `xml:"RolePolicyList>member"`
		Attached                                  []xmlAttached `xml:"AttachedManagedPolicies>member"`
		Boundary                                  string        `xml:"PermissionsBoundary>PermissionsBoundaryArn"`
		Tags                                      []account.Tag `xml:"Tags>member"`
		AssumeRolePolicyDocument                  string
		LastUsed                                  *time.Time `xml:"RoleLastUsed>LastUsedDate"`
		LastUsedRegion                            string     `xml:"RoleLastUsed>Region"`
		Profiles                                  []struct {
			InstanceProfileName, InstanceProfileId, Arn, Path string
			CreateDate                                        time.Time
		} `xml:"InstanceProfileList>member"`
		UpdateDate                                     time.Time
		DefaultVersionId                               string
		AttachmentCount, PermissionsBoundaryUsageCount int32
		Versions                                       []struct {
			VersionId, Document string
			IsDefaultVersion    bool
			CreateDate          time.Time
		} `xml:"PolicyVersionList>member"`
	}
	xmlDetailPage struct {
		Users       []xmlEntity `xml:"GetAccountAuthorizationDetailsResult>UserDetailList>member"`
		Groups      []xmlEntity `xml:"GetAccountAuthorizationDetailsResult>GroupDetailList>member"`
		Roles       []xmlEntity `xml:"GetAccountAuthorizationDetailsResult>RoleDetailList>member"`
		Policies    []xmlEntity `xml:"GetAccountAuthorizationDetailsResult>Policies>member"`
		IsTruncated bool        `xml:"GetAccountAuthorizationDetailsResult>IsTruncated"`
		Marker      string      `xml:"GetAccountAuthorizationDetailsResult>Marker"`
	}
	xmlReport struct {
		Content       string    `xml:"GetCredentialReportResult>Content"`
		GeneratedTime time.Time `xml:"GetCredentialReportResult>GeneratedTime"`
	}
	xmlReportState struct {
		State string `xml:"GenerateCredentialReportResult>State"`
	}
	xmlCredentials struct {
		AccessKeyId, SecretAccessKey, SessionToken string
		Expiration                                 time.Time
	}
)

func (p xmlDetailPage) size() int {
	return len(p.Users) + len(p.Groups) + len(p.Roles) + len(p.Policies)
}

func moreUsers(p xmlUserPage) (bool, string)     { return p.IsTruncated, p.Marker }
func moreDevices(p xmlDevicePage) (bool, string) { return p.IsTruncated, p.Marker }
func moreDetails(p xmlDetailPage) (bool, string) { return p.IsTruncated, p.Marker }

// users reads the list of users with pages of a size.
func (c *client) users(size string) []account.ListedUser {
	c.t.Helper()
	users := []account.ListedUser{}
	for _, page := range pages(c, moreUsers, "iam:ListUsers", "MaxItems", size) {
		for _, u := range page.Users {
			users = append(users, account.ListedUser{Name: u.UserName, ID: u.UserId, ARN: u.Arn, Path: u.Path, Created: *u.CreateDate, PasswordLastUsed: u.PasswordLastUsed})
		}
	}
	return users
}

func (c *client) virtualMFADevices(size string) []account.VirtualMFADevice {
	c.t.Helper()
	devices := []account.VirtualMFADevice{}
	for _, page := range pages(c, moreDevices, "iam:ListVirtualMFADevices", "MaxItems", size) {
		for _, d := range page.Devices {
			device := account.VirtualMFADevice{Serial: d.SerialNumber, EnabledSince: d.EnableDate}
			if u := d.User; u != nil {
				device.Owner = &account.MFAOwner{Name: u.UserName, ID: u.UserId, ARN: u.Arn, Path: u.Path, Created: u.CreateDate, PasswordLastUsed: u.PasswordLastUsed}
			}
			devices = append(devices, device)
		}
	}
	return devices
}

func (c *client) report() account.CredentialReport {
	c.t.Helper()
	r := read[xmlReport](c, "iam:GetCredentialReport")
	content, err := base64.StdEncoding.DecodeString(r.Content)
	if err != nil {
		c.t.Fatal(err)
	}
	return account.CredentialReport{GeneratedAt: r.GeneratedTime, Content: string(content)}
}

// details reads the authorization details and decodes their documents.
func (c *client) details(size string) account.AuthorizationDetails {
	c.t.Helper()
	all := account.AuthorizationDetails{Users: []account.UserDetail{}, Groups: []account.GroupDetail{}, Roles: []account.RoleDetail{}, Policies: []account.PolicyDetail{}}
	for _, page := range pages(c, moreDetails, "iam:GetAccountAuthorizationDetails", "MaxItems", size) {
		for _, e := range page.Users {
			all.Users = append(all.Users, account.UserDetail{
				Name: e.UserName, ID: e.UserId, ARN: e.Arn, Path: e.Path, Created: e.CreateDate, Groups: append([]string{}, e.Groups...),
				InlinePolicies: c.inline(e.UserInline), AttachedPolicies: attached(e.Attached), PermissionsBoundary: e.Boundary, Tags: append([]account.Tag{}, e.Tags...),
			})
		}
		for _, e := range page.Groups {
			all.Groups = append(all.Groups, account.GroupDetail{
				Name: e.GroupName, ID: e.GroupId, ARN: e.Arn, Path: e.Path, Created: e.CreateDate, InlinePolicies: c.inline(e.GroupInline), AttachedPolicies: attached(e.Attached),
			})
		}
		for _, e := range page.Roles {
			role := account.RoleDetail{
				Name: e.RoleName, ID: e.RoleId, ARN: e.Arn, Path: e.Path, Created: e.CreateDate, TrustPolicy: c.decoded(e.AssumeRolePolicyDocument),
				InlinePolicies: c.inline(e.RoleInline), AttachedPolicies: attached(e.Attached), PermissionsBoundary: e.Boundary,
				Tags: append([]account.Tag{}, e.Tags...), LastUsed: e.LastUsed, LastUsedRegion: e.LastUsedRegion, InstanceProfiles: []account.InstanceProfile{},
			}
			for _, p := range e.Profiles {
				role.InstanceProfiles = append(role.InstanceProfiles, account.InstanceProfile{Name: p.InstanceProfileName, ID: p.InstanceProfileId, ARN: p.Arn, Path: p.Path, Created: p.CreateDate})
			}
			all.Roles = append(all.Roles, role)
		}
		for _, e := range page.Policies {
			policy := account.PolicyDetail{
				Name: e.PolicyName, ID: e.PolicyId, ARN: e.Arn, Path: e.Path, Created: e.CreateDate, Updated: e.UpdateDate,
				DefaultVersion: e.DefaultVersionId, AttachmentCount: e.AttachmentCount, BoundaryUseCount: e.PermissionsBoundaryUsageCount,
			}
			for _, v := range e.Versions {
				policy.Versions = append(policy.Versions, account.PolicyVersion{ID: v.VersionId, Created: v.CreateDate, Default: v.IsDefaultVersion, Document: c.decoded(v.Document)})
			}
			all.Policies = append(all.Policies, policy)
		}
	}
	return all
}

func (c *client) inline(policies []xmlInline) []account.InlinePolicy {
	list := []account.InlinePolicy{}
	for _, p := range policies {
		list = append(list, account.InlinePolicy{Name: p.PolicyName, Document: c.decoded(p.PolicyDocument)})
	}
	return list
}

func attached(policies []xmlAttached) []account.AttachedPolicy {
	list := []account.AttachedPolicy{}
	for _, p := range policies {
		list = append(list, account.AttachedPolicy{Name: p.PolicyName, ARN: p.PolicyArn})
	}
	return list
}

func (c *client) decoded(document string) string {
	c.t.Helper()
	text, err := url.PathUnescape(document)
	if err != nil {
		c.t.Errorf("got a document that is not URL-encoded: %v", err)
	}
	return text
}

// record sends a request to a handler without a network in between.
func record(h http.Handler, form url.Values, header http.Header) *httptest.ResponseRecorder {
	request := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(form.Encode()))
	request.Header = header
	recorder := httptest.NewRecorder()
	h.ServeHTTP(recorder, request)
	return recorder
}
