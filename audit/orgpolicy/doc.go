// Package orgpolicy says which policies of an organization are above an account, what they leave to it, and what they
// say of the organization as a whole.
package orgpolicy
