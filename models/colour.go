package models

import (
	"fmt"
	"math"
	"strings"
)

// Colours are the colours a panel's chip can have, in the order in which they are offered. A fixed few, each readable
// on light and dark, instead of any: the pages' policy allows no style of their own.
var Colours = []string{"blue", "green", "amber", "red", "violet", "teal", "pink", "orange", "lime", "cyan", "indigo", "slate"}

// shades are what the colours look like about, as red, green and blue, in the order of Colours.
var shades = [][3]float64{
	{37, 112, 235}, {34, 160, 84}, {214, 158, 20}, {220, 50, 50}, {147, 64, 224}, {20, 148, 140},
	{222, 56, 130}, {232, 120, 30}, {122, 182, 30}, {20, 158, 212}, {86, 74, 224}, {104, 116, 139},
}

// otherNames are names that people use for the colours.
var otherNames = map[string]string{
	"purple": "violet", "yellow": "amber", "gold": "amber", "grey": "slate", "gray": "slate", "black": "slate",
	"magenta": "pink", "fuchsia": "pink", "brown": "orange", "navy": "indigo", "aqua": "cyan", "turquoise": "teal",
}

// nearestColour finds the colour that is meant: by its name, or for #rgb and #rrggbb the one that looks most alike. What
// it does not know it returns as it is.
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
