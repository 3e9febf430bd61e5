package organization

import "slices"

// TagsAction is what the tags of an account are read with. It is called where somebody chooses accounts by them.
const TagsAction = "organizations:ListTagsForResource"

// AccountTags are the tags of an account, as AWS Organizations has them.
type AccountTags struct {
	ID   string            `json:"id"`
	Tags map[string]string `json:"tags"`
}

// Named makes them an entry of a list.
func (t AccountTags) Named() (key, label string) { return t.ID, "the tags of " + t.ID }

// TagsOf returns the tags of an account; false where they were not read.
func (s *Snapshot) TagsOf(id string) (map[string]string, bool) {
	if s.Tags == nil {
		return nil, false
	}
	i := slices.IndexFunc(s.Tags.Value, func(t AccountTags) bool { return t.ID == id })
	if i < 0 {
		return nil, false
	}
	return s.Tags.Value[i].Tags, true
}
