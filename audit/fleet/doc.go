// Package fleet audits many accounts as one: a manifest says which, shards of it are audited each by itself, account
// after account, and what they left in a store is merged into one report. An account is done when its object is there,
// and nothing that lies in the store is believed before it was looked at.
package fleet
