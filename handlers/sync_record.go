package handlers

import (
	"bytes"
	"encoding/json"
	"regexp"
	"slices"
	"strings"

	"masterpanel/models"
)

// notMoney lists the record fields that hold no amount, so people without "See money" may see their values. An unknown
// field may hold an amount, so it is hidden from them.
var notMoney = strings.Fields(`id payment_id service order_id external_id user user_id username email creation_type link start_count quantity
	service_id service_type service_name provider status remains is_autocomplete is_active_autocomplete created created_timestamp
	last_update last_update_timestamp last_auth last_auth_timestamp mode ip_address subject assignee is_read message messages sender_name
	is_staff method memo fraud_risk risk_level risk name type category min max refill cancel dripfeed level score`)

const (
	hiddenMoney = "(hidden: See money)"
	hiddenEmail = "(hidden: See e-mails)"
)

var anyEmail = regexp.MustCompile(`[^\s"'<>,;:()]+@[^\s"'<>,;:()]+`)

// shownRecord returns a record as text without the values that the viewer may not see, and a sentence about the hidden
// parts. A record that is not valid JSON, or is truncated, cannot be filtered; only viewers with all rights see it.
func shownRecord(v models.Viewer, raw []byte) (text, hidden string) {
	money, emails := v.Can(models.PermSeeMoney), v.Can(models.PermSeeEmails)
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.UseNumber()
	var value any
	switch err := decoder.Decode(&value); {
	case err != nil && !(money && emails):
		return "", "Masterpanel cannot parse this record, so it cannot hide single values in it. To see it, you need “See money” and “See e-mails”."
	case err != nil:
		return strings.ToValidUTF8(string(raw), "\uFFFD"), ""
	}
	pretty, err := json.MarshalIndent(veiled(value, money, emails), "", "  ")
	if err != nil {
		return "", "This record cannot be shown."
	}
	var missing []string
	if !money {
		missing = append(missing, "“See money”")
	}
	if !emails {
		missing = append(missing, "“See e-mails”")
	}
	if len(missing) > 0 {
		hidden = "Some values are hidden, because you do not have " + strings.Join(missing, " and ") + "."
	}
	return unescapedJSON(string(pretty)), hidden
}

// veiled returns a decoded record without the values that the permissions hide. It recurses into lists and objects. A
// plain value is inside a field that is visible.
func veiled(value any, money, emails bool) any {
	switch value := value.(type) {
	case string:
		if !emails {
			return anyEmail.ReplaceAllString(value, hiddenEmail)
		}
	case []any:
		for i := range value {
			value[i] = veiled(value[i], money, emails)
		}
	case map[string]any:
		shown := make(map[string]any, len(value))
		for name, inner := range value {
			if !emails {
				name = anyEmail.ReplaceAllString(name, hiddenEmail)
			}
			switch {
			case !money && !slices.Contains(notMoney, name):
				shown[name] = hiddenMoney
			case !emails && strings.Contains(strings.ToLower(name), "mail"):
				shown[name] = hiddenEmail
			default:
				shown[name] = veiled(inner, money, emails)
			}
		}
		return shown
	}
	return value
}

// unescapedJSON reverts the HTML escapes of encoding/json, because the template escapes the text too.
func unescapedJSON(text string) string {
	return strings.NewReplacer(`\u003c`, "<", `\u003e`, ">", `\u0026`, "&").Replace(text)
}
