// Judges cases with Go's x/mod: signed notes, inclusion, growth and whole logs of tiles.
// Reads a JSON list of cases from standard input, writes a JSON list: "" for each accepted, else why not.
package main

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

type testCase struct {
	Kind   string
	Vkey   string
	Note   []byte
	Older  []byte
	Index  int64
	Leaf   []byte
	Path   [][]byte
	Folder string
}

func main() {
	var cases []testCase
	if err := json.NewDecoder(os.Stdin).Decode(&cases); err != nil {
		panic(err)
	}
	answers := make([]string, len(cases))
	for i, each := range cases {
		if err := judge(each); err != nil {
			answers[i] = err.Error()
		}
	}
	if err := json.NewEncoder(os.Stdout).Encode(answers); err != nil {
		panic(err)
	}
}

func judge(c testCase) error {
	tree, err := open(c.Note, c.Vkey)
	if err != nil {
		return err
	}
	switch c.Kind {
	case "note":
		return nil
	case "inclusion":
		path, err := hashes(c.Path)
		if err != nil {
			return err
		}
		return tlog.CheckRecord(path, tree.N, tree.Hash, c.Index, tlog.RecordHash(c.Leaf))
	case "consistency":
		older, err := open(c.Older, c.Vkey)
		if err != nil {
			return err
		}
		path, err := hashes(c.Path)
		if err != nil {
			return err
		}
		return tlog.CheckTree(path, tree.N, tree.Hash, older.N, older.Hash)
	case "tiles":
		return audit(c.Folder, tree)
	}
	return fmt.Errorf("no such kind of case: %q", c.Kind)
}

// open returns the tree that a checkpoint states, if the key has signed it.
func open(data []byte, vkey string) (tree tlog.Tree, err error) {
	verifier, err := note.NewVerifier(vkey)
	if err != nil {
		return tree, err
	}
	opened, err := note.Open(data, note.VerifierList(verifier))
	if err != nil {
		return tree, err
	}
	lines := strings.Split(opened.Text, "\n")
	if len(lines) != 4 || lines[0] != verifier.Name() {
		return tree, errors.New("not a checkpoint of this log")
	}
	if tree.N, err = strconv.ParseInt(lines[1], 10, 64); err != nil {
		return tree, err
	}
	tree.Hash, err = hash64(lines[2])
	return tree, err
}

// audit reads every tile and every leaf of a log.
func audit(folder string, tree tlog.Tree) error {
	reader := tlog.TileHashReader(tree, files(folder))
	root, err := tlog.TreeHash(tree.N, reader)
	if err != nil {
		return err
	}
	if root != tree.Hash {
		return errors.New("the tiles have another root")
	}
	indexes := make([]int64, tree.N)
	for i := range indexes {
		indexes[i] = tlog.StoredHashIndex(0, int64(i))
	}
	stored, err := reader.ReadHashes(indexes)
	if err != nil {
		return err
	}
	leaves, err := entries(folder, tree.N)
	if err != nil {
		return err
	}
	for i, leaf := range leaves {
		if tlog.RecordHash(leaf) != stored[i] {
			return fmt.Errorf("leaf %d is another one", i)
		}
	}
	return nil
}

// entries returns the leaves of a log's entry bundles.
func entries(folder string, size int64) ([][]byte, error) {
	var leaves [][]byte
	for first := int64(0); first < size; first += 256 {
		tile := tlog.Tile{H: 8, L: -1, N: first / 256, W: int(min(256, size-first))}
		name := strings.Replace(tile.Path(), "tile/8/data/", "tile/entries/", 1)
		data, err := os.ReadFile(filepath.Join(folder, filepath.FromSlash(name)))
		if err != nil {
			return nil, err
		}
		for len(data) > 0 {
			if len(data) < 2 || len(data) < 2+int(binary.BigEndian.Uint16(data)) {
				return nil, errors.New("an entry bundle is cut off")
			}
			end := 2 + int(binary.BigEndian.Uint16(data))
			leaves = append(leaves, bytes.Clone(data[2:end]))
			data = data[end:]
		}
		if int64(len(leaves)) != min(size, first+256) {
			return nil, errors.New("an entry bundle has another number of entries")
		}
	}
	return leaves, nil
}

// files reads tiles of height 8 under the names that c2sp.org/tlog-tiles gives them.
type files string

func (folder files) Height() int { return 8 }

func (folder files) SaveTiles([]tlog.Tile, [][]byte) {}

func (folder files) ReadTiles(tiles []tlog.Tile) ([][]byte, error) {
	var found [][]byte
	for _, tile := range tiles {
		name := strings.Replace(tile.Path(), "tile/8/", "tile/", 1)
		data, err := os.ReadFile(filepath.Join(string(folder), filepath.FromSlash(name)))
		if err != nil {
			return nil, err
		}
		found = append(found, data)
	}
	return found, nil
}

func hashes(path [][]byte) (found []tlog.Hash, err error) {
	for _, each := range path {
		hash, err := hash32(each)
		if err != nil {
			return nil, err
		}
		found = append(found, hash)
	}
	return found, nil
}

func hash64(text string) (tlog.Hash, error) {
	data, err := base64.StdEncoding.Strict().DecodeString(text)
	if err != nil {
		return tlog.Hash{}, err
	}
	return hash32(data)
}

func hash32(data []byte) (hash tlog.Hash, err error) {
	if len(data) != tlog.HashSize {
		return hash, errors.New("a hash has 32 bytes")
	}
	copy(hash[:], data)
	return hash, nil
}
