package main

import (
	"encoding/binary"
	"errors"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// aclOf lets the owner write, and user 1234 read, as the kernel writes that down.
func aclOf() []byte {
	const nobody = 0xffffffff
	list := binary.LittleEndian.AppendUint32(nil, 2) // the version
	for _, entry := range []struct {
		tag, may uint16
		id       uint32
	}{{0x01, 6, nobody}, {0x02, 4, 1234}, {0x04, 0, nobody}, {0x10, 4, nobody}, {0x20, 0, nobody}} {
		list = binary.LittleEndian.AppendUint16(list, entry.tag)
		list = binary.LittleEndian.AppendUint16(list, entry.may)
		list = binary.LittleEndian.AppendUint32(list, entry.id)
	}
	return list
}

// setACL skips the test where the file system knows no access control lists.
func setACL(t *testing.T, path, name string) {
	t.Helper()
	err := syscall.Setxattr(path, name, aclOf(), 0)
	if errors.Is(err, syscall.ENOTSUP) && os.Getenv("CI") != "true" {
		t.Skip("SKIPPED: the file system of " + path + " has no access control lists, so that they are kept is not tested; set TMPDIR to one that has")
	}
	require.NoError(t, err)
}

func TestReplaceKeepsTheACL(t *testing.T) {
	path, _ := ringIn(t, "{A}\n")
	setACL(t, path, aclName)
	f, err := (&console{}).open(path)
	require.NoError(t, err)
	_, err = f.replace(filled("{B}\n"))
	require.NoError(t, err)
	list := make([]byte, 1000)
	n, err := syscall.Getxattr(path, aclName, list)
	require.NoError(t, err)
	assert.Equal(t, aclOf(), list[:n])
	holdsOnly(t, path, "{B}\n")
}

func TestReplaceTakesNoACLFromTheDirectory(t *testing.T) {
	path, f := ringIn(t, "{A}\n")
	setACL(t, filepath.Dir(path), "system.posix_acl_default")
	_, err := f.replace(filled("{B}\n"))
	require.NoError(t, err)
	_, err = syscall.Getxattr(path, aclName, nil)
	assert.ErrorIs(t, err, syscall.ENODATA)
	info, err := os.Stat(path)
	require.NoError(t, err)
	assert.Equal(t, os.FileMode(0o600), info.Mode())
	holdsOnly(t, path, "{B}\n")
}

func TestGiveACLThatCannotBeGiven(t *testing.T) {
	path, _ := ringIn(t, "{A}\n")
	setACL(t, path, aclName)
	file, err := os.Create(filepath.Join(t.TempDir(), "gone"))
	require.NoError(t, err)
	defer file.Close()
	require.NoError(t, os.Remove(file.Name()))
	assert.ErrorContains(t, giveACL(file, path), "it has an access control list, which cannot be given to the edited file: no such file")
}
