package handlers

import (
	"bytes"
	"context"
	"encoding/csv"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"masterpanel/models"
)

// batchPage shows the results of a batch, one order per line.
type batchPage struct {
	Shell shell
	State batchState
}

// batchState is the part of the page that polls until no order of the batch can change without a person.
type batchState struct {
	URL, Title, By, Words, FileURL, ActionURL, RetryKey string
	When                                                stamp
	State                                               badge
	Max, Value                                          int
	Moves                                               bool
	Retry, Cancel                                       string // button labels; "" when the button has nothing to act on
	RetryOf, Retried                                    string
	Groups                                              []batchGroup
	Results                                             []batchResult
	More                                                string
}

// batchGroup is the number of a batch's orders with the same result. CopyURL returns their IDs.
type batchGroup struct {
	Label, Count, URL, CopyURL, Tone string
	Current                          bool
}

// batchResult is one order of a batch with its result.
type batchResult struct {
	Panel models.PanelRef
	ID    int64
	URL   string
	State badge
	Words string
	When  stamp
}

// batchLine is one batch in a list of batches.
type batchLine struct {
	URL, Title string
	State      badge
	When       stamp
}

// batchGroupLooks maps each group of results to its badge.
var batchGroupLooks = map[models.BatchGroup]badge{
	models.BatchAsks: {Label: "Needs review", Tone: "failed"}, models.BatchFailed: {Label: "Failed", Tone: "failed"},
	models.BatchUnconfirmed: {Label: "Unconfirmed", Tone: "part"}, models.BatchWaiting: {Label: "Waiting", Tone: "waiting"},
	models.BatchCancelled: {Label: "Cancelled", Tone: "off"}, models.BatchDone: {Label: "Done", Tone: "done"},
}

func batchURL(id int64) string { return "/orders/workbench/" + strconv.FormatInt(id, 10) }

func (a *app) batch(c *fiber.Ctx) error {
	v := viewer(c)
	b, tally, err := a.batchOf(c, v)
	if err != nil {
		return err
	}
	state, err := a.batchState(c.UserContext(), v, b, tally, shownGroups(c))
	if err != nil {
		return err
	}
	return a.page(c, whole{state.Title, "workbench", "workbench/batch", func(s shell) any { return batchPage{s, state} }},
		fragment{"batch-state", "workbench/state", state})
}

func (a *app) batchOf(c *fiber.Ctx, v models.Viewer) (models.Batch, models.BatchTally, error) {
	id, err := strconv.ParseInt(c.Params("batch"), 10, 64)
	if err != nil {
		return models.Batch{}, models.BatchTally{}, models.ErrNotFound
	}
	return a.DB.Batch(c.UserContext(), v, id)
}

// shownGroups returns the groups that the address filters by; nil means all groups.
func shownGroups(c *fiber.Ctx) []models.BatchGroup {
	if g := models.BatchGroup(c.Query("show")); slices.Contains(models.BatchGroups, g) {
		return []models.BatchGroup{g}
	}
	return nil
}

func (a *app) batchState(ctx context.Context, v models.Viewer, b models.Batch, tally models.BatchTally, shown []models.BatchGroup) (batchState, error) {
	results, err := a.DB.BatchResults(ctx, v, b.ID, shown, shownOfGroup)
	if err != nil {
		return batchState{}, err
	}
	all, of := tally.All(), tally.All()
	s := batchState{URL: batchURL(b.ID), ActionURL: batchURL(b.ID), By: b.Username, When: newStamp(b.CreatedAt, a.Now(), v.Zone),
		Title: batchTitle(b, tally), State: batchBadge(tally), Words: tallyWords(tally), Max: all, Moves: tally.Moves(),
		Value: all - tally.Groups[models.BatchWaiting] - tally.Groups[models.BatchUnconfirmed]}
	if len(shown) > 0 {
		s.URL, of = s.URL+"?show="+string(shown[0]), tally.Groups[shown[0]]
	}
	if v.Can(models.PermExport) {
		s.FileURL = s.ActionURL + "/results.csv"
	}
	if n := tally.Groups[models.BatchFailed] + tally.Groups[models.BatchCancelled]; n > 0 && !s.Moves && tally.RetriedBy == 0 && b.Kind.May(v) {
		s.Retry, s.RetryKey = "Try "+number(int64(n))+" again", fmt.Sprintf("retry %d", b.ID)
	}
	if n := tally.Groups[models.BatchWaiting]; n > 0 && b.Kind.May(v) {
		s.Cancel = "Cancel waiting actions"
	}
	if tally.RetriedBy != 0 {
		s.Retried = batchURL(tally.RetriedBy)
	}
	if b.RetryOf != 0 {
		s.RetryOf = batchURL(b.RetryOf)
	}
	s.Groups = batchGroups(s.ActionURL, tally, shown)
	for _, r := range results {
		s.Results = append(s.Results, a.batchResult(v, r))
	}
	if n := of - len(results); n > 0 {
		s.More = "and " + number(int64(n)) + " more"
	}
	return s, nil
}

func batchGroups(url string, tally models.BatchTally, shown []models.BatchGroup) []batchGroup {
	groups := []batchGroup{{Label: "All", Count: number(int64(tally.All())), URL: url, CopyURL: url + "/ids", Current: len(shown) == 0}}
	for _, g := range models.BatchGroups {
		if n := tally.Groups[g]; n > 0 {
			groups = append(groups, batchGroup{Label: batchGroupLooks[g].Label, Tone: batchGroupLooks[g].Tone, Count: number(int64(n)),
				URL: url + "?show=" + string(g), CopyURL: url + "/ids?show=" + string(g), Current: slices.Contains(shown, g)})
		}
	}
	return groups
}

func (a *app) batchResult(v models.Viewer, r models.PanelAction) batchResult {
	panel, _ := v.Panel(r.PanelID)
	return batchResult{Panel: panel, ID: r.TargetID, URL: pathOf("orders", models.Key{PanelID: r.PanelID, ID: r.TargetID}),
		State: batchGroupLooks[r.Group()], Words: a.waitWords(r.Row(panel.Hold)), When: newStamp(r.ChangedAt, a.Now(), v.Zone)}
}

func batchTitle(b models.Batch, tally models.BatchTally) string {
	return batchWords(b.Kind, b.Payload) + " · " + plural(tally.All(), "order", "orders")
}

// batchBadge summarises a batch in one badge. It never claims more than is true of all its orders.
func batchBadge(t models.BatchTally) badge {
	switch {
	case t.Groups[models.BatchAsks] > 0:
		return batchGroupLooks[models.BatchAsks]
	case t.Moves():
		return badge{Label: "Running", Tone: "moving"}
	case t.Whole():
		return badge{Label: "Done", Tone: "done"}
	case t.Groups[models.BatchDone] > 0:
		return badge{Label: "Partly done", Tone: "part"}
	case t.Groups[models.BatchFailed] > 0:
		return batchGroupLooks[models.BatchFailed]
	}
	return batchGroupLooks[models.BatchCancelled]
}

func tallyWords(t models.BatchTally) string {
	words := []string{number(int64(t.Groups[models.BatchDone])) + " of " + number(int64(t.All())) + " done"}
	for _, g := range models.BatchGroups {
		if n := t.Groups[g]; n > 0 && g != models.BatchDone {
			words = append(words, number(int64(n))+" "+strings.ToLower(batchGroupLooks[g].Label))
		}
	}
	return strings.Join(words, ", ") + "."
}

func (a *app) recentBatches(ctx context.Context, v models.Viewer) ([]batchLine, error) {
	found, err := a.DB.RecentBatches(ctx, v, siblings)
	lines := make([]batchLine, len(found))
	for i, b := range found {
		lines[i] = batchLine{batchURL(b.ID), batchTitle(b.Batch, b.Tally), batchBadge(b.Tally), newStamp(b.CreatedAt, a.Now(), v.Zone)}
	}
	return lines, err
}

// batchIDs returns the IDs of a batch's orders, or of one group of them, as plain text.
func (a *app) batchIDs(c *fiber.Ctx) error {
	v := viewer(c)
	b, _, err := a.batchOf(c, v)
	if err != nil {
		return err
	}
	results, err := a.DB.BatchResults(c.UserContext(), v, b.ID, shownGroups(c), models.MostInBatch)
	if err != nil {
		return err
	}
	keys := make([]models.Key, len(results))
	for i, r := range results {
		keys[i] = models.Key{PanelID: r.PanelID, ID: r.TargetID}
	}
	return c.SendString(idsOf(keys))
}

// batchFile returns a batch's results as a CSV file.
func (a *app) batchFile(c *fiber.Ctx) error {
	v := viewer(c)
	b, _, err := a.batchOf(c, v)
	if err != nil {
		return err
	}
	results, err := a.DB.BatchFile(c.UserContext(), v, b.ID)
	if err != nil {
		return err
	}
	var out bytes.Buffer
	out.WriteString("\uFEFF")
	file := csv.NewWriter(&out)
	file.UseCRLF = true
	lines := [][]string{{"Panel", "Order ID", "Result", "Details", "Changed"}}
	for _, r := range results {
		panel, _ := v.Panel(r.PanelID)
		lines = append(lines, []string{defused(panel.ShortCode), strconv.FormatInt(r.TargetID, 10), batchGroupLooks[r.Group()].Label,
			defused(a.waitWords(r.Row(panel.Hold))), r.ChangedAt.In(v.Zone).Format(time.RFC3339)})
	}
	if err := file.WriteAll(lines); err != nil {
		return err
	}
	c.Set(fiber.HeaderContentType, "text/csv; charset=utf-8")
	c.Set(fiber.HeaderContentDisposition, fmt.Sprintf(`attachment; filename="batch-%d.csv"`, b.ID))
	return c.Send(out.Bytes())
}

// retryBatch creates a new batch from the failed and cancelled orders of this one.
func (a *app) retryBatch(c *fiber.Ctx) error {
	v := viewer(c)
	b, _, err := a.batchOf(c, v)
	if err != nil {
		return err
	}
	again, err := a.DB.RetryBatch(c.UserContext(), v, b.ID, c.FormValue("key"))
	if err != nil {
		return err
	}
	a.changed(c, outboxKeys(v)...)
	return back(c, batchURL(again.ID))
}

// cancelBatch cancels the orders of a batch that have not been sent.
func (a *app) cancelBatch(c *fiber.Ctx) error {
	v := viewer(c)
	b, _, err := a.batchOf(c, v)
	if err != nil {
		return err
	}
	if _, err := a.DB.CancelBatch(c.UserContext(), v, b.ID); err != nil {
		return err
	}
	a.changed(c, outboxKeys(v)...)
	return back(c, batchURL(b.ID))
}
