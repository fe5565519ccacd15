package main

import (
	"encoding/json"
	"fmt"
	"html/template"
	"strings"
)

// prose renders the part of Markdown that the document's texts use: headings,
// paragraphs, tables and code.
func prose(text string) template.HTML {
	var out strings.Builder
	for block := range strings.SplitSeq(strings.TrimSpace(text), "\n\n") {
		heading, isHeading := strings.CutPrefix(block, "## ")
		first, rest, more := strings.Cut(heading, "\n")
		switch {
		case isHeading:
			fmt.Fprintf(&out, "<h2 id=%q>%s</h2>", anchor(first), inline(first))
			if more {
				out.WriteString(string(prose(rest)))
			}

		case strings.HasPrefix(block, "|"):
			out.WriteString(table(block))
		case block != "":
			fmt.Fprintf(&out, "<p>%s</p>", inline(block))
		}
	}

	return template.HTML(out.String())
}

// table renders a table whose second line is the rule below its header.
func table(block string) string {
	var out strings.Builder
	out.WriteString(`<div class="scroll" tabindex="0" role="region" aria-label="Table"><table>`)
	for i, line := range strings.Split(block, "\n") {
		if i == 1 {
			continue
		}

		cell := "td"
		if i == 0 {
			cell = "th"
		}

		out.WriteString("<tr>")
		for text := range strings.SplitSeq(strings.Trim(line, "|"), "|") {
			fmt.Fprintf(&out, "<%[1]s>%[2]s</%[1]s>", cell, inline(strings.TrimSpace(text)))
		}

		out.WriteString("</tr>")
	}

	out.WriteString("</table></div>")
	return out.String()
}

// inline renders text with code between backquotes.
func inline(text string) template.HTML {
	var out strings.Builder
	for i, part := range strings.Split(text, "`") {
		part = template.HTMLEscapeString(part)
		if i%2 == 1 {
			part = "<code>" + part + "</code>"
		}
		out.WriteString(part)
	}
	return template.HTML(out.String())
}

// anchor returns the URL fragment of a heading or name.
func anchor(name string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || r == '.' || r == '_' {
			return r
		}
		return '-'
	}, strings.ToLower(name))
}

// typeOf describes the type of a schema, with links to the objects of the page.
func typeOf(schema *tree) template.HTML {
	if name := schemaName(schema); name != "" {
		return template.HTML(fmt.Sprintf(`<a href="#object-%s">%s</a>`, anchor(name), template.HTMLEscapeString(name)))
	}
	if schema.has("const") {
		return inline("`" + jsonText(schema.values["const"]) + "`")
	}
	if choices := append(schema.list("oneOf"), schema.list("anyOf")...); len(choices) > 0 {
		return either(choices)
	}
	if schema.has("enum") {
		return either(schema.list("enum"))
	}
	if schema.text("type") == "array" {
		return "array of " + typeOf(schema.at("items"))
	}
	if names := schema.list("type"); len(names) > 0 {
		return template.HTML(template.HTMLEscapeString(strings.ReplaceAll(strings.Trim(fmt.Sprint(names), "[]"), " ", " or ")))
	}
	if schema.text("type") == "" {
		return "any"
	}

	return template.HTML(template.HTMLEscapeString(schema.text("type")))
}

// either joins alternatives, which are schemas or values.
func either(choices []any) template.HTML {
	parts := make([]string, len(choices))
	for i, choice := range choices {
		if schema, ok := choice.(*tree); ok {
			parts[i] = string(typeOf(schema))
		} else {
			parts[i] = string(inline("`" + jsonText(choice) + "`"))
		}
	}
	return template.HTML(strings.Join(parts, " or "))
}

func jsonText(value any) string {
	text, _ := json.Marshal(value) // values of a JSON document always encode
	return string(text)
}

// limits are the keywords shown as restrictions, with their wording.
var limits = []struct{ keyword, words string }{
	{"minimum", "at least %s"}, {"maximum", "at most %s"}, {"minLength", "length at least %s"}, {"maxLength", "length at most %s"},
	{"minItems", "at least %s of them"}, {"maxItems", "at most %s of them"}, {"maxProperties", "at most %s keys"}, {"default", "default `%s`"},
}

// restrictions lists the bounds and the default of a schema.
func restrictions(schema *tree) string {
	var parts []string
	for _, limit := range limits {
		if schema.has(limit.keyword) {
			parts = append(parts, fmt.Sprintf(limit.words, jsonText(schema.values[limit.keyword])))
		}
	}
	return strings.Join(parts, ", ")
}
