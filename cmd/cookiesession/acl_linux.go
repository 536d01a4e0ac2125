package main

import (
	"errors"
	"fmt"
	"os"
	"syscall"
)

// aclName is where Linux keeps the access control list of a file.
const aclName = "system.posix_acl_access"

// giveACL gives file the access control list that another file has, or none.
func giveACL(file *os.File, old string) error {
	list := make([]byte, 1<<16)
	n, err := syscall.Getxattr(old, aclName, list)
	switch {
	case hasNoACL(err):
		// The directory may have given the new file one.
		if err := syscall.Removexattr(file.Name(), aclName); err != nil && !hasNoACL(err) {
			return fmt.Errorf("the edited file has an access control list of its directory, which cannot be removed: %w", err)
		}
		return nil
	case err != nil:
		return fmt.Errorf("its access control list cannot be read: %w", err)
	}
	if err := syscall.Setxattr(file.Name(), aclName, list[:n], 0); err != nil {
		return fmt.Errorf("it has an access control list, which cannot be given to the edited file: %w; run this as its owner, or as root", err)
	}
	return nil
}

// hasNoACL says that there is no list, or that the file system knows none.
func hasNoACL(err error) bool {
	return errors.Is(err, syscall.ENODATA) || errors.Is(err, syscall.ENOTSUP)
}
