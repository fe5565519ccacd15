//go:build e2e

package e2e

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"

	"github.com/playwright-community/playwright-go"
)

var errNoTools = errors.New("the browser tests need Node.js, Playwright's driver and Chromium: run `make browser`")

// chromium is the one browser of a run, started by the first test that needs
// it; every buyer has a context of its own in it.
var chromium = sync.OnceValues(func() (playwright.Browser, error) {
	browser, err := launchChromium()
	if err != nil {
		return nil, fmt.Errorf("%w (%w)", errNoTools, err)
	}
	return browser, nil
})

// driver is Playwright's own process, once chromium has started it.
var driver *playwright.Playwright

func launchChromium() (playwright.Browser, error) {
	if err := findDriver(); err != nil {
		return nil, err
	}

	var err error
	if driver, err = playwright.Run(); err != nil {
		return nil, err
	}

	executable, err := findChromium(driver.Chromium.ExecutablePath())
	if err != nil {
		return nil, err
	}

	return driver.Chromium.Launch(playwright.BrowserTypeLaunchOptions{
		ExecutablePath: playwright.String(executable),
		Args: []string{
			"--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
			"--disable-background-networking", "--disable-component-update", "--disable-sync",
			"--disable-features=LocalNetworkAccessChecks", // pages made up by a test have no address of their own
		},
	})
}

// findDriver tells playwright-go to use the driver from the npm lock file and
// the system's Node.js, unless the environment names others.
func findDriver() error {
	if os.Getenv("PLAYWRIGHT_NODEJS_PATH") == "" {
		node, err := exec.LookPath("node")
		if err != nil {
			return err
		}
		if err := os.Setenv("PLAYWRIGHT_NODEJS_PATH", node); err != nil {
			return err
		}
	}

	if os.Getenv("PLAYWRIGHT_DRIVER_PATH") == "" {
		path, err := filepath.Abs("../.tools/playwright")
		if err != nil {
			return err
		}
		if err := os.Setenv("PLAYWRIGHT_DRIVER_PATH", path); err != nil {
			return err
		}
	}

	_, err := os.Stat(filepath.Join(os.Getenv("PLAYWRIGHT_DRIVER_PATH"), "package", "cli.js"))
	return err
}

// findChromium looks for CHROMIUM, then the system's browsers, then the one
// that Playwright has installed. The headless shell is the same browser without the
// windows of its own that nobody sees, at half the cost.
func findChromium(installedByPlaywright string) (string, error) {
	if path := os.Getenv("CHROMIUM"); path != "" {
		return path, nil
	}
	for _, name := range []string{"chromium-headless-shell", "chromium", "chromium-browser", "google-chrome", "google-chrome-stable"} {
		if path, err := exec.LookPath(name); err == nil {
			return path, nil
		}
	}
	_, err := os.Stat(installedByPlaywright)
	return installedByPlaywright, err
}

func closeChromium() {
	if driver == nil {
		return
	}
	if err := driver.Stop(); err != nil {
		fmt.Fprintln(os.Stderr, "stop Playwright:", err)
	}
}
