package cmd

import (
	"context"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// answersFor are good answers to init's questions, line by line.
func answersFor(folder, listen string) []string {
	return []string{folder, "https://pay.example.com", listen, "Psar Chas Shop", "shop.example.com", "sokha@shop.example.com"}
}

func initWith(answers []string, start bool) *initCommand {
	return &initCommand{Start: start, input: strings.NewReader(strings.Join(answers, "\n") + "\n")}
}

func TestInitLeavesARunningDeployment(t *testing.T) {
	folder, listen := filepath.Join(t.TempDir(), "new"), freeAddress(t)
	ctx, cancel := context.WithCancel(t.Context())
	out, done := &outputBuffer{}, make(chan error, 1)
	go func() { done <- initWith(answersFor(folder, listen), true).Run(ctx, out) }()
	out.waitForLine(t, "The checkout runs")

	link := out.waitForLine(t, `https://pay\.example\.com(/dashboard/links/\S+)`)
	answer, err := http.Get("http://" + listen + link)
	if err != nil {
		t.Fatal(err)
	}
	page, _ := io.ReadAll(answer.Body)
	_ = answer.Body.Close()
	if answer.StatusCode != http.StatusOK || !strings.Contains(string(page), "sokha@shop.example.com") {
		t.Errorf("the owner's invitation answers %s", answer.Status)
	}
	for _, want := range []string{"API key         sk_test_", "the key opens the database"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%q is not in\n%s", want, out)
		}
	}

	if doctor := strings.Index(out.String(), "the key opens the database"); doctor > strings.Index(out.String(), "sk_test_") {
		t.Errorf("the key is printed before what the doctor found, where nobody sees it:\n%s", out)
	}

	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
	for _, name := range []string{"rieltime.env", "rieltime.key", "merchant.yaml"} {
		if info, err := os.Stat(filepath.Join(folder, name)); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v, %v", name, info, err)
		}
	}
	mustRun(t, "check", "--data", filepath.Join(folder, "data"), "--key-file", filepath.Join(folder, "rieltime.key"))
}

func TestInitOverwritesNothing(t *testing.T) {
	folder, other := t.TempDir(), filepath.Join(t.TempDir(), "other")
	kept := filepath.Join(folder, "rieltime.key")
	if err := os.WriteFile(kept, []byte("kept"), 0o600); err != nil {
		t.Fatal(err)
	}

	answers := append([]string{folder}, answersFor(other, freeAddress(t))...)
	out := &outputBuffer{}
	if err := initWith(answers, false).Run(t.Context(), out); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if text, _ := os.ReadFile(kept); string(text) != "kept" || !strings.Contains(out.String(), "is not overwritten") {
		t.Errorf("the key is %q\n%s", text, out)
	}
	if _, err := os.Stat(filepath.Join(other, "rieltime.key")); err != nil {
		t.Error(err)
	}
}

func TestInitAsksAgainAndStopsWithoutAnswers(t *testing.T) {
	good := answersFor(filepath.Join(t.TempDir(), "new"), freeAddress(t))
	wrong := map[int][]string{1: {"", "pay.example.com", "https://pay.example.com/path"}, 2: {"nowhere"}, 3: {""}, 4: {"https://shop.example.com"}, 5: {"sokha"}}
	var answers []string
	for at, answer := range good {
		answers = append(append(answers, wrong[at]...), answer)
	}
	out := &outputBuffer{}
	if err := initWith(answers, false).Run(t.Context(), out); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}

	folder := filepath.Join(t.TempDir(), "unmade")
	if err := initWith([]string{folder, "https://pay.example.com"}, false).Run(t.Context(), io.Discard); err == nil {
		t.Error("init is content with two answers")
	}
	if _, err := os.Stat(folder); err == nil {
		t.Error("init made a folder though the answers ended")
	}
}

func TestMerchantIDComesFromTheName(t *testing.T) {
	for name, want := range map[string]string{"Psar Chas Shop": "psar-chas-shop", "ហាងកាហ្វេ": "shop", "Café 24/7!": "caf-24-7", "A": "shop"} {
		if got := merchantID(name); got != want {
			t.Errorf("%q becomes %q, want %q", name, got, want)
		}
	}
}
