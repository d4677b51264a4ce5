package handlers

import (
	"strconv"
	"time"

	"github.com/gofiber/fiber/v2"

	"masterpanel/models"
)

type outboxRow struct {
	Panel                 models.PanelRef
	ID                    int64
	URL, Kind             string
	Target                target
	Details, Words, Staff string
	State                 badge
	Attempts              string
	Created, Changed      stamp
}

func (a *app) outbox(c *fiber.Ctx) error {
	return serveList(a, c, models.OutboxList, a.DB.Outbox, (*app).outboxRow)
}

func (a *app) outboxRow(v models.Viewer, r models.OutboxRow) outboxRow {
	panel, _ := v.Panel(r.PanelID)
	return outboxRow{
		Panel: panel, ID: r.ID, URL: outboxPath(r.ID), Kind: kindLabel(r.Kind), Target: target{Words: targetWords(r), URL: targetURL(r)},
		Details: payloadWords(v, r), Words: a.stateWords(r), Staff: r.Username, State: a.stateBadge(r), Attempts: strconv.Itoa(r.Attempts),
		Created: newStamp(r.CreatedAt, a.Now(), v.Zone), Changed: newStamp(r.ChangedAt, a.Now(), v.Zone),
	}
}

// targetURL returns the address of an action's target.
func targetURL(r models.OutboxRow) string {
	if r.TargetName != "" {
		return userURL(r.PanelID, r.TargetName)
	}
	return pathOf(string(r.Resource), models.Key{PanelID: r.PanelID, ID: r.TargetID})
}

// outboxFile returns the outbox columns of the CSV file.
func (a *app) outboxFile() map[string]fileColumn[models.OutboxRow] {
	return map[string]fileColumn[models.OutboxRow]{
		"panel":    panelCell(func(r models.OutboxRow) models.Key { return r.Key }),
		"id":       plainCell(func(r models.OutboxRow) string { return pathID(r.ID) }),
		"kind":     plainCell(func(r models.OutboxRow) string { return kindLabel(r.Kind) }),
		"target":   plainCell(targetWords),
		"details":  oneCell(payloadWords),
		"status":   plainCell(func(r models.OutboxRow) string { return a.stateBadge(r).Label }),
		"words":    plainCell(a.stateWords),
		"staff":    plainCell(func(r models.OutboxRow) string { return r.Username }),
		"created":  timeCell(func(r models.OutboxRow) *time.Time { return &r.CreatedAt }),
		"changed":  timeCell(func(r models.OutboxRow) *time.Time { return &r.ChangedAt }),
		"attempts": plainCell(func(r models.OutboxRow) string { return strconv.Itoa(r.Attempts) }),
	}
}
