package handlers

import "github.com/valyala/fasthttp"

// A process that was told to stop drains first: it serves all requests, /readyz answers 503, and each response ends
// its connection. So a proxy has time to notice, and no connection is left that a proxy could use again at the moment
// when the port closes.

// isClosed reports whether a channel is closed. A nil channel never is.
func isClosed(signal <-chan struct{}) bool {
	select {
	case <-signal:
		return true
	default:
		return false
	}
}

// leaveConnection makes a response the last one of its connection while the process drains.
func (a *app) leaveConnection(ctx *fasthttp.RequestCtx) {
	if isClosed(a.Draining) {
		ctx.Response.SetConnectionClose()
	}
}
