package privatepg

import (
	"archive/tar"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"strings"
)

// inside is the folder of the package that contains bin, lib and share.
const inside = "package/native/"

// unpack extracts the archive's folder package/native into the folder to, and creates the links that the package only
// lists. No path can escape from to, because os.Root refuses it.
func unpack(archive, to string) (err error) {
	root, err := os.OpenRoot(to)
	if err != nil {
		return err
	}
	file, err := os.Open(archive) // #nosec G304 -- the archive that was just fetched and checked
	if err != nil {
		return errors.Join(err, root.Close())
	}
	defer func() { err = errors.Join(err, file.Close(), root.Close()) }()
	unzipped, err := gzip.NewReader(file)
	if err != nil {
		return fmt.Errorf("%s: %w", archive, err)
	}
	if err := untar(tar.NewReader(unzipped), root); err != nil {
		return fmt.Errorf("%s: %w", archive, err)
	}
	return link(root)
}

func untar(entries *tar.Reader, root *os.Root) error {
	for {
		entry, err := entries.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		name, ok := strings.CutPrefix(entry.Name, inside)
		if !ok || entry.Typeflag != tar.TypeReg {
			continue
		}
		if err := extract(entries, root, name, entry.FileInfo().Mode()); err != nil {
			return err
		}
	}
}

// extract writes one file. It keeps the executable bits and makes the file readable for the account, regardless of our
// umask.
func extract(content io.Reader, root *os.Root, name string, mode os.FileMode) error {
	if err := makeParents(root, name); err != nil {
		return err
	}
	file, err := root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return err
	}
	_, err = io.Copy(file, content)
	return errors.Join(err, file.Chmod(0o644|mode&0o111), file.Close())
}

// makeParents creates the parent folders of name, readable for all users regardless of our umask.
func makeParents(root *os.Root, name string) error {
	for i, c := range name {
		if c != '/' || i == 0 {
			continue
		}
		err := root.Mkdir(name[:i], 0o755)
		if errors.Is(err, os.ErrExist) {
			continue
		}
		if err := errors.Join(err, root.Chmod(name[:i], 0o755)); err != nil {
			return err
		}
	}
	return nil
}

// link creates the links in pg-symlinks.json, which the programs need to find their libraries.
func link(root *os.Root) error {
	text, err := root.ReadFile("pg-symlinks.json")
	if err != nil {
		return err
	}
	var links []struct{ Source, Target string }
	if err := json.Unmarshal(text, &links); err != nil {
		return fmt.Errorf("pg-symlinks.json: %w", err)
	}
	for _, l := range links {
		source, target := strings.TrimPrefix(l.Source, "native/"), strings.TrimPrefix(l.Target, "native/")
		if path.Dir(source) != path.Dir(target) {
			return fmt.Errorf("pg-symlinks.json: %s and %s are in different folders", l.Source, l.Target)
		}
		if err := root.Symlink(path.Base(source), target); err != nil {
			return err
		}
	}
	return nil
}
