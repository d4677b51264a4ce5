package handlers

import (
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gofiber/fiber/v2"

	"masterpanel/models"
	"masterpanel/models/modelstest"
)

// people are the users of the walk, in the order of a walked route's statuses. The owner works on all panels, the
// outsider on the other one, the rest on ours. Blind is an admin without the rights to see money and e-mails.
var people = []string{"owner", "admin", "blind", "agent", "viewer", "outsider", "stranger"}

type statuses [7]int

// These are the statuses of most routes. A stranger's 303 redirects to the login.
var (
	all        = statuses{200, 200, 200, 200, 200, 200, 303}
	allWrite   = statuses{303, 303, 303, 303, 303, 303, 303}
	ours       = statuses{200, 200, 200, 200, 200, 404, 303}
	managers   = statuses{200, 200, 200, 403, 403, 403, 303}
	managed    = statuses{200, 200, 200, 403, 403, 403, 303} // one of our panels; the outsider manages none
	managing   = statuses{303, 303, 303, 403, 403, 403, 303}
	wrong      = statuses{422, 422, 422, 403, 403, 403, 303}
	memberSeen = statuses{200, 200, 403, 403, 403, 403, 303} // the agent has rights that blind lacks, so blind cannot change the agent
	memberSet  = statuses{303, 303, 403, 403, 403, 403, 303}
	memberErr  = statuses{422, 422, 403, 403, 403, 403, 303}
	adders     = statuses{200, 200, 200, 403, 403, 403, 303} // the right to add payments
	noProposal = statuses{404, 404, 404, 403, 403, 403, 303}
	desk       = statuses{303, 303, 303, 303, 403, 404, 303} // one of our panel's tickets
	missing    = statuses{404, 404, 404, 404, 404, 404, 303}
	workers    = statuses{200, 200, 200, 200, 403, 200, 303} // the right to act on orders
	nobody     = statuses{404, 404, 404, 404, 404, 404, 404}
)

// walked is a route with its response status for each person. path is one of its addresses, "" for the route itself.
// fragments are the DOM IDs that htmx can request alone.
type walked struct {
	path      string
	form      url.Values
	want      statuses
	fragments []string
}

func list(noun string) walked { return walked{want: all, fragments: []string{noun + "-list"}} }

func detail(noun string) walked {
	return walked{want: ours, fragments: []string{"side", noun + "-detail"}}
}

// file is a list as a file, for owners and admins.
var file = walked{want: managers}

// chosen is one column of all visible rows.
var chosen = walked{form: url.Values{"all": {"1"}, "what": {"ids"}}, want: all}

func filter(name string) walked {
	return walked{path: name, want: all, fragments: []string{"options"}}
}

// walk holds every route. A missing route fails the test, so that the author of a new route must say who can use it.
var walk = map[string]walked{
	"GET /healthz":      {want: statuses{200, 200, 200, 200, 200, 200, 200}},
	"GET /readyz":       {want: statuses{200, 200, 200, 200, 200, 200, 200}},
	"GET /static/:name": {path: "/static/none", want: nobody},

	"GET /login":          {want: statuses{303, 303, 303, 303, 303, 303, 200}},
	"POST /login":         {want: statuses{422, 422, 422, 422, 422, 422, 422}},
	"GET /login/code":     {want: allWrite},
	"POST /login/code":    {want: allWrite},
	"GET /invite/:token":  {path: "/invite/none", want: nobody},
	"POST /invite/:token": {path: "/invite/none", want: nobody},

	"GET /":              {want: all, fragments: []string{"home-overview"}},
	"GET /badges":        {want: all},
	"GET /freshness":     {want: all, fragments: []string{"freshness"}},
	"POST /sync/refresh": {want: allWrite},
	"POST /panels":       {want: allWrite},
	"GET /search":        {path: "/search?q=1", want: all, fragments: []string{"palette-results"}},
	"POST /search":       {form: url.Values{"q": {"anna"}}, want: statuses{204, 204, 204, 204, 204, 204, 303}},

	"POST /orders/columns":                            {form: url.Values{"order": {"id", "charge", "email"}}, want: allWrite},
	"GET /orders":                                     list("orders"),
	"GET /orders.csv":                                 file,
	"POST /orders.csv":                                file,
	"POST /orders/selection":                          chosen,
	"GET /orders/filters/:filter":                     filter("/orders/filters/provider"),
	"GET /orders/:panel/:id":                          detail("orders"),
	"GET /orders/:panel/:id/actions":                  {want: ours, fragments: []string{"side", "orders-actions"}},
	"POST /orders/:panel/:id/actions":                 {form: url.Values{"kind": {"change_status"}, "status": {"completed"}, "key": {"walk-:panel"}}, want: statuses{303, 303, 303, 303, 403, 404, 303}},
	"GET /tickets/:panel/:id/context":                 {want: ours, fragments: []string{"tickets-context"}},
	"GET /tickets/:panel/:id/presence":                {want: ours, fragments: []string{"tickets-presence"}},
	"GET /tickets/:panel/:id/orders/:order":           {want: ours},
	"GET /tickets/:panel/:id/canned":                  {want: ours, fragments: []string{"tickets-canned-options"}},
	"POST /tickets/:panel/:id/canned/:reply":          {want: statuses{404, 404, 404, 404, 403, 404, 303}},
	"POST /tickets/:panel/:id/draft":                  {form: url.Values{"message": {"hello"}}, want: statuses{204, 204, 204, 204, 403, 404, 303}},
	"POST /tickets/:panel/:id/replies":                {form: url.Values{"message": {"hello"}, "key": {"walk-t-:panel"}}, want: statuses{303, 303, 303, 303, 403, 404, 303}},
	"POST /tickets/:panel/:id/replies/:action/cancel": {want: statuses{404, 404, 404, 404, 403, 404, 303}},

	"GET /orders/workbench":                    {want: workers},
	"POST /orders/workbench":                   {form: url.Values{"text": {"OURS 1, THEM 1, 1"}, "kind": {"cancel"}}, want: workers},
	"POST /orders/workbench/run":               {form: url.Values{"key": {"walk"}, "kind": {"change_status"}, "status": {"completed"}}, want: statuses{422, 422, 422, 422, 403, 422, 303}},
	"GET /orders/workbench/:batch":             {path: "/orders/workbench/999999", want: missing},
	"GET /orders/workbench/:batch/ids":         {path: "/orders/workbench/999999/ids", want: missing},
	"GET /orders/workbench/:batch/results.csv": {path: "/orders/workbench/999999/results.csv", want: missing},
	"POST /orders/workbench/:batch/retry":      {path: "/orders/workbench/999999/retry", want: missing},
	"POST /orders/workbench/:batch/cancel":     {path: "/orders/workbench/999999/cancel", want: missing},

	"POST /tickets/columns":           {form: url.Values{"order": {"id", "charge", "email"}}, want: allWrite},
	"GET /tickets":                    list("tickets"),
	"GET /tickets.csv":                file,
	"POST /tickets.csv":               file,
	"POST /tickets/selection":         chosen,
	"GET /tickets/filters/:filter":    filter("/tickets/filters/assignee"),
	"GET /tickets/:panel/:id":         detail("tickets"),
	"POST /tickets/next":              {want: statuses{303, 303, 303, 303, 403, 303, 303}},
	"POST /tickets/desk":              {form: url.Values{"all": {"1"}, "do": {"done"}}, want: statuses{303, 303, 303, 303, 403, 303, 303}},
	"POST /tickets/undo":              {form: url.Values{"undo": {"999999"}}, want: statuses{404, 404, 404, 404, 403, 404, 303}},
	"POST /tickets/reply":             {want: statuses{422, 422, 422, 422, 403, 422, 303}},
	"POST /tickets/reply/send":        {want: statuses{422, 422, 422, 422, 403, 422, 303}},
	"GET /tickets/reply/:reply":       {path: "/tickets/reply/999999", want: statuses{404, 404, 404, 404, 403, 404, 303}},
	"POST /tickets/:panel/:id/assign": {form: url.Values{"assignee": {"me"}}, want: desk},
	"POST /tickets/:panel/:id/done":   {want: desk},
	"POST /tickets/:panel/:id/reopen": {want: desk},
	"POST /tickets/:panel/:id/snooze": {form: url.Values{"until": {"1h"}}, want: desk},
	"POST /tickets/:panel/:id/wake":   {want: desk},
	"POST /tickets/:panel/:id/link":   {want: desk},
	"POST /tickets/:panel/:id/notes":  {form: url.Values{"body": {"asked the provider"}}, want: desk},
	"POST /users/columns":             {form: url.Values{"order": {"id", "charge", "email"}}, want: allWrite},
	"GET /users":                      list("users"),
	"GET /users.csv":                  file,
	"POST /users.csv":                 file,
	"POST /users/selection":           chosen,
	"GET /users/filters/:filter":      filter("/users/filters/status"),
	"GET /users/:panel/:id":           detail("users"),
	"POST /payments/columns":          {form: url.Values{"order": {"id", "charge", "email"}}, want: allWrite},
	"GET /payments":                   list("payments"),
	"GET /payments.csv":               file,
	"POST /payments.csv":              file,
	"POST /payments/selection":        chosen,
	"GET /payments/filters/:filter":   filter("/payments/filters/method"),
	"GET /payments/:panel/:id":        detail("payments"),
	"POST /services/columns":          {form: url.Values{"order": {"id", "charge", "email"}}, want: allWrite},
	"GET /services":                   list("services"),
	"GET /services.csv":               file,
	"POST /services.csv":              file,
	"POST /activity/columns":          {form: url.Values{"order": {"id", "charge", "email"}}, want: allWrite},
	"POST /services/selection":        chosen,
	"GET /services/:panel/:id":        detail("services"),

	"POST /payments":                       {want: missing},
	"GET /payments/new":                    {want: adders},
	"GET /payments/review":                 {want: allWrite},
	"POST /payments/review":                {want: missing},
	"POST /payments/edit":                  {want: missing},
	"GET /payments/proposals":              {want: adders},
	"GET /payments/proposals/:id":          {path: "/payments/proposals/999999", want: noProposal},
	"POST /payments/proposals/:id/approve": {path: "/payments/proposals/999999/approve", want: noProposal},
	"POST /payments/proposals/:id/decline": {path: "/payments/proposals/999999/decline", want: noProposal},
	"GET /tickets/new":                     {want: statuses{200, 200, 200, 200, 403, 200, 303}},
	"POST /tickets":                        {want: missing},
	"GET /users/new":                       {want: adders},
	"POST /users":                          {want: missing},
	"GET /users/pick":                      {path: "/users/pick?panel=1&user=c", want: all},

	"GET /service-changes":                 list("service-changes"),
	"GET /service-changes.csv":             file,
	"POST /service-changes/columns":        {form: url.Values{"order": {"when", "charge", "email"}}, want: allWrite},
	"GET /service-changes/filters/:filter": filter("/service-changes/filters/field"),

	"GET /reports":                     list("reports"),
	"POST /reports":                    {want: missing},
	"GET /reports.csv":                 file,
	"POST /reports.csv":                file,
	"GET /reports/new":                 {path: "/reports/new?panel=:panel&service=1", want: ours},
	"POST /reports/columns":            {form: url.Values{"order": {"service", "charge", "email"}}, want: allWrite},
	"POST /reports/selection":          chosen,
	"GET /reports/filters/:filter":     filter("/reports/filters/service"),
	"GET /reports/:panel/:id":          detail("reports"),
	"POST /reports/:panel/:id/resolve": {form: url.Values{"note": {"done"}}, want: statuses{303, 303, 303, 303, 403, 404, 303}},
	"POST /reports/:panel/:id/reopen":  {want: statuses{303, 303, 303, 303, 403, 404, 303}},
	"POST /views":                      {form: url.Values{"list": {"orders"}, "query": {"status=pending"}, "name": {"Pending"}}, want: allWrite},
	"POST /views/:view":                {path: "/views/999999", want: missing},
	"POST /views/:view/query":          {path: "/views/999999/query", want: missing},
	"POST /views/:view/delete":         {path: "/views/999999/delete", want: missing},

	"GET /outbox":                 list("outbox"),
	"GET /outbox.csv":             file,
	"POST /outbox.csv":            file,
	"POST /outbox/columns":        {form: url.Values{"order": {"id", "kind", "status"}}, want: allWrite},
	"POST /outbox/selection":      chosen,
	"GET /outbox/filters/:filter": filter("/outbox/filters/kind"),
	"GET /outbox/:id":             {want: ours, fragments: []string{"side", "outbox-detail"}},
	"GET /outbox/:id/state":       {want: ours, fragments: []string{"outbox-state-1"}},
	"POST /outbox/:id/cancel":     {path: "/outbox/999999/cancel", want: missing},
	"POST /outbox/:id/retry":      {path: "/outbox/999999/retry", want: missing},
	"POST /outbox/:id/decision":   {path: "/outbox/999999/decision", form: url.Values{"decision": {"went_through"}}, want: missing},

	"GET /activity":                 list("activity"),
	"GET /activity.csv":             file,
	"GET /activity/filters/:filter": filter("/activity/filters/action"),

	"GET /account":                      {want: all},
	"POST /account/theme":               {form: url.Values{"theme": {"dark"}}, want: allWrite},
	"POST /account/auto-refresh":        {form: url.Values{"auto_refresh": {"true"}}, want: allWrite},
	"POST /account/time-zone":           {form: url.Values{"time_zone": {"UTC"}}, want: allWrite},
	"POST /account/alerts":              {form: url.Values{"sound": {"1"}, "muted": {"1"}}, want: allWrite},
	"GET /account/password":             {want: allWrite},
	"POST /account/password":            {want: statuses{422, 422, 422, 422, 422, 422, 303}},
	"GET /account/two-factor":           {want: all},
	"POST /account/two-factor/begin":    {want: allWrite},
	"POST /account/two-factor/on":       {want: allWrite},
	"POST /account/two-factor/codes":    {want: statuses{404, 404, 404, 404, 404, 404, 303}},
	"POST /account/two-factor/off":      {want: allWrite},
	"POST /account/sessions/end-others": {want: allWrite},
	"POST /account/sessions/:id/end":    {path: "/account/sessions/999999/end", want: statuses{404, 404, 404, 404, 404, 404, 303}},
	"GET /confirm":                      {want: all},
	"POST /confirm":                     {want: statuses{422, 422, 422, 422, 422, 422, 303}},
	"POST /logout":                      {want: allWrite},

	"GET /settings/panels":                {want: managers, fragments: []string{"panels-cards"}},
	"POST /settings/panels":               {want: wrong},
	"GET /settings/panels/:panel":         {want: managed},
	"POST /settings/panels/:panel":        {want: wrong},
	"POST /settings/panels/:panel/test":   {want: managing},
	"POST /settings/panels/:panel/pause":  {want: managing},
	"POST /settings/panels/:panel/resume": {want: managing},
	"POST /settings/panels/:panel/remove": {want: wrong},

	"GET /settings/login":  {want: statuses{200, 403, 403, 403, 403, 403, 303}},
	"POST /settings/login": {want: statuses{422, 403, 403, 403, 403, 403, 303}},

	"GET /settings/staff":                       {want: managers},
	"POST /settings/staff":                      {want: wrong},
	"GET /settings/staff/:id":                   {want: memberSeen},
	"POST /settings/staff/:id":                  {form: url.Values{"role": {"agent"}}, want: memberSet},
	"POST /settings/staff/:id/password":         {want: memberErr},
	"POST /settings/staff/:id/invite":           {want: memberSeen},
	"POST /settings/staff/:id/disable":          {want: memberSet},
	"POST /settings/staff/:id/enable":           {want: memberSet},
	"POST /settings/staff/:id/end-sessions":     {want: memberSet},
	"POST /settings/staff/:id/reset-two-factor": {want: statuses{404, 404, 403, 403, 403, 403, 303}},
	"POST /settings/staff/:id/remove":           {want: memberErr},

	"GET /settings/payment-methods":             {want: managers},
	"POST /settings/payment-methods":            {want: wrong},
	"POST /settings/payment-methods/limits":     {want: statuses{303, 403, 403, 403, 403, 403, 303}},
	"GET /settings/payment-methods/:id":         {path: "/settings/payment-methods/999999", want: statuses{404, 404, 404, 403, 403, 403, 303}},
	"POST /settings/payment-methods/:id":        {path: "/settings/payment-methods/999999", want: wrong},
	"POST /settings/payment-methods/:id/remove": {path: "/settings/payment-methods/999999/remove", want: statuses{404, 404, 404, 403, 403, 403, 303}},

	"GET /settings/replies":             {want: all},
	"POST /settings/replies":            {want: statuses{422, 422, 422, 422, 403, 422, 303}},
	"GET /settings/replies/:id":         {path: "/settings/replies/999999", want: missing},
	"POST /settings/replies/:id":        {path: "/settings/replies/999999", form: url.Values{"title": {"t"}, "body": {"b"}}, want: statuses{404, 404, 404, 404, 403, 404, 303}},
	"POST /settings/replies/:id/remove": {path: "/settings/replies/999999/remove", want: missing},

	"GET /settings/tickets":                           {want: managers},
	"POST /settings/tickets":                          {want: wrong},
	"GET /settings/sync":                              {want: managers, fragments: []string{"sync-table", "sync-budget", "sync-purges"}},
	"POST /settings/sync":                             {want: wrong},
	"GET /settings/sync/records/:resource/:panel/:id": {path: "/settings/sync/records/users/:panel/:id", want: managed},
	"GET /settings/sync/aside":                        {want: statuses{404, 404, 404, 403, 403, 403, 303}},
	"POST /settings/sync/now":                         {want: managing},
	"POST /settings/sync/reread":                      {want: managing},
	"POST /settings/sync/history":                     {want: managing},
}

// The canaries must not appear in responses to people without the right to see them.
const (
	oursCanary, foreignCanary = "canary-ours", "canary-foreign"
	mailCanary                = "canary-mail"
)

// moneyCanaries are amounts of our panel's rows, both as stored and as pages format them.
var moneyCanaries = []string{"7771.11", "7,771.11", "3331.22", "3,331.22", "4439.89", "4,439.89", "8881.33", "8,881.33", "9991.44", "9,991.44",
	"6661.55", "6,661.55", "5551.66", "5,551.66", "2221.77", "2,221.77", "44.77%"}

func TestEveryRouteAnswersEachRoleAsItIsWritten(t *testing.T) {
	t.Parallel()
	w := newWalk(t)
	routes := w.routes()
	for _, route := range slices.Sorted(maps.Keys(walk)) {
		if !slices.Contains(routes, route) {
			t.Errorf("%s is described and is no route", route)
		}
	}
	w.site.as("owner").get("/users?q=" + mailCanary) // the activity log contains searches of others
	for i, person := range people {
		w.become(person)
		for _, route := range routes {
			described, ok := walk[route]
			if !ok {
				t.Errorf("%s is not described: say in walk who may use it", route)
				continue
			}
			if route == "POST /logout" {
				continue
			}
			w.try(i, route, described, w.ours, described.want)
			if strings.Contains(route, ":panel") {
				w.try(i, route, described, w.foreign, elsewhere(described.want))
			}
		}
		w.try(i, "POST /logout", walk["POST /logout"], w.ours, allWrite)
	}
	w.checkCanariesWereThere()
	t.Logf("%d routes × %d people: %d requests, %d answers were wrong", len(routes), len(people), w.tried, w.wrong)
}

// elsewhere returns the statuses of a route for the other panel's rows: people who only work on ours get a 404.
func elsewhere(want statuses) statuses {
	there := want
	for i := 1; i <= 4; i++ {
		if there[i] != fiber.StatusForbidden {
			there[i] = fiber.StatusNotFound
		}
	}
	if there[5] == fiber.StatusNotFound {
		there[5] = want[0] // the outsider gets the owner's status
	}
	return there
}

// walker is a site with two panels full of canaries, and one person who requests its routes.
type walker struct {
	t             *testing.T
	site          *site
	ours, foreign int64
	target        int64           // a staff member to change
	reports       map[int64]int64 // by panel
	person        string
	seen          map[string]bool // the canaries that the owner saw
	tried, wrong  int
}

func newWalk(t *testing.T) *walker {
	t.Helper()
	return walkOn(t, newSite(t))
}

// walkOn fills a site with data.
func walkOn(t *testing.T, s *site) *walker {
	t.Helper()
	owner := modelstest.Owner(t, s.db)
	w := &walker{t: t, site: s, seen: map[string]bool{}, reports: map[int64]int64{}}
	w.ours = w.fill(owner, "OURS", oursCanary, 1)
	w.foreign = w.fill(owner, "THEM", foreignCanary, 1)
	owner = modelstest.Viewer(t, s.db, "owner")
	for name, in := range map[string]models.MemberInput{
		"admin":    {Role: models.RoleAdmin, Panels: []int64{w.ours}},
		"blind":    {Role: models.RoleAdmin, Panels: []int64{w.ours}, Taken: []models.Permission{models.PermSeeMoney, models.PermSeeEmails}},
		"agent":    {Role: models.RoleAgent, Panels: []int64{w.ours}},
		"viewer":   {Role: models.RoleViewer, Panels: []int64{w.ours}},
		"outsider": {Role: models.RoleAgent, Panels: []int64{w.foreign}},
		"target":   {Role: models.RoleAgent},
	} {
		staff := modelstest.Staff(t, s.db, name, models.RoleAgent, false)
		if err := s.db.ChangeMember(t.Context(), owner, staff.ID, in); err != nil {
			t.Fatal(err)
		}
		if name == "target" {
			w.target = staff.ID
		}
	}
	return w
}

// fill connects a panel and mirrors one row of each kind. All rows belong to one customer and contain a canary. Both
// panels have the same customer, link and e-mail.
func (w *walker) fill(owner models.Viewer, name, canary string, id int64) int64 {
	w.t.Helper()
	p := modelstest.Panel(w.t, w.site.db, owner, name, "https://"+canary+".example")
	ctx, at, now := w.t.Context(), time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC), modelstest.Now(w.t)
	key, amount := models.Key{PanelID: p.ID, ID: id}, modelstest.Amount
	raw := models.Mirrored{Raw: []byte(`{"canary":"` + canary + `","charge":"7771.11","email":"` + mailCanary + `@mail.example"}`)}
	modelstest.PutOrders(w.t, w.site.db, p.ID, modelstest.Order(p.ID, id, func(o *models.Order) {
		o.UserName, o.Provider, o.Charge, o.Cost = "customer", canary, amount("7771.11"), amount("3331.22")
		o.Link, o.Status = "https://link.example/same", "pending"
	}))
	_, err := w.site.db.PutUsers(ctx, p.ID, []models.User{{Key: key, Username: "customer", Email: mailCanary + "@mail.example", Balance: amount("8881.33"),
		Spent: amount("9991.44"), Currency: "USD", Discount: "44.77%", Status: canary, CreatedAt: at, Mirrored: raw}}, now)
	w.check(err)
	_, err = w.site.db.PutPayments(ctx, p.ID, []models.Payment{{Key: key, UserName: "customer", Amount: amount("6661.55"),
		UserBalance: amount("5551.66"), Currency: "USD", Method: canary, Status: "completed", Memo: canary, CreatedAt: at, Mirrored: raw}}, now)
	w.check(err)
	_, err = w.site.db.PutTickets(ctx, p.ID, []models.Ticket{{Key: key, UserID: id, UserName: "customer", Subject: canary, Status: "pending", Assignee: canary,
		CreatedAt: at, UpdatedAt: at, Mirrored: raw}}, now)
	w.check(err)
	_, err = w.site.db.PutTicket(ctx, models.Ticket{Key: key, Status: "pending", UpdatedAt: at},
		[]models.TicketMessage{{PanelID: p.ID, TicketID: id, Sender: "customer", Body: "<p>" + canary + "</p>", CreatedAt: at}}, now.Add(time.Second))
	w.check(err)
	for i, rate := range []string{"1", "2221.77"} { // two rates, so that the change is listed as well
		raw := models.Mirrored{Raw: []byte(`{"canary":"` + canary + `","rate":"` + rate + `"}`)}
		_, err = w.site.db.PutServices(ctx, p.ID, []models.Service{{Key: key, Position: 1, Name: canary, Category: canary, Type: "default",
			Rate: amount(rate), Min: new(int64(1)), Max: new(int64(2)), Mirrored: raw}}, 0, now.Add(time.Duration(i)*time.Second))
		w.check(err)
	}
	report, err := w.site.db.AddReport(ctx, modelstest.Viewer(w.t, w.site.db, "owner"), models.ReportInput{PanelID: p.ID, ServiceID: id, Reason: canary})
	w.check(err)
	w.reports[p.ID] = report.ID
	owner = modelstest.Viewer(w.t, w.site.db, "owner")
	for _, n := range []models.NewAction{
		{Key: canary + "1", Kind: models.KindEditLink, TargetID: id, Payload: models.ActionPayload{Link: "https://" + canary + ".example"}},
		{Key: canary + "2", Kind: models.KindAddPayment, TargetName: "customer", Payload: models.ActionPayload{Amount: amount("6661.55"), Method: canary}},
	} {
		n.PanelID = p.ID
		_, err = w.site.db.Enqueue(ctx, owner, n)
		w.check(err)
	}
	return p.ID
}

func (w *walker) check(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

// routes returns all routes of the server, such as "GET /orders".
func (w *walker) routes() []string {
	var routes []string
	for _, r := range w.site.app.GetRoutes(true) {
		if name := r.Method + " " + r.Path; r.Method != http.MethodHead && !slices.Contains(routes, name) {
			routes = append(routes, name)
		}
	}
	slices.Sort(routes) // every GET comes before the writes
	return routes
}

func (w *walker) become(person string) {
	w.t.Helper()
	w.person, w.site.cookie = person, ""
	if person != "stranger" {
		w.site.as(person)
	}
}

// try requests a route as the person, as a whole page and for each of its fragments.
func (w *walker) try(person int, route string, r walked, panel int64, want statuses) {
	w.t.Helper()
	method, path, _ := strings.Cut(route, " ")
	if r.path != "" {
		path = r.path
	}
	id := "1"
	switch {
	case strings.HasPrefix(path, "/settings/staff/"):
		id = pathID(w.target)
	case strings.HasPrefix(path, "/reports/"):
		id = pathID(w.reports[panel])
	}
	names := strings.NewReplacer(":panel", pathID(panel), ":id", id, ":order", "1", ":action", "999999", ":reply", "999999")
	path = names.Replace(path)
	if method == http.MethodPost {
		form := url.Values{}
		for name, values := range r.form {
			for _, value := range values {
				form.Add(name, names.Replace(value))
			}
		}
		if path == "/login" { // each person fails under their own name, otherwise the last ones would be throttled
			form = url.Values{"username": {w.person}}
		}
		w.judge(path, w.site.post(path, form), want[person])
		return
	}
	w.judge(path, w.site.get(path), want[person])
	for _, fragment := range r.fragments {
		expected := want[person]
		if expected == fiber.StatusSeeOther {
			expected = fiber.StatusUnauthorized // htmx gets the redirect in a header
		}
		w.judge(path+" #"+fragment, w.site.get(path, "HX-Request", "true", "HX-Request-Type", "partial", "HX-Target", "x#"+fragment), expected)
	}
}

// judge compares a response with the expected status and searches it for forbidden canaries. If the response renewed
// the session's token, later requests use the new one.
func (w *walker) judge(what string, got answer, want int) {
	w.t.Helper()
	w.tried++
	problem := ""
	if got.Status != want {
		problem = fmt.Sprintf("got %d, want %d: %.200s", got.Status, want, got.Body)
	}
	if to := got.Header.Get("Location"); w.person == "stranger" && want == fiber.StatusSeeOther && !strings.HasPrefix(to, "/login") {
		problem = "leads a stranger to " + to
	}
	for _, canary := range w.hidden() {
		if strings.Contains(got.Body, canary) {
			problem = "holds " + canary
		}
	}
	if w.person == "owner" {
		for _, canary := range append([]string{oursCanary, foreignCanary, mailCanary}, moneyCanaries...) {
			w.seen[canary] = w.seen[canary] || strings.Contains(got.Body, canary)
		}
	}
	if cookie, _, _ := strings.Cut(got.Header.Get("Set-Cookie"), ";"); strings.HasPrefix(cookie, "session=") && cookie != "session=" && w.person != "stranger" {
		w.site.cookie = cookie
	}
	if problem != "" {
		w.wrong++
		w.t.Errorf("%s: %s: %s", w.person, what, problem)
	}
}

// hidden returns the canaries that the person may not see.
func (w *walker) hidden() []string {
	mailAndMoney := append([]string{mailCanary}, moneyCanaries...)
	switch w.person {
	case "owner":
		return nil
	case "admin", "agent":
		return []string{foreignCanary}
	case "outsider":
		return []string{oursCanary}
	case "blind", "viewer":
		return append(mailAndMoney, foreignCanary)
	}
	return append(mailAndMoney, oursCanary, foreignCanary)
}

// checkCanariesWereThere makes sure that the canaries hidden from others were really on the owner's pages.
func (w *walker) checkCanariesWereThere() {
	w.t.Helper()
	missing := []string{}
	for _, canary := range append([]string{oursCanary, foreignCanary, mailCanary}, moneyCanaries...) {
		if !w.seen[canary] && (strings.Contains(canary, ",") || !strings.Contains(canary, ".")) {
			missing = append(missing, canary)
		}
	}
	if len(missing) > 0 {
		w.t.Errorf("even the owner did not see %v: the walk would miss them elsewhere too", missing)
	}
}
