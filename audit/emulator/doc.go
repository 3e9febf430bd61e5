// Package emulator serves a snapshot of an account as AWS does, read-only: IAM and STS over the query protocol, and
// what Sekisho asks of AWS Account Management and IAM Access Analyzer over REST and JSON. The region that a request is
// about is the one that it is signed for.
//
// One data model so describes the demo, the tests and real life. For the snapshot of a finished run, a run against a
// [Server] of it gives that snapshot again, save for times and calls. The emulator has AWS's manners: Marker pages, the
// credential report's life, lower-case booleans, URL-encoded policy documents, a root user without a name, NoSuchEntity
// where there is nothing, AccessDenied for what the snapshot was never asked. [Options] make it slow, throttling,
// refusing or broken on request.
//
// [Demo] is the embedded demo account, and [Company] makes accounts of any size. It is no security boundary: it checks
// no signature, and it only ever answers with what the snapshot holds.
package emulator
