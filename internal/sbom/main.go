// Command sbom prints what a built binary of rieltime contains, as a CycloneDX 1.5
// document (https://cyclonedx.org/docs/1.5/json/): the Go modules that the binary itself
// names, and the browser assets of package-lock.json. The same binary always gives the
// same document, so that it has no date and no serial number.
package main

import (
	"debug/buildinfo"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
)

func main() {
	if len(os.Args) != 4 {
		fmt.Fprintln(os.Stderr, "usage: sbom BINARY VERSION PACKAGE-LOCK")
		os.Exit(2)
	}
	if err := run(os.Stdout, os.Args[1], os.Args[2], os.Args[3]); err != nil {
		fmt.Fprintln(os.Stderr, "sbom:", err)
		os.Exit(1)
	}
}

type component struct {
	Type    string `json:"type"`
	Name    string `json:"name"`
	Version string `json:"version"`
	PURL    string `json:"purl,omitempty"`
}

func run(w io.Writer, binary, version, lock string) error {
	info, err := buildinfo.ReadFile(binary)
	if err != nil {
		return err
	}

	components := []component{{"library", "std", strings.TrimPrefix(info.GoVersion, "go"), "pkg:golang/std@" + strings.TrimPrefix(info.GoVersion, "go")}}
	for _, module := range info.Deps {
		if module.Replace != nil {
			module = module.Replace
		}
		components = append(components, component{"library", module.Path, module.Version, "pkg:golang/" + module.Path + "@" + module.Version})
	}

	asset, err := embedded(lock, "htmx.org")
	if err != nil {
		return err
	}

	encoder := json.NewEncoder(w)
	encoder.SetIndent("", "  ")
	return encoder.Encode(map[string]any{
		"bomFormat": "CycloneDX", "specVersion": "1.5", "version": 1,
		"metadata":   map[string]any{"component": component{"application", "rieltime", version, ""}},
		"components": append(components, asset),
	})
}

// embedded returns a package of the lock file that is served to browsers.
func embedded(lock, name string) (component, error) {
	text, err := os.ReadFile(lock)
	if err != nil {
		return component{}, err
	}
	var file struct {
		Packages map[string]struct{ Version string }
	}
	if err := json.Unmarshal(text, &file); err != nil {
		return component{}, err
	}

	version := file.Packages["node_modules/"+name].Version
	if version == "" {
		return component{}, fmt.Errorf("%s has no package %s", lock, name)
	}
	return component{"library", name, version, "pkg:npm/" + name + "@" + version}, nil
}
