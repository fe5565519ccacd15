package bakongsim

// refusal makes an endpoint answer with an errorCode.
type refusal struct {
	Endpoint string `json:"endpoint"` // its last path element; empty: every one
	Code     int    `json:"error_code"`
	Count    int    `json:"count"` // how many requests; 0: until cleared
}

// takeRefusal returns the errorCode that a test ordered from an endpoint, and
// counts it. The lock is held.
func (s *Simulator) takeRefusal(name string) (code int, ordered bool) {
	for i := range s.refusals {
		r := &s.refusals[i]
		if r.Endpoint != "" && r.Endpoint != name {
			continue
		}

		code = r.Code
		if r.Count > 0 {
			if r.Count--; r.Count == 0 {
				s.refusals = append(s.refusals[:i], s.refusals[i+1:]...)
			}
		}

		return code, true
	}

	return 0, false
}
