package rules_test

import (
	"encoding/csv"
	"strings"
)

func (c *setup) readReport() {
	records, err := csv.NewReader(strings.NewReader(c.s.CredentialReport.Value.Content)).ReadAll()
	if err != nil {
		c.t.Fatal(err)
	}
	c.columns = records[0]
	for _, record := range records[1:] {
		row := map[string]string{}
		for i, column := range c.columns {
			row[column] = record[i]
		}
		c.rows = append(c.rows, row)
	}
}

func (c *setup) writeReport() {
	var content strings.Builder
	w := csv.NewWriter(&content)
	records := [][]string{c.columns}
	for _, row := range c.rows {
		record := make([]string, len(c.columns))
		for i, column := range c.columns {
			record[i] = row[column]
		}
		records = append(records, record)
	}
	if err := w.WriteAll(records); err != nil {
		c.t.Fatal(err)
	}
	c.s.CredentialReport.Value.Content = strings.TrimSuffix(content.String(), "\n")
}

func (c *setup) row(user string) map[string]string {
	for _, row := range c.rows {
		if row["user"] == user {
			return row
		}
	}
	c.t.Fatalf("got a line about %q before the line that adds it", user)
	return nil
}

// cell is a cell's text, where an age stands for its date.
func (c *setup) cell(text string) string {
	if strings.HasPrefix(text, "-") || strings.HasPrefix(text, "+") {
		return stamp(c.at(text))
	}
	return text
}
