package sim

import "time"

// profile holds the properties in which shops differ.
type profile struct {
	languages []string // languages of its customers; repeated ones are more frequent
	currency  string
	perDollar int64 // price of one dollar, in hundredths of the currency
	zone      *time.Location
	orders    int64 // first order id
	others    int64 // base of the first ids of all other kinds
	methods   []string
	staff     []string
	providers []string
}

// profiles returns the kinds of shop. A panel's seed picks one, so panels with neighbouring seeds differ.
func profiles() []profile {
	zone := func(name string, hours float64) *time.Location {
		return time.FixedZone(name, int(hours*3600))
	}
	return []profile{
		{languages: []string{"en", "en", "tr", "ar", "es", "de"}, currency: "USD", zone: zone("UTC+3", 3), orders: 548_211, others: 2_140},
		{languages: []string{"tr", "tr", "tr", "tr", "en", "ru"}, currency: "TRY", zone: zone("UTC+3", 3), orders: 1_904_377, others: 11_872},
		{languages: []string{"hi", "hi", "ur", "ur", "en", "ar"}, currency: "INR", zone: zone("UTC+5:30", 5.5), orders: 7_310_054, others: 30_561},
		{languages: []string{"pt", "pt", "es", "es", "en", "fr"}, currency: "BRL", zone: zone("UTC-3", -3), orders: 203_918, others: 970},
		{languages: []string{"ru", "ar", "en", "id", "fr", "de"}, currency: "EUR", zone: zone("UTC+1", 1), orders: 3_077_640, others: 18_204},
		{languages: []string{"id", "id", "en", "hi", "ar", "ru"}, currency: "USD", zone: zone("UTC+7", 7), orders: 906_386, others: 5_417},
	}
}

func perDollar(currency string) int64 {
	switch currency {
	case "EUR":
		return 92
	case "TRY":
		return 4100
	case "INR":
		return 8600
	case "BRL":
		return 540
	}
	return 100
}

func paymentMethods() []string {
	return []string{"Cryptomus", "Stripe", "Binance Pay", "Payeer", "Perfect Money", "PayTR", "Bank Transfer", "Bonus"}
}

func staffNames() []string {
	return []string{"support", "kainat", "huseyin", "maria", "Ahmed", "Support Team"}
}

// providerNames returns domains under .example, which is reserved.
func providerNames() []string {
	return []string{
		"smmking.example", "followerz.example", "boostline.example", "peakpanel.example", "justlikes.example",
		"socialwave.example", "growmax.example", "panelhub.example", "fastsmm.example",
	}
}

// newProfile returns the seed's kind of shop. Currency and zone from the options override it.
func newProfile(o Options, w *world) profile {
	all := profiles()
	p := all[o.Seed%uint64(len(all))]
	if o.Currency != "" {
		p.currency = o.Currency
	}
	if o.Zone != nil {
		p.zone = o.Zone
	}
	p.perDollar = perDollar(p.currency)
	p.orders += w.rng.Int64N(40_000)
	p.others += w.rng.Int64N(900)
	p.methods = paymentMethods()
	p.staff = shuffled(w, staffNames())[:3]
	p.providers = shuffled(w, providerNames())[:3+w.rng.IntN(3)]
	return p
}
