// Package organization is what AWS Organizations said of an organization, and when: plain data with a JSON form, as a
// snapshot of an account is.
package organization
