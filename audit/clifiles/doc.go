// Package clifiles reads what somebody saved of the aws command's answers about an account: a folder of JSON files, and
// the decoded credential report, whatever their names.
//
// A file is recognised by what is in it. What is in no file was not read, so a reader of the snapshot doesn't know it;
// nor is a list known to be whole of which a page, or what a filter left out, is missing as far as the files tell. The
// files must be of one account: their ARNs say of which. An account summary or a password policy names none, so nobody
// can tell whose it is.
//
// Some answers don't say what they are about: an empty list names no user or region, a list of service-specific
// credentials not whether it is of all users, and few errors tell anything. The commands that sekisho permissions
// --commands prints add what is lacking, by --query beside a list and as a line above an error; see Command. What
// doesn't say whose it is takes no part, or makes no list whole.
//
// Files don't say when AWS was asked. The snapshot's time is that of the credential report, GeneratedTime, or the
// latest time that any answer tells where that is later, but not by more than a day later than the newest file. Without a GeneratedTime it is the time at which the newest
// file was written, because ages must not come out too low; touch -d corrects it. No list counts as younger than the
// report, so nobody whom the report names is taken for deleted.
//
// The JSON is decoded into the types of aws-sdk-go-v2, whose fields have the names of its keys, and package convert
// makes of them what a snapshot holds, as it does after a call. The package calls nobody and writes nothing.
package clifiles
