// Package plan renders plans: as tables, as JSON, as Markdown and HTML, and as a shell script that carries them out.
package plan
