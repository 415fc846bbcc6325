// Judges Ringdown's notes, proofs and tiles with golang.org/x/mod/sumdb/note and .../tlog alone.
//
// Questions come as JSON objects, one a line, and answers go the same way (Tests/Clients/outside.py puts them). It
// compiles with the packages golang-go and golang-golang-x-mod-dev of Debian: GO111MODULE=off go build.
package main

import (
	"bufio"
	"crypto/ed25519"
	"crypto/sha256"
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

// A question. Texts are base64 of the bytes, which JSON does by itself for []byte.
type question struct {
	Do      string  `json:"do"`
	Vkey    string  `json:"vkey"`
	Text    []byte  `json:"text"`
	Old     []byte  `json:"old"`
	Proof   []byte  `json:"proof"`
	Witness string  `json:"witness"`
	Tiles   string  `json:"tiles"`
	Indexes []int64 `json:"indexes"`
	Olds    []int64 `json:"olds"`
}

type answer struct {
	Accepted  bool   `json:"accepted"`
	Statement string `json:"statement,omitempty"`
	Why       string `json:"why,omitempty"`
}

// A tree whose note was verified.
type head struct {
	origin string
	tree   tlog.Tree
}

func (h head) String() string {
	return fmt.Sprintf("%s %d %x", h.origin, h.tree.N, h.tree.Hash[:])
}

func main() {
	lines := bufio.NewReaderSize(os.Stdin, 1<<20)
	out := bufio.NewWriter(os.Stdout)
	for {
		line, err := lines.ReadBytes('\n')
		if err != nil {
			return
		}
		var q question
		if err := json.Unmarshal(line, &q); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		var a answer
		if statement, err := judge(q); err != nil {
			a.Why = err.Error()
		} else {
			a = answer{Accepted: true, Statement: statement}
		}
		encoded, _ := json.Marshal(map[string]answer{"go": a})
		out.Write(append(encoded, '\n'))
		out.Flush()
	}
}

func judge(q question) (string, error) {
	switch q.Do {
	case "checkpoint":
		h, err := open(q.Text, q.Vkey, q.Witness)
		return h.String(), err
	case "inclusion":
		return inclusion(q)
	case "consistency":
		return consistency(q)
	case "tiles":
		return tiles(q)
	}
	return "", errors.New("nothing is known of " + q.Do)
}

// open verifies a signed note, and a witness's cosignature on it if a key is given, and reads the checkpoint in it.
func open(text []byte, vkey, witness string) (head, error) {
	verifier, err := note.NewVerifier(vkey)
	if err != nil {
		return head{}, err
	}
	known := []note.Verifier{verifier}
	if witness != "" {
		w, err := newWitness(witness)
		if err != nil {
			return head{}, err
		}
		known = append(known, w)
	}
	n, err := note.Open(text, note.VerifierList(known...))
	if err != nil {
		return head{}, err
	}
	if len(n.Sigs) != len(known) {
		return head{}, errors.New("a signature is missing")
	}
	lines := strings.Split(n.Text, "\n")
	if len(lines) < 4 || lines[0] != verifier.Name() {
		return head{}, errors.New("no checkpoint of this log")
	}
	size, err := decimal(lines[1])
	if err != nil {
		return head{}, err
	}
	hash, err := tlog.ParseHash(lines[2])
	return head{lines[0], tlog.Tree{N: size, Hash: hash}}, err
}

func decimal(text string) (int64, error) {
	n, err := strconv.ParseInt(text, 10, 64)
	if err == nil && strconv.FormatInt(n, 10) != text {
		err = errors.New("a number is spelled in another way than its own")
	}
	return n, err
}

// A witness's key: what golang.org/x/mod does not know, in its own interface (C2SP tlog-cosignature).
type witness struct {
	name string
	hash uint32
	key  ed25519.PublicKey
}

func newWitness(vkey string) (*witness, error) {
	parts := strings.SplitN(vkey, "+", 3)
	if len(parts) != 3 {
		return nil, errors.New("no key of a witness")
	}
	key, err := base64.StdEncoding.DecodeString(parts[2])
	if err != nil || len(key) != 33 || key[0] != 4 {
		return nil, errors.New("no key of a witness")
	}
	sum := sha256.Sum256(append([]byte(parts[0]+"\n"), key...))
	return &witness{parts[0], binary.BigEndian.Uint32(sum[:]), key[1:]}, nil
}

func (w *witness) Name() string    { return w.name }
func (w *witness) KeyHash() uint32 { return w.hash }
func (w *witness) Verify(msg, sig []byte) bool {
	if len(sig) != 8+ed25519.SignatureSize {
		return false
	}
	signed := fmt.Sprintf("cosignature/v1\ntime %d\n%s", binary.BigEndian.Uint64(sig), msg)
	return ed25519.Verify(w.key, []byte(signed), sig[8:])
}

// hashes reads hashes in base64, one a line.
func hashes(lines []string) ([]tlog.Hash, error) {
	var result []tlog.Hash
	for _, line := range lines {
		hash, err := tlog.ParseHash(line)
		if err != nil {
			return nil, err
		}
		result = append(result, hash)
	}
	return result, nil
}

// inclusion reads C2SP tlog-proof v1, whose extra data is the leaf.
func inclusion(q question) (string, error) {
	parts := strings.SplitN(string(q.Text), "\n\n", 2)
	lines := strings.Split(parts[0], "\n")
	if len(parts) != 2 || len(lines) < 3 || lines[0] != "c2sp.org/tlog-proof@v1" ||
		!strings.HasPrefix(lines[1], "extra ") || !strings.HasPrefix(lines[2], "index ") {
		return "", errors.New("no proof")
	}
	leaf, err := base64.StdEncoding.Strict().DecodeString(lines[1][len("extra "):])
	if err != nil {
		return "", err
	}
	index, err := decimal(lines[2][len("index "):])
	if err != nil {
		return "", err
	}
	path, err := hashes(lines[3:])
	if err != nil {
		return "", err
	}
	h, err := open([]byte(parts[1]), q.Vkey, q.Witness)
	if err != nil {
		return "", err
	}
	if index < 0 || index >= h.tree.N {
		return "", errors.New("no such leaf")
	}
	hash := tlog.RecordHash(leaf)
	if err := tlog.CheckRecord(path, h.tree.N, h.tree.Hash, index, hash); err != nil {
		return "", err
	}
	return fmt.Sprintf("%v %d %x", h, index, hash[:]), nil
}

func consistency(q question) (string, error) {
	newer, err := open(q.Text, q.Vkey, "")
	if err != nil {
		return "", err
	}
	older, err := open(q.Old, q.Vkey, "")
	if err != nil {
		return "", err
	}
	lines := strings.Split(string(q.Proof), "\n")
	if lines[len(lines)-1] != "" {
		return "", errors.New("a line of the proof is cut")
	}
	proof, err := hashes(lines[:len(lines)-1])
	if err != nil {
		return "", err
	}
	if older.tree.N < 1 || older.tree.N > newer.tree.N {
		return "", errors.New("the log became smaller")
	}
	if err := tlog.CheckTree(proof, newer.tree.N, newer.tree.Hash, older.tree.N, older.tree.Hash); err != nil {
		return "", err
	}
	return fmt.Sprintf("%v %v", older, newer), nil
}

// directory reads tiles of height 8 as C2SP tlog-tiles names them.
type directory string

func (directory) Height() int                         { return 8 }
func (directory) SaveTiles(_ []tlog.Tile, _ [][]byte) {}
func (d directory) ReadTiles(tiles []tlog.Tile) ([][]byte, error) {
	var result [][]byte
	for _, tile := range tiles {
		path := strings.Replace(tile.Path(), "tile/8/", "tile/", 1)
		data, err := os.ReadFile(filepath.Join(string(d), path))
		if err != nil {
			return nil, err
		}
		result = append(result, data)
	}
	return result, nil
}

// tiles verifies the note, and computes roots and proofs of it from the tiles alone.
func tiles(q question) (string, error) {
	h, err := open(q.Text, q.Vkey, "")
	if err != nil {
		return "", err
	}
	reader := tlog.TileHashReader(h.tree, directory(q.Tiles))
	root, err := tlog.TreeHash(h.tree.N, reader)
	if err != nil {
		return "", err
	}
	if root != h.tree.Hash {
		return "", errors.New("the tiles have another root")
	}
	statement := h.String()
	for _, index := range q.Indexes {
		proof, err := tlog.ProveRecord(h.tree.N, index, reader)
		if err != nil {
			return "", err
		}
		leaf, err := reader.ReadHashes([]int64{tlog.StoredHashIndex(0, index)})
		if err != nil {
			return "", err
		}
		if err := tlog.CheckRecord(proof, h.tree.N, h.tree.Hash, index, leaf[0]); err != nil {
			return "", err
		}
		statement += fmt.Sprintf(" leaf %d %x", index, leaf[0][:])
		for _, hash := range proof {
			statement += fmt.Sprintf(" %x", hash[:])
		}
	}
	for _, old := range q.Olds {
		proof, err := tlog.ProveTree(h.tree.N, old, reader)
		if err != nil {
			return "", err
		}
		root, err := tlog.TreeHash(old, reader)
		if err != nil {
			return "", err
		}
		if err := tlog.CheckTree(proof, h.tree.N, h.tree.Hash, old, root); err != nil {
			return "", err
		}
		statement += fmt.Sprintf(" old %d %x", old, root[:])
		for _, hash := range proof {
			statement += fmt.Sprintf(" %x", hash[:])
		}
	}
	return statement, nil
}
