package main

import "testing"

func TestProseEscapesWhatIsNotMarkup(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"a <b> `c<d>`":                "<p>a &lt;b&gt; <code>c&lt;d&gt;</code></p>",
		"## Keys\nOne.\n\nTwo.":       `<h2 id="keys">Keys</h2><p>One.</p><p>Two.</p>`,
		"| a | b |\n| - | - |\n|1|2|": `<div class="scroll" tabindex="0" role="region" aria-label="Table"><table><tr><th>a</th><th>b</th></tr><tr><td>1</td><td>2</td></tr></table></div>`,
		"":                            "",
	} {
		if got := string(prose(text)); got != want {
			t.Errorf("%q is rendered as %s, want %s", text, got, want)
		}
	}
}
