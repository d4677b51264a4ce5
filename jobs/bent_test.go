package jobs

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"sync/atomic"

	"masterpanel/models"
)

// record is one record of a panel's list.
type record = map[string]any

// bent changes the records of lists on their way to the client, until it is healed.
type bent struct {
	path   string
	bend   func([]record) []record
	healed atomic.Bool
}

func (b *bent) heal() { b.healed.Store(true) }

func (b *bent) RoundTrip(r *http.Request) (*http.Response, error) {
	response, err := http.DefaultTransport.RoundTrip(r)
	if err != nil || b.healed.Load() || !strings.HasPrefix(r.URL.Path, b.path) {
		return response, err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		return nil, err
	}
	var whole struct {
		Data struct {
			Count int      `json:"count"`
			List  []record `json:"list"`
		} `json:"data"`
		Pagination any `json:"pagination"`
	}
	if json.Unmarshal(body, &whole) == nil && whole.Data.List != nil {
		whole.Data.List = b.bend(whole.Data.List)
		body, err = json.Marshal(whole)
	}
	response.Body, response.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	response.Header.Del("Content-Length")
	return response, err
}

// trouble returns the problems that the loops of a stream report about its list.
func (b *bench) trouble(key models.StreamKey) string {
	b.Helper()
	return b.text("SELECT coalesce(string_agg(nullif(trouble, ''), ' ' ORDER BY loop), '') FROM stream_loops WHERE panel_id = $1 AND resource = $2", key.PanelID, key.Resource)
}
