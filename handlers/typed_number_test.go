package handlers

import (
	"strings"
	"testing"

	"masterpanel/models"
)

func TestTypedNumbersAreReadInOneWay(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"25,5": "25.5", "25.5": "25.5", "1,50": "1.5", "12.50": "12.5", "1500": "1500", "0,500": "0.5", "1,234.56": "1234.56", "1.234,56": "1234.56",
		"1,234,567": "1234567", "1 500": "1500", "1\u00a0500,5": "1500.5", "١٢٫٥": "12.5", "\u200b7\u200f": "7", "1234,567": "1234.567",
		"1,500": "“1,500” may be 1500 or 1.5: write 1500 or 1.5.", "1.500": "“1.500” may be 1500 or 1.5: write 1500 or 1.5.",
		"1.255": "“1.255” may be 1255 or 1.255: write 1255 or 1.2550.",
		"":      askNumber, "-5": askNumber, "12,34.5": askNumber, "1,2,3": askNumber, "5e3": askNumber, "five": askNumber, "1 50": askNumber,
	} {
		n, problem := readNumber(text)
		got := problem
		if problem == "" {
			got = n.String()
		}
		if got != want {
			t.Errorf("%q is read as %q, want %q", text, got, want)
		}
	}
}

func TestOneOrderAndManyReadATypedNumberAlike(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{"1,50": askWhole, "1,500": "may be 1500 or 1.5", "1.500": "may be 1500 or 1.5", "x": askWhole, "": askWhole,
		"99999999999999999999": "too large. The maximum is 9,223,372,036,854,775,807", "1500": "", "1 500": ""} {
		for _, kind := range []models.ActionKind{models.KindSetPartial, models.KindSetRemains, models.KindSetStartCount} {
			one := orderFields{Kind: string(kind), Remains: text, StartCount: text}
			one.action(models.Key{PanelID: 1, ID: 1})
			many := workbenchInput{Kind: string(kind), Remains: text, StartCount: text}.problems()
			field := "remains"
			if kind == models.KindSetStartCount {
				field = "start_count"
			}
			if one.problems[field] != many[field] || !strings.Contains(many[field], want) || want == "" && many[field] != "" {
				t.Errorf("%s of %q: one order says %q and many say %q, want %q", kind, text, one.problems[field], many[field], want)
			}
		}
	}
}
