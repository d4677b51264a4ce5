package models_test

import (
	"testing"

	"github.com/shopspring/decimal"

	"masterpanel/models"
	"masterpanel/models/modelstest"
)

// sameReferences and otherReferences are pairs of memos. The first are variants of one memo by customers and panels.
var (
	sameReferences = [][2]string{
		{"TXN-88ab-1177", "TXN-88ab-1177"}, {"TXN-88ab-1177", "txn-88ab-1177"}, {"TXN-88ab-1177", "TXN-88AB-1177"},
		{"TXN-88ab-1177", "TXN-88ab-1177."}, {"TXN-88ab-1177", "ref TXN-88ab-1177"}, {"ABCD-112233", "abcd-112233"},
		{"PAY 445566", "PAY 445566 "}, {"TXN 88ab 1177", "TXN-88ab-1177"}, {"TXN-88ab-1177 MPABCDEF2345", "txn88ab1177"},
		{"ödeme ÖD-12345", "Od " + "öd-12345"}, {"thanks", "Thanks!"},
	}
	otherReferences = [][2]string{
		{"TXN-88ab-1177", "TXN-88ab-1178"}, {"PAY 445566", "PAY 4455667"}, {"bonus 5", "gift 5"}, {"", ""}, {"!!", "??"},
		{"a MPABCDEF2345", "b MPABCDEF2346"}, {"order done", "refund done"},
	}
)

func TestReferencesCompareByLettersAndDigitsOnly(t *testing.T) {
	t.Parallel()
	for _, pair := range sameReferences {
		if !models.SameMemo(pair[0], pair[1]) || !models.SameMemo(pair[1], pair[0]) {
			t.Errorf("%q and %q differ, want the same", pair[0], pair[1])
		}
	}
	for _, pair := range otherReferences {
		if models.SameMemo(pair[0], pair[1]) {
			t.Errorf("%q and %q are the same, want them to differ", pair[0], pair[1])
		}
	}
}

func TestOurReferenceIsFoundInWhatAPanelMakesOfAMemo(t *testing.T) {
	t.Parallel()
	for _, memo := range []string{"thanks MPABCDEF2345", "THANKS mpabcdef2345.", "thanks_MPABC-DEF2345 (by admin)", "MPABCDEF2345"} {
		if !models.CarriesReference(memo, "MPABCDEF2345") {
			t.Errorf("%q does not carry it", memo)
		}
	}
	for _, memo := range []string{"", "thanks MPABCDEF234", "thanks MPABCDEF2346"} {
		if models.CarriesReference(memo, "MPABCDEF2345") {
			t.Errorf("%q carries it", memo)
		}
	}
}

func TestAReceiptCountsOnlyIfItNamesOurPayment(t *testing.T) {
	t.Parallel()
	amount := func(s string) decimal.NullDecimal { return decimal.NewNullDecimal(decimal.RequireFromString(s)) }
	a := models.PanelAction{Kind: models.KindAddPayment, TargetName: "Anna", Reference: "MPABCDEF2345",
		Payload: models.ActionPayload{Amount: amount("12.5"), Memo: "thanks"}}
	for _, tt := range []struct {
		receipt models.PaymentSeen
		want    bool
	}{
		{models.PaymentSeen{ID: 1, User: "Anna", Amount: amount("12.5"), Memo: "thanks MPABCDEF2345"}, true},
		{models.PaymentSeen{ID: 1, User: "anna"}, true},
		{models.PaymentSeen{ID: 1, Amount: amount("12.5000")}, true},
		{models.PaymentSeen{ID: 1, Memo: "mpabcdef2345"}, true},
		{models.PaymentSeen{ID: 1, User: "anna", Memo: "thanks mp"}, true},
		{models.PaymentSeen{ID: 1}, false},
		{models.PaymentSeen{User: "anna", Amount: amount("12.5")}, false},
		{models.PaymentSeen{ID: 1, User: "bert", Amount: amount("12.5")}, false},
		{models.PaymentSeen{ID: 1, User: "anna", Amount: amount("12.51")}, false},
		{models.PaymentSeen{ID: 1, User: "anna", Memo: "thanks MPABCDEF2346"}, false},
		{models.PaymentSeen{ID: 1, Memo: "thanks mp"}, false},
		{models.PaymentSeen{}, false},
	} {
		if got := a.Believes(tt.receipt); got != tt.want {
			t.Errorf("%+v: believed %v, want %v", tt.receipt, got, tt.want)
		}
	}
}

func TestAPaymentInTheListIsOursOnlyIfItMayBe(t *testing.T) {
	t.Parallel()
	amount := func(s string) decimal.NullDecimal { return decimal.NewNullDecimal(decimal.RequireFromString(s)) }
	asked := modelstest.Start()
	a := models.PanelAction{Kind: models.KindAddPayment, TargetName: "Anna", Reference: "MPABCDEF2345", ReceiptID: 77, CreatedAt: asked,
		Payload: models.ActionPayload{Amount: amount("12.5"), Memo: "Company bank wire"}}
	for name, tt := range map[string]struct {
		seen models.PaymentSeen
		want models.Likeness
	}{
		"our memo":                           {models.PaymentSeen{ID: 1, User: "anna", Amount: amount("12.5"), Memo: "Company bank wire MPABCDEF2345"}, models.Ours},
		"the reference alone":                {models.PaymentSeen{ID: 1, Memo: "mpabcdef2345."}, models.Ours},
		"words joined by the panel":          {models.PaymentSeen{ID: 1, User: "anna", Memo: "companybankwirempabcdef2345"}, models.Ours},
		"our memo, cut":                      {models.PaymentSeen{ID: 1, User: "anna", Amount: amount("12.5"), Memo: "Company bank wire MPABC"}, models.Cut},
		"the reference, the user renamed":    {models.PaymentSeen{ID: 1, User: "anna_new", Amount: amount("12.5"), Memo: "for MPABCDEF2345"}, models.Ours},
		"the reference beside other money":   {models.PaymentSeen{ID: 1, User: "bert", Amount: amount("1.11"), Memo: "for MPABCDEF2345"}, models.Stranger},
		"a memo that ends with another one":  {models.PaymentSeen{ID: 1, User: "anna", Amount: amount("12.5"), Memo: "again MPABCDEF2345 MPZZZZZZ2345"}, models.Stranger},
		"the receipt's id":                   {models.PaymentSeen{ID: 77, User: "anna", Amount: amount("12.5"), At: asked}, models.Ours},
		"the receipt's id, a month old":      {models.PaymentSeen{ID: 77, User: "anna", Amount: amount("12.5"), At: asked.AddDate(0, -1, 0)}, models.Stranger},
		"other words with letters like ours": {models.PaymentSeen{ID: 1, User: "anna", Amount: amount("12.5"), Memo: "Compensation for refill"}, models.Candidate},
	} {
		if got := a.Likeness(tt.seen); got != tt.want {
			t.Errorf("%s: likeness %d, want %d", name, got, tt.want)
		}
	}
}
