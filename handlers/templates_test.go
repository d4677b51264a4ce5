package handlers

import (
	"html/template"
	"io"
	"maps"
	"net/http"
	"reflect"
	"strings"
	"testing"

	"github.com/gofiber/template/html/v2"

	"masterpanel/models"
	"masterpanel/views"
)

// pages maps every template that a handler renders to its struct.
var pages = map[string]any{
	"errors/page": problem{}, "errors/inside": problemInside{}, "errors/alert": problem{}, "login/page": loginPage{}, "login/code": codePage{}, "login/confirm": confirmPage{}, "login/download": downloadPage{},
	"account/page": accountPage{}, "account/password": passwordPage{}, "account/two-factor": twoFactorPage{}, "account/recovery-codes": recoveryPage{},
	"settings/login": loginSettingsPage{}, "settings/payment-methods": methodsPage{}, "settings/payment-method": methodPage{},
	"home/page": homePage{}, "home/overview": overview{},
	"orders/show": orderPage{}, "orders/detail": orderDetail{},
	"tickets/show": ticketPage{}, "tickets/detail": ticketDetail{}, "shell/badges-all": navBadges{}, "shell/toast-more": toast{},
	"settings/tickets": ticketSettingsPage{},
	"tickets/presence": presenceLine{}, "tickets/card": orderCard{}, "tickets/replied": repliedView{}, "tickets/compose": composer{},
	"tickets/many": manyPage{}, "tickets/many-results-page": manyResultsPage{}, "tickets/many-results": manyResults{},
	"tickets/canned": cannedOptions{}, "settings/replies": cannedPage{}, "settings/reply": cannedOne{},
	"tickets/context": ticketContext{}, "tickets/context-page": ticketContextPage{},
	"users/show": userPage{}, "users/detail": userDetail{},
	"payments/show": paymentPage{}, "payments/detail": paymentDetail{},
	"payments/new": newPaymentPage{}, "payments/review": paymentReviewPage{}, "payments/proposals": proposalsPage{}, "payments/proposal": proposalPage{},
	"users/options": userOptions{}, "tickets/new": newTicketPage{}, "users/new": newUserPage{},
	"services/show": servicePage{}, "services/detail": serviceDetail{},
	"reports/show": reportPage{}, "reports/detail": reportDetail{}, "reports/new": reportFormPage{},
	"orders/actions-page": orderActionsPage{}, "orders/actions": orderActions{},
	"outbox/show": actionPage{}, "outbox/detail": actionDetail{}, "outbox/state": outboxState{},
	"workbench/page": workbenchPage{}, "workbench/batch": batchPage{}, "workbench/state": batchState{},
	"search/page": searchPage{}, "search/results": searchView{},
	"list/view": viewPage{}, "list/view-form": viewForm{},
	"list/page": listPage{}, "list/table": listView{}, "list/top": listTop{}, "list/head": tableHead{}, "list/bottom": listBottom{},
	"list/options": optionsView{}, "list/choose": optionsPage{}, "shell/fresh": freshness{}, "shell/refresh": refreshToggle{},
	"settings/panels": panelsPage{}, "settings/panel-cards": panelCards{}, "settings/panel": panelPage{},
	"settings/staff": staffPage{}, "settings/member": memberPage{}, "invite/page": invitePage{},
	"settings/sync": syncPage{}, "settings/sync-table": syncTable{}, "settings/sync-budget": syncBudget{}, "settings/sync-drift": syncDrift{}, "settings/sync-misread": syncMisread{}, "settings/sync-record": recordPage{},
	"settings/sync-purges": syncPurges{}, "settings/sync-retention": retentionPage{},
}

// listRows maps each list to the struct of its rows.
var listRows = map[*models.List]any{
	models.OrderList: orderRow{}, models.TicketList: ticketRow{}, models.UserList: userRow{}, models.PaymentList: paymentRow{},
	models.ServiceList: serviceRow{}, models.ActivityList: activityRow{}, models.OutboxList: outboxRow{},
	models.ServiceChangeList: serviceChangeRow{}, models.ReportList: reportRow{},
}

// rendered returns all templates that are executed by name: pages, and rows with a cell for each of their columns.
func rendered() map[string]any {
	all := maps.Clone(pages)
	for def, row := range listRows {
		all[rowTemplate(def.Noun)] = row
		for _, c := range def.Columns {
			if !c.Never {
				all[cellTemplate(def.Noun, c.Name)] = row
			}
		}
	}
	return all
}

// TestEveryTemplateMatchesItsStruct executes each template twice, once with all fields of its struct set and once with
// none, so that both branches of every condition run. A missing field is an error.
func TestEveryTemplateMatchesItsStruct(t *testing.T) {
	t.Parallel()
	templates := parseViews(t)
	for name, value := range rendered() {
		full := reflect.New(reflect.TypeOf(value)).Elem()
		fillValue(full)
		for state, data := range map[string]any{"full": full.Interface(), "empty": value} {
			if err := templates.ExecuteTemplate(io.Discard, name, data); err != nil {
				t.Errorf("%s, %s: %v", name, state, err)
			}
		}
	}
}

func TestEveryTemplateIsReached(t *testing.T) {
	t.Parallel()
	templates := parseViews(t)
	var sources strings.Builder
	for _, one := range templates.Templates() {
		if one.Tree != nil {
			sources.WriteString(one.Tree.Root.String())
		}
	}
	for _, one := range templates.Templates() {
		_, executed := rendered()[one.Name()]
		if one.Tree == nil || executed || one.Name() == "shell/icons" {
			continue
		}
		if !strings.Contains(sources.String(), `{{template "`+one.Name()+`"`) {
			t.Errorf("template %s is used by no page", one.Name())
		}
	}
}

func TestTemplatesHoldNoInlineCodeOrStyle(t *testing.T) {
	t.Parallel()
	for _, one := range parseViews(t).Templates() {
		if one.Tree == nil {
			continue
		}
		text := one.Tree.Root.String()
		for _, forbidden := range []string{" style=", " onclick", " onload", " onchange", "hx-on", "js:", "javascript:"} {
			if strings.Contains(text, forbidden) {
				t.Errorf("%s holds %q", one.Name(), forbidden)
			}
		}
	}
}

func parseViews(t testing.TB) *template.Template {
	t.Helper()
	engine := html.NewFileSystem(http.FS(views.Files), ".html")
	if err := engine.Load(); err != nil {
		t.Fatal(err)
	}
	return engine.Templates
}

// fillValue sets every field in v: one element in a slice, true, 1, a word, a value behind each pointer.
func fillValue(v reflect.Value) {
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Field(i).CanSet() {
				fillValue(v.Field(i))
			}
		}
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fillValue(v.Elem())
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 1, 1))
		fillValue(v.Index(0))
	case reflect.String:
		v.SetString("word")
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int, reflect.Int64:
		v.SetInt(1)
	}
}
