package models

import (
	"fmt"
	"math"
	"strings"
)

// Colours lists the colours of a panel's chip in display order. The list is fixed and each colour is readable on light
// and dark; free colours would need inline styles, which the pages' policy forbids.
var Colours = []string{"blue", "green", "amber", "red", "violet", "teal", "pink", "orange", "lime", "cyan", "indigo", "slate"}

// shades are approximate values of the colours as red, green and blue, in the order of Colours.
var shades = [][3]float64{
	{37, 112, 235}, {34, 160, 84}, {214, 158, 20}, {220, 50, 50}, {147, 64, 224}, {20, 148, 140},
	{222, 56, 130}, {232, 120, 30}, {122, 182, 30}, {20, 158, 212}, {86, 74, 224}, {104, 116, 139},
}

// otherNames maps common names to the colours.
var otherNames = map[string]string{
	"purple": "violet", "yellow": "amber", "gold": "amber", "grey": "slate", "gray": "slate", "black": "slate",
	"magenta": "pink", "fuchsia": "pink", "brown": "orange", "navy": "indigo", "aqua": "cyan", "turquoise": "teal",
}

// nearestColour returns the colour for a name, or the nearest colour for #rgb and #rrggbb. It returns unknown words
// unchanged.
func nearestColour(word string) string {
	word = strings.ToLower(strings.TrimSpace(word))
	if name, ok := otherNames[word]; ok {
		return name
	}
	var r, g, b int
	switch len(word) {
	case 4:
		if n, err := fmt.Sscanf(word, "#%1x%1x%1x", &r, &g, &b); err != nil || n != 3 {
			return word
		}
		r, g, b = r*17, g*17, b*17
	case 7:
		if n, err := fmt.Sscanf(word, "#%2x%2x%2x", &r, &g, &b); err != nil || n != 3 {
			return word
		}
	default:
		return word
	}
	nearest, best := "", math.Inf(1)
	for i, s := range shades {
		distance := math.Hypot(math.Hypot(s[0]-float64(r), s[1]-float64(g)), s[2]-float64(b))
		if distance < best {
			nearest, best = Colours[i], distance
		}
	}
	return nearest
}
