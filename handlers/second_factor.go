package handlers

import (
	"errors"
	"html/template"
	"strings"

	"github.com/gofiber/fiber/v2"

	"masterpanel/jobs"
	"masterpanel/models"
)

// twoFactorPage sets up an authenticator app. Before Begun there is no seed. Then the page shows QR and Seed until a
// first code proves that the app has the seed.
type twoFactorPage struct {
	Head            head
	Required, Begun bool
	QR              qrCode
	Seed            string
	AppURL          template.URL
	Problem         string
}

// recoveryPage shows the recovery codes once; they are never shown again.
type recoveryPage struct {
	Head  head
	Codes []string
	All   string
}

// few is the number of remaining recovery codes that triggers a warning.
const few = 3

func (a *app) twoFactorCard(c *fiber.Ctx, v models.Viewer) (twoFactorCard, error) {
	settings, err := a.DB.LoginSettings(c.UserContext())
	if err != nil || !v.Standing.HasSecondFactor {
		return twoFactorCard{Required: settings.EverybodyTwoFactor}, err
	}
	left, err := a.DB.RecoveryCodesLeft(c.UserContext(), v)
	return twoFactorCard{On: true, Required: settings.EverybodyTwoFactor, Low: left <= few,
		Words: plural(int(left), "recovery code is", "recovery codes are") + " left."}, err
}

func (a *app) twoFactor(c *fiber.Ctx) error { return a.twoFactorPage(c, "") }

func (a *app) twoFactorPage(c *fiber.Ctx, problem string) error {
	v := viewer(c)
	if v.Standing.HasSecondFactor {
		return back(c, "/account")
	}
	p := twoFactorPage{Head: a.head("Two-factor authentication", v.Theme), Required: v.Standing.MustSetUpSecondFactor, Problem: problem}
	setUp, err := a.DB.SecondFactorSetUp(c.UserContext(), v)
	switch {
	case err == nil:
		p.Begun, p.Seed = true, inFours(setUp.Seed.Reveal())
		p.AppURL = template.URL(setUp.URL.Reveal()) // #nosec G203 -- an otpauth: URL, escaped where it is built
		if p.QR, err = newQRCode(setUp.URL.Reveal()); err != nil {
			return err
		}
	case !errors.Is(err, models.ErrNotFound):
		return err
	}
	return a.render(c, "account/two-factor", p)
}

func (a *app) beginTwoFactor(c *fiber.Ctx) error {
	if err := a.DB.BeginSecondFactor(c.UserContext(), viewer(c)); err != nil {
		return err
	}
	return back(c, "/account/two-factor")
}

func (a *app) turnOnTwoFactor(c *fiber.Ctx) error {
	var form struct {
		Code string `form:"code"`
	}
	if err := readForm(c, &form); err != nil {
		return err
	}
	codes, token, err := a.DB.ConfirmSecondFactor(c.UserContext(), viewer(c), form.Code)
	if errors.Is(err, models.ErrNotFound) {
		return back(c, "/account/two-factor") // no setup is in progress, or it is already finished
	}
	if err != nil {
		problem, err := a.refusal(c, err, "This code is not the current one. Check the clock of the phone, then enter the code that the app shows now.")
		if err != nil {
			return err
		}
		return a.twoFactorPage(c, problem)
	}
	a.changed(c, jobs.StaffVersion)
	a.setCookie(c, token)
	return a.recoveryPage(c, codes)
}

func (a *app) newRecoveryCodes(c *fiber.Ctx) error {
	codes, err := a.DB.NewRecoveryCodes(c.UserContext(), viewer(c))
	if err != nil {
		return err
	}
	return a.recoveryPage(c, codes)
}

func (a *app) recoveryPage(c *fiber.Ctx, codes []string) error {
	return a.render(c, "account/recovery-codes", recoveryPage{Head: a.head("Recovery codes", viewer(c).Theme), Codes: codes, All: strings.Join(codes, "\n")})
}

func (a *app) turnOffTwoFactor(c *fiber.Ctx) error {
	if err := a.DB.EndSecondFactor(c.UserContext(), viewer(c)); err != nil {
		return err
	}
	a.changed(c, jobs.StaffVersion)
	return back(c, "/account?saved=two-factor")
}

// inFours splits a seed into groups of four, so that a person can copy it by eye.
func inFours(text string) string {
	var b strings.Builder
	for i, r := range text {
		if i > 0 && i%4 == 0 {
			b.WriteByte(' ')
		}
		b.WriteRune(r)
	}
	return b.String()
}
