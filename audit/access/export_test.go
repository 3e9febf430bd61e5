package access

import "sekisho/audit/message"

// ServiceWay is a way through a service as the matrix of ways reads it.
type ServiceWay struct {
	ID            string
	Services      []string
	Pass, Profile bool
	Beside, Only  string
	Actions       [][]string
	Existing      message.Message
}

// ServiceWays are all ways of the table.
func ServiceWays() (out []ServiceWay) {
	for _, w := range serviceWays {
		out = append(out, ServiceWay{w.id, w.services, w.pass, w.profile, w.beside, w.only, w.actions, w.existing})
	}
	return out
}
