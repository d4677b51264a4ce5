package main

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"time"

	"masterpanel/jobs/panel/sim"
	"masterpanel/models"
)

const demoUsername = "demo"

// demoState is the data that a demo keeps between runs, in state.json. The same seed, start and speed make the same
// simulated worlds, so each run continues with the panels in their present state.
type demoState struct {
	SecretKey string    `json:"secret_key"`
	Password  string    `json:"password"`
	StartedAt time.Time `json:"started_at"`
	Panels    int       `json:"panels"`
	Orders    int       `json:"orders"`
	Speed     float64   `json:"speed"`
	PanelIDs  []int64   `json:"panel_ids"`
	Methods   bool      `json:"methods"` // the payment methods were set up
}

func demoStatePath(dir string) string { return filepath.Join(dir, "state.json") }

// openDemoState reads the state from the demo's folder, or creates it.
func openDemoState(o demoOptions) (demoState, error) {
	path := demoStatePath(o.dir)
	text, err := os.ReadFile(path) // #nosec G304 -- the demo's own folder
	if o.fresh || errors.Is(err, fs.ErrNotExist) {
		return newDemoState(o)
	}
	if err != nil {
		return demoState{}, err
	}
	var s demoState
	if err := json.Unmarshal(text, &s); err != nil {
		return demoState{}, usageError{fmt.Errorf("%s is damaged: start a new demo with --fresh", path)}
	}
	if s.Panels != o.panels || s.Orders != o.orders || s.Speed != o.speed {
		return demoState{}, usageError{fmt.Errorf("the data in %s was made with --panels %d --orders %d --speed %g: use the same, or start a new demo with --fresh",
			o.dir, s.Panels, s.Orders, s.Speed)}
	}
	return s, nil
}

func newDemoState(o demoOptions) (demoState, error) {
	key := make([]byte, 32)
	rand.Read(key)
	s := demoState{SecretKey: base64.StdEncoding.EncodeToString(key), Password: rand.Text()[:16],
		StartedAt: time.Now().UTC().Truncate(time.Second), Panels: o.panels, Orders: o.orders, Speed: o.speed}
	return s, s.save(o.dir)
}

// save replaces the file atomically, so that a killed demo leaves the old file or the new one.
func (s demoState) save(dir string) error {
	text, err := json.MarshalIndent(s, "", "  ") // #nosec G117 -- the demo's own password, in a file for its owner only
	if err != nil {
		return err
	}
	path := demoStatePath(dir)
	if err := os.WriteFile(path+".new", append(text, '\n'), 0o600); err != nil {
		return err
	}
	return os.Rename(path+".new", path)
}

// demoNames lists the demo's shops with their short codes.
var demoNames = [][2]string{
	{"Metro Top Panel", "MTP"}, {"Social Lift", "SLF"}, {"Bosphorus Boost", "BSB"}, {"Nova Followers", "NVF"},
	{"Kite Media", "KTM"}, {"Pixel Growth", "PXG"}, {"Anka Reach", "ANK"}, {"Blue Harbour", "BLH"},
}

// demoPanel is a simulated panel with its listener and its id in the database.
type demoPanel struct {
	id       int64
	sim      *sim.Panel
	listener net.Listener
}

// openPanels builds the panels' worlds, serves them and connects them. Their addresses change with each run.
func (d *demo) openPanels(ctx context.Context) error {
	worlds := make([]*sim.Panel, d.state.Panels)
	var building sync.WaitGroup
	for i := range worlds {
		building.Go(func() { worlds[i] = d.world(i) })
	}
	building.Wait()
	for i, world := range worlds {
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return err
		}
		panel := &demoPanel{sim: world, listener: listener}
		if panel.id, err = d.connect(ctx, i, "http://"+listener.Addr().String()); err != nil {
			return errors.Join(err, listener.Close())
		}
		if panel.id == 0 { // staff removed it
			if err := listener.Close(); err != nil {
				return err
			}
			continue
		}
		d.panels = append(d.panels, panel)
	}
	return nil
}

// setUpMethods adds the panels' payment methods once. Later changes and removals by staff stay.
func (d *demo) setUpMethods(ctx context.Context) error {
	if d.state.Methods {
		return nil
	}
	owner := models.Viewer{Username: "demo command", Role: models.RoleOwner, AllPanels: true}
	var names []string
	if len(d.panels) > 0 {
		names = d.panels[0].sim.Methods()
	}
	for i, name := range names {
		err := d.services.db.AddPaymentMethod(ctx, owner, models.PaymentMethod{InternalName: name, DisplayName: name, Position: i + 1, AllPanels: true})
		var there models.Invalid // an earlier run was killed before it saved that it had added them
		if err != nil && !errors.As(err, &there) {
			return err
		}
	}
	d.state.Methods = true
	return d.state.save(d.options.dir)
}

// world returns a panel in its present state.
func (d *demo) world(i int) *sim.Panel {
	name, _ := demoName(i)
	admin, services := d.panelKeys(i)
	p := sim.New(sim.Options{
		Seed: uint64(i), Name: name, AdminKey: admin, ServicesKey: services, Orders: d.state.Orders, Start: d.state.StartedAt, // #nosec G115 -- a small counter
		Rates: sim.Faster(d.state.Speed), Variants: sim.Variants{PaymentExtras: true},
	})
	p.Advance(time.Since(d.state.StartedAt))
	return p
}

func demoName(i int) (name, shortCode string) {
	if i < len(demoNames) {
		return demoNames[i][0], demoNames[i][1]
	}
	return fmt.Sprintf("Panel %d", i+1), fmt.Sprintf("P%d", i+1)
}

// panelKeys returns the keys of a panel, which stay the same in every run.
func (d *demo) panelKeys(i int) (admin, services string) {
	return fmt.Sprintf("demo-admin-key-%d-%s", i+1, d.state.Password), fmt.Sprintf("demo-services-key-%d-%s", i+1, d.state.Password)
}

// connect adds the panel in the first run, and changes its address in later ones. It returns 0 if staff have removed
// it.
func (d *demo) connect(ctx context.Context, i int, url string) (int64, error) {
	name, code := demoName(i)
	admin, services := d.panelKeys(i)
	input := models.PanelInput{Name: name, ShortCode: code, Colour: models.Colours[i%len(models.Colours)], URL: url,
		AdminAPIKey: admin, ServicesAPIKey: services}
	if i < len(d.state.PanelIDs) {
		return d.reconnect(ctx, d.state.PanelIDs[i], input)
	}
	p, err := d.services.db.CreatePanel(ctx, models.Viewer{Username: "demo command", Role: models.RoleOwner}, input)
	var invalid models.Invalid
	if errors.As(err, &invalid) { // an earlier run was killed before it saved the panel's id
		return 0, usageError{fmt.Errorf("the data in %s is incomplete: start a new demo with --fresh", d.options.dir)}
	}
	if err != nil {
		return 0, err
	}
	d.state.PanelIDs = append(d.state.PanelIDs, p.ID)
	return p.ID, d.state.save(d.options.dir)
}

// reconnect changes the panel's address and keeps the changes that staff made. It returns 0 if staff removed the
// panel.
func (d *demo) reconnect(ctx context.Context, id int64, input models.PanelInput) (int64, error) {
	owner := models.Viewer{Username: "demo command", Role: models.RoleOwner, Panels: []models.PanelRef{{ID: id}}}
	known, err := d.services.db.ManagedPanel(ctx, owner, id)
	if errors.Is(err, models.ErrNotFound) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	input.Name, input.ShortCode, input.Colour = known.Name, known.ShortCode, known.Colour
	input.Shop = models.SameShop
	if _, err = d.services.db.UpdatePanel(ctx, owner, id, input); err != nil {
		return id, err
	}
	access, err := d.services.db.PanelAccess(ctx, id)
	if err != nil {
		return id, err
	}
	return id, d.services.db.ShopMatches(ctx, access) // a simulated shop restarts its world, so its newest records may differ from the mirror's
}

// run serves the panel and runs its world until ctx ends.
func (p *demoPanel) run(ctx context.Context) error {
	server := &http.Server{Handler: p.sim, ReadHeaderTimeout: 5 * time.Second}
	context.AfterFunc(ctx, func() { server.Close() })
	go p.sim.Run(ctx, 1)
	if err := server.Serve(p.listener); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}
