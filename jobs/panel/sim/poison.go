package sim

import "encoding/json"

// poison damages an answer's records: the middle one gets wrong types, the first one (of two or more) U+0000 in its
// texts. It treats an answer without a list as one record, and does not change a body that is not JSON.
func poison(body []byte) []byte {
	var whole any
	if json.Unmarshal(body, &whole) != nil {
		return body
	}
	records := recordsOf(whole)
	if len(records) > 1 {
		putNUL(records[0])
	}
	if len(records) > 0 {
		mistype(records[len(records)/2])
	}
	spoiled, err := json.Marshal(whole)
	if err != nil {
		return body
	}
	return spoiled
}

// recordsOf returns the records of an envelope's list, of a bare array of the User API, or the one object in data.
func recordsOf(whole any) []map[string]any {
	if envelope, ok := whole.(map[string]any); ok {
		whole = envelope["data"]
	}
	if data, ok := whole.(map[string]any); ok {
		list, ok := data["list"]
		if !ok {
			return []map[string]any{data}
		}
		whole = list
	}
	items, _ := whole.([]any)
	var records []map[string]any
	for _, item := range items {
		if record, ok := item.(map[string]any); ok {
			records = append(records, record)
		}
	}
	return records
}

// mistype keeps the id, so that a reader can name the record that it could not read.
func mistype(record map[string]any) {
	for name, value := range record {
		switch value.(type) {
		case float64:
			if name != "id" && name != "payment_id" && name != "service" {
				record[name] = map[string]any{"oops": true}
			}
		case string:
			record[name] = []any{"not", "a", "string"}
		case bool:
			record[name] = "maybe"
		}
	}
}

func putNUL(record map[string]any) {
	for _, name := range []string{"link", "user", "subject", "memo", "username", "name", "service_name"} {
		if s, ok := record[name].(string); ok {
			record[name] = s + "\x00"
		}
	}
}
