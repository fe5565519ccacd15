//go:build linux || darwin

package cmd

import "syscall"

// freeBytes is what an ordinary user may still write to a folder's disk.
func freeBytes(folder string) (uint64, error) {
	var stat syscall.Statfs_t
	if err := syscall.Statfs(folder, &stat); err != nil {
		return 0, err
	}
	return stat.Bavail * uint64(stat.Bsize), nil
}
