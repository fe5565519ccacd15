package statements

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"slices"
)

// Bounds of XML: encoding/xml has none, and a few packed bytes can become a token or a
// tree of any size.
const (
	maxToken      = 1 << 20 // bytes of a tag or of a text
	maxDepth      = 64
	maxAttributes = 256 // of an element
)

var (
	errToken     = errors.New("the file has a tag or a text of more than 1 MB")
	errNested    = fmt.Errorf("the elements of the file are nested more than %d deep", maxDepth)
	errAttribute = fmt.Errorf("an element of the file has more than %d attributes", maxAttributes)
	errDirective = errors.New("the file has a document type")
)

// bounded reports whether an error says by which bound a file was refused.
func bounded(err error) bool {
	return slices.ContainsFunc([]error{errUnpacked, errToken, errNested, errAttribute, errParts}, func(bound error) bool { return errors.Is(err, bound) })
}

// boundedXML reads the raw tokens of a document within the bounds. Documents with a type
// of their own, by which entities are defined, are refused.
type boundedXML struct {
	decoder *xml.Decoder
	bytes   *tokenBytes
	depth   int
}

func newBoundedXML(from io.Reader) *boundedXML {
	bytes := &tokenBytes{from: from}
	return &boundedXML{decoder: xml.NewDecoder(bytes), bytes: bytes}
}

// Token returns the next token; it makes a boundedXML an xml.TokenReader.
func (b *boundedXML) Token() (xml.Token, error) {
	b.bytes.read = 0
	token, err := b.decoder.RawToken()
	if err != nil {
		return nil, err
	}

	switch t := token.(type) {
	case xml.Directive:
		return nil, errDirective
	case xml.EndElement:
		b.depth--
	case xml.StartElement:
		if b.depth++; b.depth > maxDepth {
			return nil, errNested
		}
		if len(t.Attr) > maxAttributes {
			return nil, errAttribute
		}
	}
	return token, nil
}

// tokenBytes counts what is read for a token, and ends when it is too much. The decoder
// reads ahead, by a few kilobytes.
type tokenBytes struct {
	from io.Reader
	read int
}

func (t *tokenBytes) Read(p []byte) (int, error) {
	if t.read > maxToken {
		return 0, errToken
	}
	n, err := t.from.Read(p)
	t.read += n
	return n, err
}
