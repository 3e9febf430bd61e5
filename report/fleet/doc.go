// Package fleet renders what a run says of many accounts.
package fleet
