// Package debian tests the Debian package that make release builds for this machine: what
// is in it, and that dpkg installs, upgrades, removes and purges it, in a root of its own.
package debian
