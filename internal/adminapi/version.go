package adminapi

import "runtime/debug"

const module = "github.com/caddy-consent/caddy-consent"

// release is the version of a released binary; .ci/release sets it as it links.
var release string

// ModuleVersion is the version of this module in the binary: a release's own, else what Go knows of it.
func ModuleVersion() string {
	if release != "" {
		return release
	}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	if info.Main.Path == module {
		return info.Main.Version
	}
	for _, dependency := range info.Deps {
		if dependency.Path == module {
			return dependency.Version
		}
	}
	return "unknown"
}
