package handlers

import (
	"net/url"
	"strings"
	"testing"
)

func TestAUserIsAddedAndThePasswordIsOnNoPage(t *testing.T) {
	t.Parallel()
	s := newTill(t)
	s.get("/users").expect(t, 200, `href="/users/new"`)
	s.get("/users/new").expect(t, 200, "Kept sealed")
	form := url.Values{"panel": {pathID(s.panel.ID)}, "username": {"carl"}, "email": {"carl"}, "password": {"open-sesame-77"}, "key": {"k"}}
	wrong := s.post("/users", form)
	wrong.expect(t, 422, `value="carl"`, "Enter an e-mail address")
	form.Set("email", "carl@mail.example")
	first := s.post("/users", form)
	first.expect(t, 303)
	if again := s.post("/users", form); again.Header.Get("Location") != first.Header.Get("Location") {
		t.Error("the same form twice made two users")
	}
	form.Set("password", "another-one")
	other := s.post("/users", form)
	other.expect(t, 422, "already sent this form with other values")
	form.Set("key", "k2")
	form.Set("password", "abc")
	s.post("/users", form).expect(t, 422, "at least 6 characters")
	for _, page := range []answer{wrong, other, s.get(first.Header.Get("Location")), s.get("/outbox"), s.get("/activity")} {
		if strings.Contains(page.Body, "open-sesame-77") || strings.Contains(page.Body, "another-one") {
			t.Error("a page shows the password")
		}
	}
}
