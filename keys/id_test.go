package keys_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/cookiesession/go/keys"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestParseID(t *testing.T) {
	id, err := keys.ParseID("0a1b2cfd")
	require.NoError(t, err)
	assert.Equal(t, keys.ID{0x0a, 0x1b, 0x2c, 0xfd}, id)
	assert.Equal(t, "0a1b2cfd", id.String())

	for name, text := range map[string]string{
		"empty":       "",
		"too short":   "0a1b2cf",
		"too long":    "0a1b2cfd0",
		"upper case":  "0A1B2CFD",
		"no digit":    "0a1b2cfg",
		"white space": " 0a1b2cf",
	} {
		t.Run(name, func(t *testing.T) {
			id, err := keys.ParseID(text)
			assert.EqualError(t, err, "keys: an ID is written as 8 hexadecimal digits, in lower case")
			assert.Zero(t, id)
		})
	}
}

func TestParseIDDoesNotRepeatItsInput(t *testing.T) {
	text := keys.Generate().Reveal()
	_, err := keys.ParseID(text)
	require.Error(t, err)
	assert.False(t, strings.Contains(err.Error(), text[4:12]))
}

func TestIDInJSON(t *testing.T) {
	type doc struct {
		ID   keys.ID
		Seen map[keys.ID]int
	}
	want := doc{keys.ID{1, 2, 3, 4}, map[keys.ID]int{{0xff}: 7}}
	data, err := json.Marshal(want)
	require.NoError(t, err)
	assert.JSONEq(t, `{"ID":"01020304","Seen":{"ff000000":7}}`, string(data))

	var got doc
	require.NoError(t, json.Unmarshal(data, &got))
	assert.Equal(t, want, got)

	assert.Error(t, json.Unmarshal([]byte(`{"ID":"0102030"}`), &got))
	assert.Equal(t, want, got, "a refused text changes nothing")
}
