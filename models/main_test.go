package models_test

import (
	"testing"

	"masterpanel/models/modelstest"
)

func TestMain(m *testing.M) { modelstest.Main(m) }
