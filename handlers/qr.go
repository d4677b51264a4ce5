package handlers

import (
	"fmt"
	"image/color"
	"strconv"
	"strings"

	"github.com/boombuler/barcode/qr"
)

// qrCode is a QR code as the path of an SVG, one unit per module. It is inline in the page, because an image with its
// own address would be one more place from which a seed could leak.
type qrCode struct{ Box, Path string }

// quiet is how many empty modules a reader needs around the code.
const quiet = 4

func newQRCode(text string) (qrCode, error) {
	code, err := qr.Encode(text, qr.M, qr.Auto)
	if err != nil {
		return qrCode{}, fmt.Errorf("drawing a QR code: %w", err)
	}
	size := code.Bounds().Dx()
	var path strings.Builder
	for y := range size {
		for x := range size {
			if code.At(x, y) == color.Black {
				fmt.Fprintf(&path, "M%d %dh1v1h-1z", x+quiet, y+quiet)
			}
		}
	}
	side := strconv.Itoa(size + 2*quiet)
	return qrCode{Box: "0 0 " + side + " " + side, Path: path.String()}, nil
}
