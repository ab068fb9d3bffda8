package main

import (
	"bytes"
	"io"

	"github.com/tdewolff/parse/v2"
	lexer "github.com/tdewolff/parse/v2/html"
	"golang.org/x/net/html"
)

// goTokenizers are general ones in Go. Each is asked for every token and for nothing
// about it.
func goTokenizers() []candidate {
	return []candidate{
		inProcess("golang.org/x/net/html, Tokenizer", netHTML),
		inProcess("github.com/tdewolff/parse/v2/html, Lexer (whole page in memory)", tdewolff),
	}
}

func netHTML(p page) (tags int, err error) {
	z := html.NewTokenizer(bytes.NewReader(p.content))
	for {
		switch z.Next() {
		case html.StartTagToken, html.SelfClosingTagToken:
			tags++
		case html.ErrorToken:
			if z.Err() != io.EOF {
				return tags, z.Err()
			}
			return tags, nil
		}
	}
}

// tdewolff writes the names of tags in lower case into what it reads.
func tdewolff(p page) (tags int, err error) {
	input := parse.NewInputBytes(p.scratch)
	defer input.Restore()
	l := lexer.NewLexer(input)
	for {
		switch token, _ := l.Next(); token {
		case lexer.StartTagToken, lexer.SVGToken, lexer.MathToken:
			tags++
		case lexer.ErrorToken:
			if l.Err() != io.EOF {
				return tags, l.Err()
			}
			return tags, nil
		}
	}
}
