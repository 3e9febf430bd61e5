// Translations brings a PO file up to date with the sources: go generate ./report/locale. What is translated stays so, what
// is new is put in without a translation, and what nothing says any more goes.
package main

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"

	"sekisho/report/locale"
)

func main() {
	root := flag.String("root", ".", "the module's `FOLDER`")
	flag.Parse()
	if err := update(*root, flag.Arg(0)); err != nil {
		fmt.Fprintf(os.Stderr, "translations: error: %v\n", err)
		os.Exit(1)
	}
}

func update(root, file string) error {
	old, err := os.ReadFile(file)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	all, err := texts(root)
	if err != nil {
		return err
	}
	var out bytes.Buffer
	if err := write(&out, all, locale.Translations(old)); err != nil {
		return err
	}
	return os.WriteFile(file, out.Bytes(), 0o644)
}
