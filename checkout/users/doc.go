// Package users holds the people who sign in to the dashboard: which merchants they
// work for, what their role there lets them do, and where they are signed in.
package users
