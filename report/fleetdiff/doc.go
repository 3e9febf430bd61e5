// Package fleetdiff renders what changed between two runs over many accounts.
package fleetdiff
