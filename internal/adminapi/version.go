package adminapi

import "runtime/debug"

const module = "github.com/caddy-consent/caddy-consent"

// ModuleVersion is the version of this module in the binary.
func ModuleVersion() string {
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
