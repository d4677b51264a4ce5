package sim

import (
	"fmt"
	"strconv"
	"strings"
)

// kindOfService is one line of corpus/services.txt.
type kindOfService struct {
	network, what, shape, serviceType string
	low, high                         float64 // USD per 1,000
	min, max                          int64
	flags                             string
}

func serviceKinds() []kindOfService {
	var kinds []kindOfService
	for line := range strings.Lines(corpusFile("services")) {
		f := strings.Split(strings.TrimSpace(line), "|")
		if strings.HasPrefix(line, "#") || len(f) != 9 {
			continue
		}
		k := kindOfService{network: f[0], what: f[1], shape: f[2], serviceType: f[3], flags: f[8]}
		k.low, _ = strconv.ParseFloat(f[4], 64)
		k.high, _ = strconv.ParseFloat(f[5], 64)
		k.min, _ = strconv.ParseInt(f[6], 10, 64)
		k.max, _ = strconv.ParseInt(f[7], 10, 64)
		kinds = append(kinds, k)
	}
	return kinds
}

// stockCatalogue picks the panel's services: two to four of each kind, at different qualities.
func (w *world) stockCatalogue() {
	id := w.between(1, 900)
	for _, kind := range serviceKinds() {
		if len(w.services.rows) > 20 && w.chance(0.2) {
			continue
		}
		for range w.between(2, 4) {
			id += w.between(1, 3)
			w.services.add(w.newService(id, kind))
		}
	}
}

func (w *world) newService(id int64, k kindOfService) *Service {
	quality := w.rng.Float64()
	dollars := k.low + (k.high-k.low)*quality*quality
	s := &Service{
		ID: id, Category: category(k), Type: k.serviceType, Min: k.min, Max: k.max, shape: k.shape,
		Rate:   Money(dollars*float64(w.profile.perDollar)*10) * (Unit / 1000),
		Refill: strings.Contains(k.flags, "r") && w.chance(0.7),
		Cancel: strings.Contains(k.flags, "c") && w.chance(0.8),
	}
	s.Rate = max(s.Rate, Unit/1000)
	if !strings.Contains(k.flags, "m") || w.chance(0.45) {
		s.Provider = w.profile.providers[w.skewed(len(w.profile.providers), 1.6)]
		s.Cost = s.Rate.share(w.between(52, 86), 100)
	}
	s.Name = w.serviceName(s, k, quality)
	return s
}

func category(k kindOfService) string {
	icon := map[string]string{"Instagram": "📸 ", "TikTok": "🎵 ", "YouTube": "▶️ ", "Telegram": "✈️ "}[k.network]
	return icon + k.network + " " + k.what
}

// serviceName makes a name in the style of panels: "Instagram Followers | HQ | Max 500K | R30 ♻️ | 20K/day".
func (w *world) serviceName(s *Service, k kindOfService, quality float64) string {
	parts := []string{k.network + " " + k.what}
	if s.Type == typePackage {
		return parts[0] + " | " + pick(w, []string{"Starter", "Basic", "Pro", "Agency"})
	}
	grades := []string{"Mixed", "Cheapest", "HQ", "Real Users", "Premium ⭐", "Old Accounts", "Exclusive 🔥"}
	parts = append(parts, grades[int(quality*float64(len(grades)))], "Max "+short(s.Max))
	if s.Refill {
		parts = append(parts, fmt.Sprintf("R%d ♻️", pick(w, []int{30, 60, 90, 365})))
	} else if strings.Contains(k.flags, "r") {
		parts = append(parts, "No Refill ⚠️")
	}
	parts = append(parts, short(pick(w, []int64{1_000, 5_000, 10_000, 20_000, 50_000, 100_000}))+"/day")
	if s.Cancel && w.chance(0.4) {
		parts = append(parts, "Cancel Button")
	}
	return strings.Join(parts, " | ")
}

// short formats 500000 as 500K.
func short(n int64) string {
	switch {
	case n >= 1_000_000 && n%100_000 == 0:
		return strconv.FormatFloat(float64(n)/1e6, 'f', -1, 64) + "M"
	case n >= 1_000 && n%100 == 0:
		return strconv.FormatFloat(float64(n)/1e3, 'f', -1, 64) + "K"
	}
	return strconv.FormatInt(n, 10)
}
