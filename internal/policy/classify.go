package policy

// Class tells what the policy declares a cookie to be: the index of its service,
// or one of the two values below.
type Class int

const (
	// ClassUndeclared is a cookie that no declaration covers.
	ClassUndeclared Class = -2
	// ClassNecessary is a cookie that needs no consent.
	ClassNecessary Class = -1
)

// Classify finds the declaration that covers a cookie's name. What is necessary
// is so whatever a service claims; among services the first that lists a name
// has it. A nameless cookie is always undeclared: servers could read its value
// as another cookie's name.
func (p *Policy) Classify(name string) Class {
	if name == "" {
		return ClassUndeclared
	}
	for _, pattern := range p.Necessary {
		if pattern.Match(name) {
			return ClassNecessary
		}
	}
	for i := range p.Services {
		for _, pattern := range p.Services[i].Cookies {
			if pattern.Match(name) {
				return Class(i)
			}
		}
	}
	return ClassUndeclared
}

// Allows tells whether a cookie of that class may pass, in either direction, where
// granted is what the visitor's choice grants.
func (p *Policy) Allows(c Class, granted Set) bool {
	switch c {
	case ClassNecessary:
		return true
	case ClassUndeclared:
		return p.PassUndeclared
	}
	return granted.Has(int(c))
}

// Service returns the index of the service with that id, -1 where there is none.
func (p *Policy) Service(id string) int {
	for i := range p.Services {
		if p.Services[i].ID == id {
			return i
		}
	}
	return -1
}

// Purpose returns the declaration of a purpose; a built-in one that the operator
// did not describe has no texts.
func (p *Policy) Purpose(id string) Purpose {
	for _, purpose := range p.Purposes {
		if purpose.ID == id {
			return purpose
		}
	}
	return Purpose{ID: id}
}

// PurposesInUse are those that a service has, in the order they are shown:
// built-in ones first, then the operator's as declared.
func (p *Policy) PurposesInUse() []string {
	ids := append([]string(nil), BuiltInPurposes...)
	for _, purpose := range p.Purposes {
		ids = append(ids, purpose.ID)
	}
	var used []string
	seen := make(map[string]bool)
	for _, id := range ids {
		for _, s := range p.Services {
			if s.Purpose == id && !seen[id] {
				seen[id] = true
				used = append(used, id)
			}
		}
	}
	return used
}

// StorageOwner is the declared service that keeps values under that key; Unknown where none does. The first that lists it
// has it.
func (p *Policy) StorageOwner(key string) Owner {
	for i := range p.Services {
		if matchesAny(p.Services[i].Storage, key) {
			return Owner(i)
		}
	}
	return Unknown
}
