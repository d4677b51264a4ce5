package panel_test

import (
	"net/http"
	"testing"

	"masterpanel/jobs/panel"
)

func TestBulkResultNamesEveryID(t *testing.T) {
	tests := []struct {
		data                   string
		done, skipped, missing []int64
	}{
		{`{"ids":[1],"status":"completed","skipped_ids":[2]}`, []int64{1}, []int64{2}, []int64{3}},
		{`{"ids":[1,2,3],"skipped_ids":[2]}`, []int64{1, 3}, []int64{2}, nil},
		{`{"ids":["1","3"],"skipped_ids":null}`, []int64{1, 3}, nil, []int64{2}},
		{`{"ids":"1,2,3"}`, []int64{1, 2, 3}, nil, nil},
		{`{"ids":3}`, []int64{3}, nil, []int64{1, 2}},
		{`{"ids":[9,1]}`, []int64{1}, nil, []int64{2, 3}},
		{`{"IDS":[1,2,3]}`, nil, nil, []int64{1, 2, 3}},
		{`{}`, nil, nil, []int64{1, 2, 3}},
		{`[]`, nil, nil, []int64{1, 2, 3}},
		{`null`, nil, nil, []int64{1, 2, 3}},
	}
	for _, tt := range tests {
		s := answering(t, http.StatusOK, ok(tt.data))
		got, err := client(t, s.URL).Cancel(t.Context(), []int64{1, 2, 3}, "")
		if err != nil || line(got) != line(panel.BulkResult{Done: tt.done, Skipped: tt.skipped, Missing: tt.missing}) {
			t.Errorf("%s: %+v, %v, want %v %v %v", tt.data, got, err, tt.done, tt.skipped, tt.missing)
		}
	}
	for _, data := range []string{`{"ids":[{"id":1}]}`, `{"ids":{}}`, `{"ids":"all"}`, `{"ids":true}`, `{"ids":[1],"ids":[2]}`, `{"ids":[-1]}`} {
		s := answering(t, http.StatusOK, ok(data))
		_, err := client(t, s.URL).Cancel(t.Context(), []int64{1}, "")
		if e := asError(t, err); e.Class != panel.ErrShape || !e.Sent {
			t.Errorf("%s: %v, want ErrShape", data, err)
		}
	}
}

func TestUpdatesFailOneByOneUnderStatus200(t *testing.T) {
	s := answering(t, http.StatusOK, ok(`{"orders":[
	  {"id":1,"success":true},
	  {"id":2,"success":false,"message":"Remains update is not allowed","error_code":12},
	  {"id":3,"success":false,"error_message":"Other words"},
	  {"id":4},
	  {"id":5,"success":true},{"id":5,"success":false},
	  {"id":6,"success":false},{"id":6,"success":true},
	  {"id":"7","success":"1"},
	  {"id":9,"success":"perhaps"}]}`))
	updates := make([]panel.OrderUpdate, 9)
	for i := range updates {
		updates[i].ID = int64(i + 1)
	}
	got, err := client(t, s.URL).UpdateOrders(t.Context(), updates)
	if err != nil {
		t.Fatal(err)
	}
	want := []struct {
		class error
		words string
	}{
		{nil, ""}, {panel.ErrRefused, "Remains update is not allowed"}, {panel.ErrRefused, "Other words"}, {panel.ErrShape, "success: missing"},
		{panel.ErrRefused, ""}, {panel.ErrRefused, ""}, {nil, ""}, {panel.ErrShape, "the answer does not mention it"}, {panel.ErrShape, "success: not yes or no"},
	}
	for i, w := range want {
		if got[i].ID != int64(i+1) {
			t.Errorf("result %d is about order %d", i, got[i].ID)
		}
		if w.class == nil {
			if got[i].Err != nil {
				t.Errorf("order %d: %v", i+1, got[i].Err)
			}
			continue
		}
		if e := asError(t, got[i].Err); e.Class != w.class || e.Words != w.words {
			t.Errorf("order %d: %v, want %v %q", i+1, e, w.class, w.words)
		}
	}
	if e := asError(t, got[1].Err); e.Code != 12 || !e.Sent {
		t.Errorf("got %+v, want code 12", e)
	}
}

func TestUpdateAnswersWithoutItems(t *testing.T) {
	s := answering(t, http.StatusOK, ok(`[]`))
	got, err := client(t, s.URL).UpdateOrders(t.Context(), []panel.OrderUpdate{{ID: 1}})
	if err != nil || len(got) != 1 || asError(t, got[0].Err).Class != panel.ErrShape {
		t.Errorf("got %+v, %v, want one result of class ErrShape", got, err)
	}
	for _, data := range []string{`{}`, `null`, `{"orders":{}}`, `{"orders":[5]}`, `{"orders":[{"success":true}]}`} {
		s := answering(t, http.StatusOK, ok(data))
		_, err := client(t, s.URL).UpdateOrders(t.Context(), []panel.OrderUpdate{{ID: 1}})
		if e := asError(t, err); e.Class != panel.ErrShape || !e.Sent {
			t.Errorf("%s: %v, want ErrShape", data, err)
		}
	}
}

func TestTasksInEveryForm(t *testing.T) {
	s := answering(t, http.StatusOK, ok(`[{"id":1,"order_id":2,"remains":3},{"order_id":4},{"id":5,"remains":null},{"remains":1}]`))
	p, err := decoded(client(t, s.URL).PullCancels(t.Context(), nil, 0))
	if err != nil || len(p.Items) != 3 || len(p.Bad) != 1 {
		t.Fatalf("got %+v, %v", p, err)
	}
	for i, want := range []string{"1 2 true", "4 4 false", "5 5 false"} {
		if got := line(p.Items[i].ID, p.Items[i].OrderID, p.Items[i].Remains != nil); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
	s = answering(t, http.StatusOK, ok(`{"count":2,"list":[{"id":1,"order_id":2,"status":"pending"},{"refill_id":"3"}]}`))
	r, err := decoded(client(t, s.URL).PullRefills(t.Context(), nil, 0))
	if err != nil || len(r.Items) != 2 || r.Items[0].OrderID != 2 || r.Items[0].Status != "pending" || r.Items[1].ID != 3 {
		t.Errorf("got %+v, %v", r, err)
	}
}
