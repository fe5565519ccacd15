// Package e2e tests the built binary from outside: a merchant's server over
// HTTP, a buyer in Chromium, a machine that loses power. It imports nothing of
// ours. Its tests carry the build tag e2e; `make e2e` builds the binary,
// installs what the browser needs and runs them.
//
// A failing test leaves screenshots, the pages' HTML and consoles and the server's log in
// e2e/artifacts/<test>/. With E2E_TRACES=1 it leaves Playwright's traces too (open them with
// `node node_modules/playwright-core/cli.js show-trace FILE`).
package e2e
