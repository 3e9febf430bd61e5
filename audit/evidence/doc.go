// Package evidence keeps an audit so that it can be checked later: one zip archive that holds what AWS said, what was
// concluded and under which settings, a manifest with the SHA-256 of every part, and, where somebody signed it, an SSH
// signature of that manifest.
//
// The same parts always give the same bytes: an archive has one form, which [Archive.Write] writes and of which
// [Archive.Verify] reports every deviation. Entries are stored, sorted by name, without extra fields, data descriptors,
// comments or times, so that no compressor and no version of Go takes part. That is why the container is written here
// and not by archive/zip, and read here too: archive/zip skips over much that must not be in such a file.
//
// The package neither opens files nor asks for the time, and it renders nothing: the reports come from its caller as
// parts.
package evidence
