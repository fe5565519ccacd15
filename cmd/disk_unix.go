//go:build linux || darwin

package cmd

import "syscall"

// freeBytes returns the disk space of a folder that is available to ordinary users.
func freeBytes(folder string) (uint64, error) {
	var stat syscall.Statfs_t
	if err := syscall.Statfs(folder, &stat); err != nil {
		return 0, err
	}
	return stat.Bavail * uint64(stat.Bsize), nil
}
