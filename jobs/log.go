package jobs

import (
	"fmt"
	"log/slog"
)

// asynqLog writes asynq's log to ours. What asynq calls information is of interest only when looking for a fault.
type asynqLog struct{ log *slog.Logger }

func (l asynqLog) Debug(args ...any) { l.log.Debug(fmt.Sprint(args...)) }
func (l asynqLog) Info(args ...any)  { l.log.Debug(fmt.Sprint(args...)) }
func (l asynqLog) Warn(args ...any)  { l.log.Warn(fmt.Sprint(args...)) }
func (l asynqLog) Error(args ...any) { l.log.Error(fmt.Sprint(args...)) }

// Fatal does not end the process: that is main's to decide.
func (l asynqLog) Fatal(args ...any) { l.log.Error(fmt.Sprint(args...)) }
